package io.llmrelay.provider;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.is;

import io.llmrelay.chat.BlockKind;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.provider.wire.SseDecoder;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonObject;
import io.vertx.core.net.NetServer;
import io.vertx.junit5.VertxExtension;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What becomes of an answer, over real HTTP, when nobody cancels it. */
@ExtendWith(VertxExtension.class)
class ProviderVerticleTest {
  @Test
  void anAnswerThatIsCompleteIsNotAStallBecauseItsConsumerWasSlow(Vertx vertx) {
    String text = "x".repeat(300_000); // more than a window of frames
    Rig rig =
        Rig.openai(
            vertx,
            request ->
                request
                    .response()
                    .setChunked(true)
                    .putHeader("content-type", "text/event-stream")
                    .write(Sse.text(text) + Sse.finish("stop")));
    Consumer consumer = rig.open(Rig.HELLO, false);
    await().until(() -> consumer.chunks.size() == Consumer.BUS.window());
    consumer.consume(100);
    consumer.awaitEnd();
    assertThat(consumer.end.getString("finish_reason")).isEqualTo("stop");
    assertThat(consumer.text(BlockKind.TEXT)).isEqualTo(text);
  }

  @Test
  void sendsTheRequestAsTheProviderWantsIt(Vertx vertx) {
    List<JsonObject> requests = new CopyOnWriteArrayList<>();
    BackendOptions options =
        Rig.options("openai", "groq").setHeaders(Map.of("X-Title", "t", "user-agent", "mine"));
    Rig rig =
        Rig.of(
            vertx,
            options,
            request ->
                request
                    .body()
                    .onSuccess(
                        body -> {
                          JsonObject seen = new JsonObject().put("uri", request.uri());
                          request
                              .headers()
                              .forEach((k, v) -> seen.put(k.toLowerCase(Locale.ROOT), v));
                          requests.add(seen.put("body", body.toJsonObject()));
                          Sse.stream(request, Sse.text("Hi"), Sse.finish("stop"), Sse.DONE);
                        }));
    rig.open(Rig.HELLO.withMaxTokens(5), true).awaitEnd();
    JsonObject seen = requests.get(0);
    assertThat(seen.getString("uri")).isEqualTo("/v1/chat/completions");
    assertThat(seen.getString("authorization")).isEqualTo("Bearer " + Rig.SECRET);
    assertThat(seen.getString("content-type")).isEqualTo("application/json");
    assertThat(seen.getString("accept")).isEqualTo("text/event-stream");
    assertThat(seen.getString("accept-encoding")).contains("gzip");
    assertThat(seen.getString("x-title")).isEqualTo("t");
    assertThat(seen.getString("user-agent")).isEqualTo("mine");
    assertThat(seen.getJsonObject("body").getString("model")).isEqualTo("m");
    assertThat(seen.getJsonObject("body").getInteger("max_completion_tokens")).isEqualTo(5);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void joinsWhatCameInOneRead(boolean manyHttpChunks, Vertx vertx) {
    String[] events = {
      Sse.reasoning("a"),
      Sse.reasoning("b"),
      Sse.text("c"),
      Sse.text("d"),
      Sse.reasoning("e"),
      Sse.text("f"),
      Sse.finish("stop"),
      Sse.DONE
    };
    StringBuilder body = new StringBuilder();
    for (String piece : manyHttpChunks ? events : new String[] {String.join("", events)}) {
      body.append(Integer.toHexString(piece.length())).append("\r\n").append(piece).append("\r\n");
    }
    String response = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + body + "0\r\n\r\n";
    NetServer server =
        Consumer.await(
            vertx
                .createNetServer()
                .connectHandler(socket -> socket.handler(request -> socket.write(response)))
                .listen(0, "127.0.0.1"));
    Rig rig = Rig.at(vertx, Rig.options("openai", null), server.actualPort());
    Consumer consumer = rig.open().awaitEnd();
    assertThat(consumer.chunks.stream().map(c -> c.kind().code() + ":" + c.data()))
        .containsExactly("reasoning:ab", "text:cd", "reasoning:e", "text:f");
    assertThat(consumer.pieces).containsExactly("a", "b", "c", "d", "e", "f");
    assertThat(consumer.calls).containsExactly("open", "chunk", "chunk", "chunk", "chunk", "end");
    assertThat(consumer.awaitOpen()).isEqualTo(new JsonObject().put("status", 200));
  }

  @ParameterizedTest
  @ValueSource(strings = {"text/event-stream", "application/json"})
  void opensAgainWhenTheAnswerNamesItsModel(String type, Vertx vertx) {
    String chunk = "{\"model\":\"%s\",\"choices\":[{\"delta\":{\"content\":\"Hi\"}}]}";
    Rig rig =
        Rig.openai(
            vertx,
            request ->
                request
                    .response()
                    .putHeader("content-type", type)
                    .end(
                        Sse.data(chunk.formatted(""))
                            + Sse.data(chunk.formatted("m-2026"))
                            + Sse.finish("stop")
                            + Sse.DONE));
    Consumer consumer = rig.open().awaitEnd();
    assertThat(consumer.opens.get(consumer.opens.size() - 1))
        .isEqualTo(new JsonObject().put("status", 200).put("model", "m-2026"));
    assertThat(consumer.opens).hasSize(type.contains("json") ? 1 : 2);
    assertThat(consumer.calls).endsWith("open", "chunk", "end");
  }

  @Test
  void saysWhatItLeftOut(Vertx vertx) {
    BackendOptions options = Rig.options("anthropic", null);
    Rig rig = Rig.of(vertx, options, request -> Sse.stream(request, Sse.data("{}")));
    ChatRequest request = Rig.HELLO.withTemperature(0.1).withTopP(0.2).withModel("claude-opus-4-1");
    Consumer consumer = rig.open(request, true).awaitEnd();
    assertThat(consumer.awaitOpen().getString("warning"))
        .isEqualTo("top_p was left out: claude-opus-4-1 takes temperature or top_p, not both");
  }

  @Test
  void opensBeforeTheFirstChunkAndDeliversAtOnce(Vertx vertx) {
    List<HttpServerRequest> requests = new CopyOnWriteArrayList<>();
    Rig rig =
        Rig.openai(
            vertx,
            request -> {
              requests.add(request);
              request.response().setChunked(true).putHeader("content-type", "text/event-stream");
              request.response().writeHead();
            });
    Consumer consumer = rig.open();
    consumer.awaitOpen();
    assertThat(consumer.calls).containsExactly("open");
    requests.get(0).response().write(Sse.text("Hi"));
    await().until(() -> consumer.text(BlockKind.TEXT).equals("Hi"));
    requests.get(0).response().end(Sse.finish("stop") + Sse.DONE);
    assertThat(consumer.awaitEnd().end.getString("finish_reason")).isEqualTo("stop");
  }

  @Test
  void unpacksGzipWithoutWaitingForMore(Vertx vertx) {
    List<HttpServerRequest> requests = new CopyOnWriteArrayList<>();
    HttpServer server =
        Consumer.await(
            vertx
                .createHttpServer(new HttpServerOptions().setCompressionSupported(true))
                .requestHandler(
                    request -> {
                      requests.add(request);
                      request.response().setChunked(true);
                      request.response().putHeader("content-type", "text/event-stream");
                      request.response().write(Sse.text("Hi"));
                    })
                .listen(0, "127.0.0.1"));
    Consumer consumer = Rig.at(vertx, Rig.options("openai", null), server.actualPort()).open();
    await().until(() -> consumer.text(BlockKind.TEXT).equals("Hi"));
    assertThat(requests.get(0).response().headers().get("content-encoding")).isEqualTo("gzip");
    requests.get(0).response().end(Sse.finish("stop") + Sse.DONE);
    assertThat(consumer.awaitEnd().failure).isNull();
  }

  @Test
  void wholeAnswersOpenToo(Vertx vertx) {
    String body =
        "{\"object\":\"chat.completion\",\"choices\":[{\"message\":{\"content\":\"Hi\"},\"finish_reason\":\"stop\"}]}";
    Rig rig =
        Rig.openai(
            vertx,
            request -> request.response().putHeader("content-type", "application/json").end(body));
    assertThat(rig.open().awaitEnd().calls).containsExactly("open", "chunk", "end");
  }

  @Test
  void aStreamMayCallItselfJson(Vertx vertx) {
    Rig rig =
        Rig.openai(
            vertx,
            request ->
                request
                    .response()
                    .putHeader("content-type", "application/json")
                    .end(Sse.text("Hi") + Sse.finish("stop") + Sse.DONE));
    assertThat(rig.open().awaitEnd().calls).containsExactly("open", "chunk", "end");
  }

  @Test
  void errorsInASuccessDoNotOpen(Vertx vertx) {
    Rig rig =
        Rig.openai(
            vertx,
            request ->
                request
                    .response()
                    .putHeader("content-type", "application/json")
                    .end("{\"error\":{\"message\":\"no\",\"code\":\"insufficient_quota\"}}"));
    Consumer consumer = rig.failing(FailureKind.QUOTA_EXHAUSTED);
    assertThat(consumer.calls).containsExactly("fail");
    assertThat(consumer.failure.status()).isEqualTo(200);
    assertThat(consumer.failure.providerCode()).isEqualTo("insufficient_quota");
  }

  @Test
  void pagesDoNotOpen(Vertx vertx) {
    Rig rig =
        Rig.openai(
            vertx,
            request ->
                request.response().putHeader("content-type", "text/html").end("<html>Hi</html>"));
    assertThat(rig.failing(FailureKind.SERVER_ERROR).calls).containsExactly("fail");
  }

  @Test
  void httpErrorsAreClassifiedAndMasked(Vertx vertx) {
    Rig rig =
        Rig.openai(
            vertx,
            request -> {
              JsonObject error =
                  new JsonObject().put("message", "bad key " + request.getHeader("authorization"));
              request
                  .response()
                  .setStatusCode(429)
                  .putHeader("retry-after", "7")
                  .end(new JsonObject().put("error", error.put("code", "slow_down")).encode());
            });
    Consumer consumer = rig.failing(FailureKind.OVERLOADED);
    assertThat(consumer.failure.status()).isEqualTo(429);
    assertThat(consumer.failure.providerCode()).isEqualTo("slow_down");
    assertThat(consumer.failure.retryAfterMs()).isEqualTo(7000);
    assertThat(consumer.failure.message()).contains("bad key").doesNotContain(Rig.SECRET);
    assertThat(consumer.calls).containsExactly("fail");
  }

  @Test
  void longErrorBodiesAreCutOff(Vertx vertx) {
    AtomicInteger closed = new AtomicInteger();
    Rig rig =
        Rig.openai(
            vertx,
            request -> {
              request.connection().closeHandler(v -> closed.incrementAndGet());
              request.response().setStatusCode(503).setChunked(true);
              request.response().write("x".repeat(Exchange.MAX_ERROR_BODY + 1));
            });
    rig.failing(FailureKind.OVERLOADED);
    await().untilAtomic(closed, is(1));
  }

  @Test
  void redirectsAreNotFollowed(Vertx vertx) {
    AtomicInteger requests = new AtomicInteger();
    Rig rig =
        Rig.openai(
            vertx,
            request -> {
              requests.incrementAndGet();
              request.response().setStatusCode(307).putHeader("location", "/elsewhere").end();
            });
    assertThat(rig.failing(FailureKind.SERVER_ERROR).failure.status()).isEqualTo(307);
    assertThat(requests).hasValue(1);
  }

  @Test
  void acceptedForLaterIsNoAnswer(Vertx vertx) {
    Rig rig = Rig.openai(vertx, request -> request.response().setStatusCode(202).end());
    rig.failing(FailureKind.OVERLOADED);
  }

  @Test
  void aStreamWithoutAnEndIsAFailure(Vertx vertx) {
    Rig rig = Rig.openai(vertx, request -> Sse.stream(request, Sse.text("Hel")));
    Consumer consumer = rig.failing(FailureKind.NETWORK);
    assertThat(consumer.failure.message()).contains("without a finish reason");
    assertThat(consumer.calls).containsExactly("open", "chunk", "fail");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aHugeFrameIsAFailureAndEndsTheRequest(boolean chunkBefore, Vertx vertx) {
    AtomicInteger closed = new AtomicInteger();
    Rig rig =
        Rig.openai(
            vertx,
            request -> {
              request.connection().closeHandler(v -> closed.incrementAndGet());
              request.response().setChunked(true);
              request.response().write((chunkBefore ? Sse.text("x") : "") + "data: \"");
              request.response().write("x".repeat(SseDecoder.MAX_EVENT));
            });
    assertThat(rig.failing(FailureKind.SERVER_ERROR).failure.message()).contains("too long");
    await().untilAtomic(closed, is(1));
  }
}
