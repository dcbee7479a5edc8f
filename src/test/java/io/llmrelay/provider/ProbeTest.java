package io.llmrelay.provider;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.is;

import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FailureKind;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.junit5.VertxExtension;
import java.io.IOException;
import java.net.ServerSocket;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(VertxExtension.class)
class ProbeTest {
  private static JsonObject probe(Rig rig) {
    return (JsonObject)
        Consumer.await(rig.vertx.eventBus().request(rig.address() + ".probe", null)).body();
  }

  private static FailureKind kind(JsonObject reply) {
    assertThat(reply.getBoolean("ok")).isFalse();
    assertThat(reply.containsKey("models")).isFalse();
    assertThat(reply.encode()).doesNotContain(Rig.SECRET);
    return Failure.fromJson(reply.getJsonObject("failure")).kind();
  }

  @Test
  void listsTheModels(Vertx vertx) {
    Rig rig =
        Rig.openai(
            vertx,
            request -> {
              boolean right =
                  request.uri().equals("/v1/models")
                      && request.method().name().equals("GET")
                      && ("Bearer " + Rig.SECRET).equals(request.getHeader("authorization"));
              request
                  .response()
                  .setStatusCode(right ? 200 : 404)
                  .end("{\"data\":[{\"id\":\"a\"},{\"id\":\"b\"}]}");
            });
    JsonObject reply = probe(rig);
    assertThat(reply.getBoolean("ok")).isTrue();
    assertThat(reply.getInteger("status")).isEqualTo(200);
    assertThat(reply.getLong("latency_ms")).isNotNegative();
    assertThat(reply.getJsonArray("models")).isEqualTo(new JsonArray().add("a").add("b"));
    assertThat(reply.containsKey("failure")).isFalse();
  }

  @Test
  void saysWhatIsWrong(Vertx vertx) {
    Rig rig =
        Rig.openai(
            vertx,
            request ->
                request
                    .response()
                    .setStatusCode(401)
                    .end("bad key " + request.getHeader("authorization")));
    JsonObject reply = probe(rig);
    assertThat(kind(reply)).isEqualTo(FailureKind.AUTHENTICATION);
    assertThat(reply.getInteger("status")).isEqualTo(401);
  }

  @Test
  void noListIsAFailure(Vertx vertx) {
    Rig rig = Rig.openai(vertx, request -> request.response().end("<html>Hi</html>"));
    assertThat(kind(probe(rig))).isEqualTo(FailureKind.SERVER_ERROR);
  }

  @Test
  void anEndlessListIsAFailureAndItsRequestIsReset(Vertx vertx) {
    AtomicInteger closed = new AtomicInteger();
    Rig rig =
        Rig.openai(
            vertx,
            request -> {
              request.connection().closeHandler(v -> closed.incrementAndGet());
              request.response().setChunked(true).write("x".repeat(Probe.MAX_BODY + 1));
            });
    assertThat(kind(probe(rig))).isEqualTo(FailureKind.SERVER_ERROR);
    await().untilAtomic(closed, is(1));
  }

  @Test
  void noAnswerIsATimeoutAndItsRequestIsReset(Vertx vertx) {
    AtomicInteger closed = new AtomicInteger();
    Rig rig =
        Rig.openai(
            vertx, request -> request.connection().closeHandler(v -> closed.incrementAndGet()));
    JsonObject reply = probe(rig);
    assertThat(kind(reply)).isEqualTo(FailureKind.TIMEOUT);
    assertThat(reply.getLong("latency_ms")).isGreaterThanOrEqualTo(Probe.LIMIT_MS - 100);
    await().untilAtomic(closed, is(1));
  }

  @Test
  void nobodyThereIsAFailure(Vertx vertx) throws IOException {
    int port;
    try (ServerSocket socket = new ServerSocket(0)) {
      port = socket.getLocalPort();
    }
    JsonObject reply = probe(Rig.at(vertx, Rig.options("openai", null), port));
    assertThat(kind(reply)).isEqualTo(FailureKind.NETWORK);
    assertThat(reply.containsKey("status")).isFalse();
  }

  @Test
  void isNotHeldUpByStreams(Vertx vertx) {
    AtomicInteger streams = new AtomicInteger();
    Rig rig =
        Rig.of(
            vertx,
            Rig.options("anthropic", null).setMaxConnections(1),
            request -> {
              if (request.uri().equals("/v1/models")) {
                request.response().end("{\"data\":[{\"id\":\"claude\"}]}");
              } else {
                streams.incrementAndGet();
              }
            });
    rig.open();
    await().untilAtomic(streams, is(1));
    assertThat(probe(rig).getJsonArray("models")).isEqualTo(new JsonArray().add("claude"));
  }
}
