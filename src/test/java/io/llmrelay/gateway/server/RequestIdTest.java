package io.llmrelay.gateway.server;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.FinishReason;
import io.llmrelay.chat.TokenUsage;
import io.llmrelay.gateway.GatewayFixture;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Request ids, and protection against header injection. */
class RequestIdTest extends GatewayFixture {
  private static String id(HttpResponse<?> response) {
    List<String> ids = response.headers().allValues("x-request-id");
    assertThat(ids).hasSize(1);
    return ids.get(0);
  }

  private List<HttpRequest.Builder> requests() {
    return List.of(
        chat(streamRequest()),
        chat(new JsonObject()),
        request("/v1/models"),
        request("/v1/models/x"),
        request("/v1/chat/completions").GET(),
        request("/nowhere"),
        request("/health/live"),
        request("/health/ready"),
        request("/metrics"),
        request("/admin/reload").POST(HttpRequest.BodyPublishers.noBody()),
        chat(streamRequest()).header("origin", "http://evil"));
  }

  @Test
  void everyResponseHasAUniqueId() throws Exception {
    relay.streamResult = request -> Future.failedFuture(new IllegalStateException("a defect"));
    Set<String> seen = new HashSet<>();
    for (HttpRequest.Builder request : requests()) {
      String id = id(send(request));
      assertThat(id).matches("gw-[0-9a-f]{8}-\\d+");
      assertThat(seen.add(id)).isTrue();
    }
    try (Socket socket = connect()) {
      write(socket, "GET /v1/models/%zz HTTP/1.1\r\nHost: localhost\r\n\r\n");
      assertThat(readUntil(socket, "\r\n\r\n")).contains("x-request-id: gw-");
    }
  }

  @Test
  void callersIdIsKept() throws Exception {
    relay.script = stream -> stream.text("x").end(FinishReason.STOP, TokenUsage.NONE, null);
    for (HttpRequest.Builder request : requests()) {
      assertThat(id(send(request.header("x-request-id", "Trace_4.7-x")))).isEqualTo("Trace_4.7-x");
    }
    assertThat(relay.requests.take().metadata()).containsEntry("relay.request_id", "Trace_4.7-x");

    Failure failure = Failure.of(FailureKind.NETWORK, "gone").withRequestId("run-1");
    relay.streamResult = request -> Future.failedFuture(failure.toException());
    assertThat(id(send(chat(streamRequest())))).isEqualTo("run-1");
    HttpResponse<String> failed = send(chat(streamRequest()).header("x-request-id", "mine"));
    assertThat(id(failed)).isEqualTo("mine");
    assertThat(failed.body()).contains("\"request_id\":\"run-1\"");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "a b",
        "a\tb",
        "a,b",
        "<script>",
        "é",
        "a\u0000b",
        "a\u001b[31mb",
        "a\r\n x-evil: 1",
        "a\nx-evil: 1",
        "a\rx-evil: 1"
      })
  void unsafeIdIsReplaced(String given) throws Exception {
    relay.script = stream -> stream.text("x").end(FinishReason.STOP, TokenUsage.NONE, null);
    try (Socket socket = connect()) {
      String head =
          "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n";
      String body = streamRequest().encode();
      byte[] bytes =
          (head + "x-request-id: " + given + "\r\nContent-Length: " + body.length() + "\r\n\r\n")
              .getBytes(ISO_8859_1);
      socket.getOutputStream().write(bytes);
      write(socket, body);
      String answer = new String(socket.getInputStream().readAllBytes(), ISO_8859_1);
      assertThat(answer).containsPattern("x-request-id: (r1|gw-[0-9a-f]{8}-0)\r\n");
      assertThat(answer.lines().filter(line -> line.startsWith("x-evil"))).isEmpty();
      assertThat(answer).doesNotContain("\u0000", "\u001b", "<script>");
    }
  }

  @Test
  void longIdIsReplaced() throws Exception {
    assertThat(id(send(request("/health/live").header("x-request-id", "x".repeat(101)))))
        .startsWith("gw-");
    assertThat(id(send(request("/health/live").header("x-request-id", "x".repeat(100)))))
        .startsWith("xxx");
  }

  @Test
  void backendTextIsInNoHeader() throws Exception {
    String evil = "no\r\nset-cookie: a=b\r\n\r\n<html>\u001b[31m";
    Failure failure =
        Failure.of(FailureKind.SERVER_ERROR, evil)
            .withStatus(500, evil)
            .withRequestId(evil)
            .withCandidate("primary", evil);
    relay.streamResult = request -> Future.failedFuture(failure.toException());

    HttpResponse<String> response = send(chat(streamRequest()));

    assertThat(response.statusCode()).isEqualTo(502);
    assertThat(response.headers().map()).doesNotContainKey("set-cookie");
    assertThat(response.headers().map().values().toString()).doesNotContain("\r", "\n", "\u001b");
    assertThat(response.body()).doesNotContain("\r", "\n", "\u001b");
    assertThat(error(response).getString("message")).isEqualTo("the backend failed");
  }
}
