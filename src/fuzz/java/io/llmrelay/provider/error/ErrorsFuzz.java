package io.llmrelay.provider.error;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.chat.ChatMessage;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.Failure;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.fuzz.Pieces;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.ZoneOffset;
import java.util.List;

/**
 * Any error of any provider: it has a kind, its words have a bound and neither the key nor the
 * prompt in them, and the wait it asks for is no longer than is believed.
 */
public final class ErrorsFuzz {
  private static final String KEY = "Zq7-secret-of-the-backend";
  private static final String PROMPT = "the prompt that nobody else may read";
  private static final List<String> PROVIDERS =
      List.of("openai", "anthropic", "gemini", "cloudflare", "openrouter", "mistral", "bedrock");
  private static final List<String> HEADERS =
      List.of("retry-after", "retry-after-ms", "x-ratelimit-reset-requests", "x-amzn-errortype");

  private ErrorsFuzz() {}

  /**
   * Three bytes for provider, status and header; the header's value to the end of the line; body.
   */
  public static void fuzzerTestOneInput(byte[] input) {
    Pieces provider = Pieces.of(input);
    Pieces status = provider.next();
    Pieces header = status.next();
    String[] parts =
        new String(header.bytes(), StandardCharsets.UTF_8)
            .replace("{key}", KEY)
            .replace("{prompt}", PROMPT)
            .split("\n", 2);
    ErrorClassifier errors =
        new ErrorClassifier(
                new BackendOptions()
                    .setProvider(PROVIDERS.get(provider.seed() % PROVIDERS.size()))
                    .setApiKey(KEY),
                Clock.fixed(Errors.NOW, ZoneOffset.UTC))
            .about(ChatRequest.of(ChatMessage.user(PROMPT)));
    byte[] body = parts[parts.length - 1].getBytes(StandardCharsets.UTF_8);
    MultiMap headers =
        MultiMap.caseInsensitiveMultiMap()
            .add("x-ratelimit-remaining-requests", "0")
            .add(HEADERS.get(header.seed() % HEADERS.size()), parts[0]);
    check(errors.http(300 + status.seed(), headers, Buffer.buffer(body)));
    check(errors.inStream(body, 0, body.length));
  }

  private static void check(Failure failure) {
    assertThat(failure.kind()).isNotNull();
    assertThat(failure.retryAfterMs()).isBetween(-1L, ErrorClassifier.DEFAULT_MAX_WAIT.toMillis());
    fit(failure.message());
    if (failure.providerCode() != null) {
      fit(failure.providerCode());
    }
    fit(failure.toJson().encode());
    assertThat(Failure.fromJson(failure.toJson()).toJson()).isEqualTo(failure.toJson());
  }

  private static void fit(String words) {
    assertThat(words).doesNotContain(KEY, PROMPT, "\n", "\r", "\u001b");
    assertThat(words.length()).isLessThan(2_000);
  }
}
