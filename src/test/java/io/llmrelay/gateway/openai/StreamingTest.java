package io.llmrelay.gateway.openai;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llmrelay.LlmStream;
import io.llmrelay.Still;
import io.llmrelay.chat.BlockKind;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.FinishReason;
import io.llmrelay.chat.TokenUsage;
import io.llmrelay.gateway.FakeRelay;
import io.llmrelay.gateway.FakeStream;
import io.llmrelay.gateway.GatewayFixture;
import io.vertx.core.Promise;
import io.vertx.core.json.JsonObject;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class StreamingTest extends GatewayFixture {
  private static final JsonObject INCLUDE_USAGE = new JsonObject().put("include_usage", true);

  @Test
  void matchesOpenAiFormatByteForByte() throws Exception {
    relay.script =
        stream ->
            stream
                .chunk(BlockKind.REASONING, "Hm.")
                .text("Hello \"you\"\n")
                .text("wörld 🌍")
                .chunk(BlockKind.REFUSAL, "No.")
                .end(FinishReason.STOP, FakeRelay.USAGE, 0.001);

    HttpResponse<String> response = post(streamRequest());

    String created = events(response.body()).get(0).getLong("created").toString();
    String before =
        "data: {\"id\":\"chatcmpl-r1\",\"object\":\"chat.completion.chunk\",\"created\":"
            + created
            + ",\"model\":\"mock-model\",\"choices\":[{\"index\":0,\"delta\":";
    assertThat(response.body())
        .isEqualTo(
            before
                + "{\"role\":\"assistant\",\"content\":\"\"},\"finish_reason\":null}]}\n\n"
                + before
                + "{\"reasoning_content\":\"Hm.\",\"reasoning\":\"Hm.\"},\"finish_reason\":null}]}\n\n"
                + before
                + "{\"content\":\"Hello \\\"you\\\"\\n\"},\"finish_reason\":null}]}\n\n"
                + before
                + "{\"content\":\"wörld 🌍\"},\"finish_reason\":null}]}\n\n"
                + before
                + "{\"refusal\":\"No.\"},\"finish_reason\":null}]}\n\n"
                + before
                + "{},\"finish_reason\":\"stop\"}]}\n\n"
                + "data: [DONE]\n\n");
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.headers().map())
        .containsEntry("content-type", List.of("text/event-stream; charset=utf-8"))
        .containsEntry("cache-control", List.of("no-cache"))
        .containsEntry("x-accel-buffering", List.of("no"))
        .containsEntry("x-request-id", List.of("r1"))
        .containsEntry("x-relay-backend", List.of("primary"))
        .containsEntry("x-relay-model", List.of("mock-model"))
        .containsEntry("x-relay-attempts", List.of("2"))
        .containsEntry("x-relay-warning", List.of("mock-model is deprecated??x-evil: 1 ? use m2"))
        .doesNotContainKey("x-evil");
    assertThat(Long.parseLong(created) - System.currentTimeMillis() / 1000).isBetween(-60L, 0L);
  }

  @Test
  void sendsRequestedUsageBetweenFinishAndDone() throws Exception {
    relay.script = stream -> stream.text("x").end(FinishReason.LENGTH, FakeRelay.USAGE, 0.25);

    String body = post(streamRequest().put("stream_options", INCLUDE_USAGE)).body();

    List<JsonObject> events = events(body);
    JsonObject last = events.get(events.size() - 1);
    assertThat(last.getJsonArray("choices")).isEmpty();
    assertThat(last.getString("object")).isEqualTo("chat.completion.chunk");
    assertThat(last.getJsonObject("usage"))
        .isEqualTo(
            new JsonObject(
                "{\"prompt_tokens\":20,\"completion_tokens\":7,\"total_tokens\":27,"
                    + "\"prompt_tokens_details\":{\"cached_tokens\":5},"
                    + "\"completion_tokens_details\":{\"reasoning_tokens\":3}}"));
    JsonObject extra = last.getJsonObject("relay");
    assertThat(extra.getString("backend")).isEqualTo("primary");
    assertThat(extra.getInteger("attempts")).isEqualTo(2);
    assertThat(extra.getDouble("cost_usd")).isEqualTo(0.25);
    assertThat(extra.getString("usage_source")).isEqualTo("provider");
    assertThat(extra.getJsonArray("trail")).hasSize(3);
    assertThat(body).endsWith("data: [DONE]\n\n");
    assertThat(events.get(events.size() - 2).encode()).contains("\"finish_reason\":\"length\"");
  }

  @Test
  void unknownUsageIsNotSent() throws Exception {
    relay.script = stream -> stream.text("x").end(FinishReason.STOP, TokenUsage.NONE, null);

    String body = post(streamRequest().put("stream_options", INCLUDE_USAGE)).body();

    assertThat(body).doesNotContain("usage").endsWith("data: [DONE]\n\n");
  }

  @Test
  void anAnswerWithoutContentHasRoleAndFinishReason() throws Exception {
    relay.script = stream -> stream.end(FinishReason.LENGTH, TokenUsage.NONE, null);

    String body = post(streamRequest()).body();

    assertThat(body)
        .contains("\"role\":\"assistant\"")
        .contains("\"finish_reason\":\"length\"")
        .endsWith("data: [DONE]\n\n");
  }

  @Test
  void failureBeforeTheFirstByteIsAnErrorStatus() throws Exception {
    relay.script = stream -> stream.fail(Failure.of(FailureKind.NETWORK, "the bus peer is gone"));

    HttpResponse<String> response = post(streamRequest());

    assertThat(response.statusCode()).isEqualTo(502);
    assertThat(error(response).getString("code")).isEqualTo("network");
  }

  @Test
  void missingEndEventIsAFailure() throws Exception {
    relay.script = stream -> stream.text("Hello").endWithoutEvent();
    try (Socket socket = open(streamRequest())) {
      assertThat(new String(socket.getInputStream().readAllBytes(), US_ASCII))
          .contains("\"error\":{")
          .doesNotContain("[DONE]", "\r\n0\r\n");
    }
  }

  @Test
  void connectionIsReusedAfterAStream() throws Exception {
    relay.script = stream -> stream.text("x").end(FinishReason.STOP, TokenUsage.NONE, null);
    try (Socket socket = open(streamRequest())) {
      readUntil(socket, "\r\n0\r\n\r\n");
      write(socket, "GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n");
      assertThat(readUntil(socket, "}")).contains("200 OK").contains("\"up\"");
    }
    assertThat(relay.cancelled).isEmpty();
  }

  @Test
  void disconnectInMidStreamCancels() throws Exception {
    relay.script = stream -> stream.text("Hello");
    Socket socket = open(streamRequest());
    readUntil(socket, "Hello");
    assertThat(relay.cancelled).isEmpty();

    socket.close();

    assertThat(relay.cancelled.poll(5, TimeUnit.SECONDS)).isTrue();
    FakeStream stream = relay.streams.take();
    stream.cancelled = false;
    stream.text("late").fail(Failure.of(FailureKind.CANCELLED, "late too"));
    assertThat(get("/health/live").statusCode()).isEqualTo(200);
  }

  @Test
  void disconnectBeforeTheFirstChunkCancels() throws Exception {
    Promise<LlmStream> never = Promise.promise();
    relay.streamResult = request -> never.future();
    Socket socket = open(streamRequest());
    relay.requests.take();

    socket.close();

    assertThat(relay.cancelled.poll(5, TimeUnit.SECONDS)).isTrue();
    FakeStream late = new FakeStream("mock-model", vertx.getOrCreateContext());
    never.complete(late);
    assertThat(late.cancelled).isTrue();
  }

  @Test
  void slowReaderPausesTheStream() throws Exception {
    int chunks = 40_000;
    String text = "x".repeat(1000);
    try (Socket socket = connectNarrow()) {
      post(socket, "Connection: close\r\n", streamRequest());
      FakeStream stream = relay.streams.take();
      for (int i = 0; i < chunks; i++) {
        stream.text(text);
      }
      stream.end(FinishReason.STOP, TokenUsage.NONE, null);

      long bytes = 0;
      // Unread data is buffered in the stream, except for the sockets and one write queue: kernels
      // buffer up to about 10 MB of a loopback connection.
      for (int pause = 1; pause <= 2; pause++) {
        int pauses = pause;
        await().until(() -> stream.pauses.get() >= pauses);
        long delivered = Still.at(stream.delivered::get) * text.length();
        assertThat(delivered - bytes).isLessThan(12_000_000);
        bytes += socket.getInputStream().readNBytes(8_000_000).length;
      }
      String rest = new String(socket.getInputStream().readAllBytes(), US_ASCII);
      assertThat(rest).endsWith("data: [DONE]\n\n\r\n0\r\n\r\n");
    }
  }

  @Test
  void aModelNameCannotInjectHeadersOrJson() throws Exception {
    String model = "evil\r\nset-cookie: a=b\n\"}ü" + "x".repeat(260);
    relay.script = stream -> stream.text("x").end(FinishReason.STOP, TokenUsage.NONE, null);

    HttpResponse<String> response = post(streamRequest().put("model", model));

    assertThat(response.headers().firstValue("set-cookie")).isEmpty();
    assertThat(response.headers().firstValue("x-relay-model").orElseThrow())
        .startsWith("evil??set-cookie: a=b?\"}?xxx")
        .hasSize(200);
    assertThat(events(response.body()))
        .allSatisfy(event -> assertThat(event.getString("model")).isEqualTo(model));
  }
}
