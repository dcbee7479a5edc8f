package io.llmrelay.provider;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.is;

import io.llmrelay.chat.ChunkKind;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.config.BackendOptions;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.ReplyException;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonObject;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.SelfSignedCertificate;
import io.vertx.junit5.VertxExtension;
import java.io.IOException;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What becomes of a stream, over real HTTP, when nobody cancels it. */
@ExtendWith(VertxExtension.class)
class ProviderVerticleTest {
  private static void stream(HttpServerRequest request, String... events) {
    request.response().setChunked(true).putHeader("content-type", "text/event-stream");
    request.response().end(String.join("", events));
  }

  private static Consumer failing(Rig rig, FailureKind kind) {
    Consumer consumer = rig.open().awaitEnd();
    assertThat(consumer.end).isNull();
    assertThat(consumer.failure.kind()).isEqualTo(kind);
    assertThat(consumer.failure.backend()).isEqualTo("backend");
    assertThat(consumer.failure.model()).isEqualTo("m");
    return consumer;
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
                          stream(request, Sse.text("Hi"), Sse.finish("stop"), Sse.DONE);
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
    assertThat(consumer.calls).containsExactly("open", "chunk", "chunk", "chunk", "chunk", "end");
    assertThat(consumer.awaitOpen()).isEqualTo(new JsonObject().put("status", 200));
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
    await().until(() -> consumer.text(ChunkKind.TEXT).equals("Hi"));
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
    await().until(() -> consumer.text(ChunkKind.TEXT).equals("Hi"));
    assertThat(requests.get(0).response().headers().get("content-encoding")).isEqualTo("gzip");
    requests.get(0).response().end(Sse.finish("stop") + Sse.DONE);
    assertThat(consumer.awaitEnd().failure).isNull();
  }

  @Test
  void keepsTheConnectionForTheNextStream(Vertx vertx) {
    Set<Object> connections = ConcurrentHashMap.newKeySet();
    Rig rig =
        Rig.openai(
            vertx,
            request -> {
              connections.add(request.connection());
              stream(request, Sse.text("x"), Sse.finish("stop"), Sse.DONE);
            });
    for (int i = 0; i < 5; i++) {
      assertThat(rig.open().awaitEnd().failure).isNull();
    }
    assertThat(connections).hasSize(1);
  }

  @Test
  void resetsWhatGoesOnAfterTheEnd(Vertx vertx) {
    AtomicInteger closed = new AtomicInteger();
    Rig rig =
        Rig.openai(
            vertx,
            request -> {
              request.connection().closeHandler(v -> closed.incrementAndGet());
              request
                  .response()
                  .setChunked(true)
                  .write(Sse.text("x") + Sse.finish("stop") + Sse.DONE);
            });
    long begin = System.nanoTime();
    assertThat(rig.open().awaitEnd().end.getString("finish_reason")).isEqualTo("stop");
    assertThat(System.nanoTime() - begin).isLessThan(Exchange.REST_MS * 1_000_000);
    await().untilAtomic(closed, is(1));
  }

  /** Nothing but the limit on bytes can reset a request before the timer could have. */
  @Test
  void takesLittleAfterTheEnd(Vertx vertx) {
    List<Long> lifetimes = new CopyOnWriteArrayList<>();
    Rig rig =
        Rig.openai(
            vertx,
            request -> {
              long begin = System.nanoTime();
              request
                  .connection()
                  .closeHandler(v -> lifetimes.add((System.nanoTime() - begin) / 1_000_000));
              request.response().setChunked(true);
              request.response().write(Sse.text("x") + Sse.finish("stop") + Sse.DONE);
              Sse.flood(request.response(), new AtomicLong());
            });
    for (int i = 1; i <= 10 && lifetimes.stream().noneMatch(ms -> ms < Exchange.REST_MS); i++) {
      assertThat(rig.open().awaitEnd().failure).isNull();
      await().until(lifetimes::size, is(i));
    }
    assertThat(lifetimes).anyMatch(ms -> ms < Exchange.REST_MS);
  }

  @Test
  void aFinishReasonIsEnoughWhereNothingFollows(Vertx vertx) {
    Rig rig =
        Rig.openai(
            vertx,
            request ->
                request.response().setChunked(true).write(Sse.text("x") + Sse.finish("length")));
    assertThat(rig.open().awaitEnd().end.getString("finish_reason")).isEqualTo("length");
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
    Consumer consumer = failing(rig, FailureKind.QUOTA_EXHAUSTED);
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
    assertThat(failing(rig, FailureKind.SERVER_ERROR).calls).containsExactly("fail");
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
    Consumer consumer = failing(rig, FailureKind.OVERLOADED);
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
    failing(rig, FailureKind.OVERLOADED);
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
    assertThat(failing(rig, FailureKind.SERVER_ERROR).failure.status()).isEqualTo(307);
    assertThat(requests).hasValue(1);
  }

  @Test
  void acceptedForLaterIsNoAnswer(Vertx vertx) {
    Rig rig = Rig.openai(vertx, request -> request.response().setStatusCode(202).end());
    failing(rig, FailureKind.OVERLOADED);
  }

  @Test
  void aStreamWithoutAnEndIsAFailure(Vertx vertx) {
    Rig rig = Rig.openai(vertx, request -> stream(request, Sse.text("Hel")));
    Consumer consumer = failing(rig, FailureKind.NETWORK);
    assertThat(consumer.failure.message()).contains("without a finish reason");
    assertThat(consumer.calls).containsExactly("open", "chunk", "fail");
  }

  @Test
  void aLostConnectionIsAFailureWithTheUsageSoFar(Vertx vertx) {
    List<HttpServerRequest> requests = new CopyOnWriteArrayList<>();
    Rig rig =
        Rig.openai(
            vertx,
            request -> {
              requests.add(request);
              request.response().setChunked(true);
              request
                  .response()
                  .write(Sse.text("x") + Sse.data("{\"usage\":{\"prompt_tokens\":3}}"));
            });
    Consumer consumer = rig.open();
    await().until(() -> !consumer.chunks.isEmpty());
    requests.get(0).connection().close();
    assertThat(consumer.awaitEnd().failure.kind()).isEqualTo(FailureKind.NETWORK);
    assertThat(consumer.failure.usage().inputTokens()).isEqualTo(3);
  }

  @Test
  void aConnectionLostBeforeTheHeadIsAFailure(Vertx vertx) {
    Rig rig = Rig.openai(vertx, request -> request.connection().close());
    assertThat(failing(rig, FailureKind.NETWORK).failure.status()).isEqualTo(0);
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
    assertThat(failing(rig, FailureKind.SERVER_ERROR).failure.message()).contains("too long");
    await().untilAtomic(closed, is(1));
  }

  @Test
  void aRefusedConnectionIsAFailure(Vertx vertx) throws IOException {
    int port;
    try (ServerSocket socket = new ServerSocket(0)) {
      port = socket.getLocalPort();
    }
    Rig rig = Rig.at(vertx, Rig.options("openai", null), port);
    assertThat(failing(rig, FailureKind.NETWORK).failure.message()).contains("refused");
  }

  @Test
  void aConnectionThatTakesTooLongIsATimeout(Vertx vertx) throws IOException {
    try (FullHouse house = new FullHouse()) {
      Rig rig = Rig.at(vertx, Rig.options("openai", null), house.port());
      JsonObject body = Consumer.body(Rig.HELLO).put("connect_ms", 100);
      Consumer consumer = Consumer.open(vertx, rig.address(), body, true).awaitEnd();
      assertThat(consumer.failure.kind()).isEqualTo(FailureKind.TIMEOUT);
    }
  }

  @Test
  void anUntrustedCertificateIsAFailure(Vertx vertx) {
    AtomicInteger requests = new AtomicInteger();
    HttpServer server =
        Consumer.await(
            vertx
                .createHttpServer(
                    new HttpServerOptions()
                        .setSsl(true)
                        .setKeyCertOptions(SelfSignedCertificate.create().keyCertOptions()))
                .requestHandler(request -> requests.incrementAndGet())
                .listen(0, "127.0.0.1"));
    Rig rig =
        Rig.atUrl(vertx, Rig.options("openai", null), "https://localhost:" + server.actualPort());
    assertThat(failing(rig, FailureKind.NETWORK).failure.message()).contains("TLS");
    assertThat(requests).hasValue(0);
  }

  @Test
  void moreThanMayWaitAreTurnedAway(Vertx vertx) {
    AtomicInteger requests = new AtomicInteger();
    Rig rig =
        Rig.of(
            vertx,
            Rig.options("openai", null).setMaxConnections(1),
            request -> requests.incrementAndGet());
    rig.open();
    await().untilAtomic(requests, is(1));
    JsonObject brief = Consumer.body(Rig.HELLO).put("connect_ms", 1000);
    List<Consumer> waiting = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      waiting.add(Consumer.open(vertx, rig.address(), brief, true));
      waiting.get(i).awaitAccepted();
    }
    assertThat(rig.open().awaitEnd().failure.kind()).isEqualTo(FailureKind.OVERLOADED);
    for (Consumer consumer : waiting) {
      assertThat(consumer.awaitEnd().failure.kind()).isEqualTo(FailureKind.TIMEOUT);
    }
    assertThat(requests).hasValue(1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "{\"model\":\"m\",\"connect_ms\":1}",
        "{\"model\":\"m\",\"connect_ms\":1,\"request\":{}}",
        "{\"model\":\"m\",\"connect_ms\":1,\"request\":\"x\"}",
        "{\"model\":\" \",\"connect_ms\":1,\"request\":{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}}",
        "{\"model\":7,\"connect_ms\":1,\"request\":{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}}",
        "{\"model\":\"m\",\"connect_ms\":0,\"request\":{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}}",
        "{\"model\":\"m\",\"connect_ms\":\"1\",\"request\":{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}}",
        "{\"model\":\"m\",\"connect_ms\":1,\"request\":{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"tools\":[]}}"
      })
  void whatIsNoRequestIsRefused(String body, Vertx vertx) {
    AtomicInteger requests = new AtomicInteger();
    Rig rig = Rig.openai(vertx, request -> requests.incrementAndGet());
    Consumer consumer = Consumer.open(vertx, rig.address(), new JsonObject(body), true).awaitEnd();
    assertThat(consumer.failure.kind()).isEqualTo(FailureKind.INVALID_REQUEST);
    assertThat(consumer.failure.field()).isNotNull();
    assertThat(requests).hasValue(0);
  }

  @Test
  void whatIsNoObjectIsRefused(Vertx vertx) {
    Rig rig = Rig.openai(vertx, request -> {});
    for (Object body : new Object[] {null, "x", Buffer.buffer("x"), 7}) {
      assertThat(
              vertx
                  .eventBus()
                  .request(rig.address(), body)
                  .toCompletionStage()
                  .toCompletableFuture())
          .failsWithin(Duration.ofSeconds(5))
          .withThrowableOfType(ExecutionException.class)
          .withCauseInstanceOf(ReplyException.class)
          .withMessageContaining("invalid_request");
    }
  }

  @Test
  void whatTheDialectCannotSayIsRefused(Vertx vertx) {
    Rig rig = Rig.of(vertx, Rig.options("anthropic", null), request -> {});
    Consumer consumer = rig.open(Rig.HELLO.withSeed(1L), true).awaitEnd();
    assertThat(consumer.failure.kind()).isEqualTo(FailureKind.INVALID_REQUEST);
    assertThat(consumer.failure.message()).contains("seed");
  }

  @Test
  void badOptionsFailTheDeploymentWithoutShowingTheKey(Vertx vertx) {
    for (BackendOptions options :
        List.of(
            Rig.options("klingon", null).setBaseUrl("http://x"),
            Rig.options("openai", null),
            Rig.options("openai", null).setBaseUrl("ftp://x"),
            Rig.options("openai", null).setBaseUrl("http://x").setApiKey("secret\nkey"))) {
      ProviderVerticle verticle = new ProviderVerticle("b", options, "p", Consumer.BUS);
      assertThat(vertx.deployVerticle(verticle).toCompletionStage().toCompletableFuture())
          .failsWithin(Duration.ofSeconds(5))
          .withThrowableOfType(ExecutionException.class)
          .satisfies(e -> assertThat(e.toString()).doesNotContain("secret", Rig.SECRET));
    }
  }
}
