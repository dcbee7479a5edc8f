package io.llmrelay.provider;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.chat.ChatMessage;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FailureKind;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonObject;
import io.vertx.junit5.VertxExtension;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Servers that refuse {@code stream_options}, which the relay adds to each request. */
@ExtendWith(VertxExtension.class)
class RefusedStreamOptionsTest {
  private static final String UNKNOWN =
      "{\"error\":{\"message\":\"Unknown parameter: 'stream_options'.\",\"type\":"
          + "\"invalid_request_error\",\"param\":\"stream_options\",\"code\":\"unknown_parameter\"}}";

  private final List<JsonObject> bodies = new CopyOnWriteArrayList<>();

  /** Refuses a request with stream options in these words, and answers others. */
  private Rig refusing(Vertx vertx, String provider, int status, String words) {
    return Rig.of(
        vertx,
        Rig.options("openai", provider),
        request ->
            request
                .body()
                .onSuccess(
                    body -> {
                      bodies.add(body.toJsonObject());
                      if (asks(body.toJsonObject())) {
                        request.response().setStatusCode(status).end(words);
                      } else {
                        answer(request);
                      }
                    }));
  }

  private static void answer(HttpServerRequest request) {
    Sse.stream(request, Sse.text("x"), Sse.finish("stop"), Sse.DONE);
  }

  private static boolean asks(JsonObject body) {
    return body.containsKey("stream_options");
  }

  private List<Boolean> asked() {
    return bodies.stream().map(RefusedStreamOptionsTest::asks).toList();
  }

  private static void assertServed(Consumer consumer) {
    assertThat(consumer.awaitEnd().failure).isNull();
    assertThat(consumer.pieces).containsExactly("x");
    assertThat(consumer.calls).containsOnlyOnce("open");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      textBlock =
          """
          400 | {"error":{"message":"Unrecognized request argument supplied: stream_options"}}
          400 | {"error":{"message":"Unknown parameter: 'stream_options'.","param":"stream_options"}}
          400 | {"detail":"Extra parameters ['stream_options'] are not allowed when extra-parameters is not set"}
          422 | {"detail":[{"type":"extra_forbidden","loc":["body","stream_options"],"msg":"Extra inputs are not permitted"}]}
          400 | {"message":"Validation error at #/stream_options: Extra inputs are not permitted"}
          400 | json: unknown field "include_usage"
          422 | Unrecognized field "streamOptions" (class ChatRequest)
          400 | <html>Stream options are not supported here</html>
          """)
  void theRequestIsSentAgainWithoutThem(int status, String words, Vertx vertx) {
    Rig rig = refusing(vertx, null, status, words);
    assertServed(rig.open());
    assertThat(asked()).containsExactly(true, false);
    JsonObject first = bodies.get(0).copy();
    first.remove("stream_options");
    assertThat(bodies.get(1)).isEqualTo(first);

    assertServed(rig.open());
    assertThat(asked()).as("remembered").containsExactly(true, false, false);
  }

  @Test
  void anotherVerticleOfTheProcessKnowsItToo(Vertx vertx) {
    Rig rig = refusing(vertx, null, 400, UNKNOWN);
    assertServed(rig.open());
    assertServed(Rig.atUrl(vertx, Rig.options("openai", null), rig.url).open());
    assertThat(asked()).containsExactly(true, false, false);
  }

  @Test
  void anotherBackendIsStillAsked(Vertx vertx) {
    assertServed(refusing(vertx, null, 400, UNKNOWN).open());
    assertServed(refusing(vertx, null, 400, UNKNOWN).open());
    assertThat(asked()).containsExactly(true, false, true, false);
  }

  @Test
  void aPromptWithTheWordIsSentTwiceButNothingIsRemembered(Vertx vertx) {
    Rig rig =
        Rig.openai(
            vertx,
            request ->
                request
                    .body()
                    .onSuccess(
                        body -> {
                          bodies.add(body.toJsonObject());
                          if (body.toString().contains("What are")) {
                            request.response().setStatusCode(400).end("no: stream_options");
                          } else {
                            answer(request);
                          }
                        }));
    ChatRequest bad = ChatRequest.of(ChatMessage.user("What are stream_options?"));
    Failure failure = rig.open(bad, true).awaitEnd().failure;
    assertThat(failure.kind()).isEqualTo(FailureKind.INVALID_REQUEST);
    assertThat(failure.status()).isEqualTo(400);
    assertServed(rig.open());
    assertThat(asked()).containsExactly(true, false, true);
  }

  @ParameterizedTest
  @CsvSource({"400, unknown parameter: top_k", "500, stream_options", "401, stream_options"})
  void otherErrorsAreNotSentAgain(int status, String words, Vertx vertx) {
    Rig rig = refusing(vertx, null, status, words);
    assertThat(rig.open().awaitEnd().failure.status()).isEqualTo(status);
    assertThat(bodies).hasSize(1);
  }

  /** The relay adds nothing to requests for this provider. */
  @Test
  void whatWasNotSentIsNotLeftOut(Vertx vertx) {
    Rig rig =
        Rig.of(
            vertx,
            Rig.options("openai", "mistral"),
            request ->
                request
                    .body()
                    .onSuccess(
                        body -> {
                          bodies.add(body.toJsonObject());
                          request.response().setStatusCode(400).end(UNKNOWN);
                        }));
    assertThat(rig.open().awaitEnd().failure.status()).isEqualTo(400);
    assertThat(asked()).containsExactly(false);
  }
}
