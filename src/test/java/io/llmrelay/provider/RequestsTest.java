package io.llmrelay.provider;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonObject;
import io.vertx.junit5.VertxExtension;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a server sees of each dialect's requests; the rig's base URL ends with {@code /v1}. */
@ExtendWith(VertxExtension.class)
class RequestsTest {

  @ParameterizedTest
  @CsvSource({
    "openai, /v1/chat/completions, text/event-stream, authorization",
    "openai-responses, /v1/responses, text/event-stream, authorization",
    "anthropic, /v1/messages, text/event-stream, x-api-key",
    "gemini, /v1/models/m:streamGenerateContent?alt=sse, text/event-stream, x-goog-api-key",
    "ollama, /v1/api/chat, application/x-ndjson, authorization",
    "cloudflare, /v1/ai/run/m, text/event-stream, authorization",
    "cohere, /v1/chat, text/event-stream, authorization",
    "bedrock, /v1/model/m/converse-stream, application/vnd.amazon.eventstream, authorization"
  })
  void chats(String dialect, String uri, String accept, String keyHeader, Vertx vertx) {
    AtomicReference<HttpServerRequest> seen = new AtomicReference<>();
    AtomicReference<JsonObject> body = new AtomicReference<>();
    Rig rig =
        Rig.of(
            vertx,
            Rig.options(dialect, null),
            request -> {
              seen.set(request);
              request
                  .body()
                  .onSuccess(
                      bytes -> {
                        body.set(bytes.toJsonObject());
                        request.response().setStatusCode(500).end();
                      });
            });
    rig.open().awaitEnd();
    assertThat(seen.get().method().name()).isEqualTo("POST");
    assertThat(seen.get().uri()).isEqualTo(uri).doesNotContain(Rig.SECRET);
    assertThat(seen.get().getHeader("accept")).isEqualTo(accept);
    assertThat(seen.get().getHeader("content-type")).isEqualTo("application/json");
    assertThat(seen.get().getHeader(keyHeader)).endsWith(Rig.SECRET);
    assertThat(body.get().encode()).contains("Hello").doesNotContain(Rig.SECRET);
  }
}
