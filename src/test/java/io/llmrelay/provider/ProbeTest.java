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
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(VertxExtension.class)
class ProbeTest {
  private final List<String> asked = new CopyOnWriteArrayList<>();
  private final List<JsonObject> chats = new CopyOnWriteArrayList<>();

  private static JsonObject probe(Rig rig) {
    return probe(rig, null);
  }

  private static JsonObject probe(Rig rig, JsonObject message) {
    return (JsonObject)
        Consumer.await(rig.vertx.eventBus().request(rig.address() + ".probe", message)).body();
  }

  private static JsonObject keyProbe(Rig rig) {
    return probe(rig, new JsonObject().put("key", true));
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
  void reportsTheFailure(Vertx vertx) {
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
  void responseThatIsNotAListIsAFailure(Vertx vertx) {
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
  void aListThatTakesTooLongIsATimeoutAndItsRequestIsReset(Vertx vertx) {
    AtomicInteger closed = new AtomicInteger();
    Rig rig =
        Rig.openai(
            vertx,
            request -> {
              request.connection().closeHandler(v -> closed.incrementAndGet());
              request.response().setChunked(true);
              vertx.setPeriodic(100, id -> request.response().write(" "));
            });
    assertThat(kind(probe(rig))).isEqualTo(FailureKind.TIMEOUT);
    await().untilAtomic(closed, is(1));
  }

  @Test
  void withATooLongListAChatProvesTheKey(Vertx vertx) {
    String list = "x".repeat(Probe.MAX_BODY + 1);
    assertThat(kind(keyProbe(answering(vertx, "openai", 200, list, 401, "bad key"))))
        .isEqualTo(FailureKind.AUTHENTICATION);
    assertThat(keyProbe(answering(vertx, "openai", 200, list, 200, "")).getBoolean("ok")).isTrue();
    assertThat(asked).containsExactly("list", "chat", "list", "chat");
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
  void refusedConnectionIsANetworkFailure(Vertx vertx) throws IOException {
    int port;
    try (ServerSocket socket = new ServerSocket(0)) {
      port = socket.getLocalPort();
    }
    JsonObject reply = probe(Rig.at(vertx, Rig.options("openai", null), port));
    assertThat(kind(reply)).isEqualTo(FailureKind.NETWORK);
    assertThat(reply.containsKey("status")).isFalse();
  }

  @Test
  void succeedsWhileAllStreamConnectionsAreInUse(Vertx vertx) {
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

  /** Answers a request for the models and a chat with these statuses, in these words. */
  private Rig answering(
      Vertx vertx, String dialect, int list, String listBody, int chat, String chatBody) {
    return Rig.of(
        vertx,
        Rig.options(dialect, null).setModels(List.of("first", "second")),
        request -> {
          boolean post = request.method().name().equals("POST");
          asked.add(post ? "chat" : "list");
          request
              .body()
              .onSuccess(
                  body -> {
                    if (post) {
                      chats.add(body.toJsonObject());
                    }
                    request
                        .response()
                        .setStatusCode(post ? chat : list)
                        .end(post ? chatBody : listBody);
                  });
        });
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          404 | no
          405 | no
          501 | no
          403 | no
          302 | no
          200 | <html>Hi</html>
          """)
  void withoutAListOfModelsAChatProvesTheKey(int status, String body, Vertx vertx) {
    Rig refusing = answering(vertx, "openai", status, body, 401, "bad key");
    JsonObject reply = keyProbe(refusing);
    assertThat(kind(reply)).isEqualTo(FailureKind.AUTHENTICATION);
    assertThat(reply.getInteger("status")).isEqualTo(401);
    assertThat(asked).containsExactly("list", "chat");
    assertThat(chats.get(0).getString("model")).isEqualTo("first");
    assertThat(chats.get(0).getInteger("max_tokens")).isEqualTo(1);

    reply = keyProbe(answering(vertx, "openai", status, body, 200, "data: x"));
    assertThat(reply.getBoolean("ok")).isTrue();
    assertThat(reply.getInteger("status")).isEqualTo(200);
    assertThat(reply.fieldNames()).containsExactlyInAnyOrder("ok", "status", "latency_ms");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          200 | x                  | true
          400 | x                  | true
          404 | x                  | true
          422 | x                  | true
          429 | x                  | true
          402 | x                  | true
          401 | x                  | false
          403 | x                  | false
          400 | API key not valid. | false
          500 | x                  | false
          503 | x                  | false
          """)
  void statusOfTheChatDecidesAboutTheKey(int status, String body, boolean taken, Vertx vertx) {
    JsonObject reply = keyProbe(answering(vertx, "openai", 405, "", status, body));
    assertThat(reply.getBoolean("ok")).isEqualTo(taken);
    assertThat(reply.containsKey("failure")).isEqualTo(!taken);
    assertThat(asked).containsExactly("list", "chat");
  }

  @ParameterizedTest
  @CsvSource({"200, true", "429, true", "402, true", "401, false", "500, false", "503, false"})
  void conclusiveListNeedsNoChat(int status, boolean taken, Vertx vertx) {
    JsonObject reply = keyProbe(answering(vertx, "openai", status, "{}", 200, ""));
    assertThat(reply.getBoolean("ok")).isEqualTo(taken);
    assertThat(reply.containsKey("models")).isFalse();
    assertThat(asked).containsExactly("list");
  }

  @ParameterizedTest
  @ValueSource(strings = {"anthropic", "gemini", "ollama", "cohere"})
  void keyProbeWorksForEveryDialect(String dialect, Vertx vertx) {
    assertThat(keyProbe(answering(vertx, dialect, 405, "", 200, "")).getBoolean("ok")).isTrue();
    assertThat(keyProbe(answering(vertx, dialect, 405, "", 401, "")).getBoolean("ok")).isFalse();
    assertThat(asked).containsExactly("list", "chat", "list", "chat");
    assertThat(chats.get(0).encode()).contains("ping");
  }

  @Test
  void healthProbeSendsNoChat(Vertx vertx) {
    assertThat(probe(answering(vertx, "openai", 405, "", 200, "")).getBoolean("ok")).isFalse();
    assertThat(asked).containsExactly("list");
  }

  /** The name is made up; a server that does not know it has taken the key. */
  @Test
  void withoutAConfiguredModelAChatProvesTheKeyToo(Vertx vertx) {
    Rig rig =
        Rig.openai(
            vertx,
            request ->
                request
                    .response()
                    .setStatusCode(request.method().name().equals("POST") ? 404 : 405)
                    .end("no such model"));
    assertThat(keyProbe(rig).getBoolean("ok")).isTrue();
  }

  @Test
  void aChatWithoutAnEndIsReset(Vertx vertx) {
    AtomicInteger closed = new AtomicInteger();
    Rig rig =
        Rig.openai(
            vertx,
            request -> {
              if (request.method().name().equals("POST")) {
                request.connection().closeHandler(v -> closed.incrementAndGet());
                request.response().setChunked(true).write("data: x");
              } else {
                request.response().setStatusCode(405).end();
              }
            });
    assertThat(keyProbe(rig).getBoolean("ok")).isTrue();
    await().untilAtomic(closed, is(1));
  }
}
