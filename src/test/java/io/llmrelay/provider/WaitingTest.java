package io.llmrelay.provider;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.chat.Failure;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WaitingTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          retry-after: 17                                              | 17000
          retry-after: 1.5                                             | 1500
          retry-after-ms: 250.5                                        | 251
          retry-after-ms: 0, retry-after: 1                            | 1000
          retry-after-ms: 20, retry-after: 1                           | 20
          retry-after: 0                                               | -1
          retry-after: -5                                              | -1
          retry-after: soon                                            | -1
          retry-after: 1e400                                           | -1
          retry-after: 999999999                                       | 2678400000
          retry-after: Tue; 20 Jan 2026 09:49:16 GMT                   | 16000
          retry-after: Tue; 20 Jan 2026 09:48:16 GMT                   | -1
          x-ratelimit-remaining-tokens: 0, x-ratelimit-reset-tokens: 6m0s                | 360000
          x-ratelimit-remaining-tokens: 0, x-ratelimit-reset-tokens: 16.849999999s       | 16850
          x-ratelimit-remaining-tokens: 0, x-ratelimit-reset-tokens: 12ms                | 12
          x-ratelimit-remaining-tokens: 0, x-ratelimit-reset-tokens: 1h0m2s              | 3602000
          x-ratelimit-remaining-tokens: 0, x-ratelimit-reset-tokens: 59.62               | 59620
          x-ratelimit-remaining-tokens: 9, x-ratelimit-reset-tokens: 6m0s                | -1
          x-ratelimit-remaining-requests-day: 0, x-ratelimit-reset-requests-day: 24481.8 | 24481800
          anthropic-ratelimit-tokens-remaining: 0, anthropic-ratelimit-tokens-reset: 2026-01-20T09:49:16Z | 16000
          X-RateLimit-Remaining: 0, X-RateLimit-Reset: 1768902550000                     | 10000
          x-ratelimit-remaining-a: 0, x-ratelimit-reset-a: 2s, x-ratelimit-remaining-b: 0, x-ratelimit-reset-b: 3s | 3000
          retry-after: 7, x-ratelimit-remaining-tokens: 0, x-ratelimit-reset-tokens: 3s  | 7000
          """)
  void waitsFromHeaders(String headers, long ms) {
    MultiMap map = MultiMap.caseInsensitiveMultiMap();
    for (String header : headers.split(", ")) {
      map.add(header.split(": ", 2)[0], header.split(": ", 2)[1].replace(';', ','));
    }
    Failure failure = Errors.classifier(null).http(429, map, Buffer.buffer("{}"));
    assertThat(failure.retryAfterMs()).isEqualTo(ms);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          Please try again in 4.77s. Need more tokens?  | 4770
          Please try again in 9m38.016s. Visit          | 578016
          Please try again in 450ms                     | 450
          please retry in 34.4s                         | 34400
          Please retry after 20 seconds.                | 20000
          Try again in 3 minutes                        | 180000
          try again in a while                          | -1
          """)
  void waitsFromWords(String words, long ms) {
    assertThat(Errors.http(null, 429, Errors.error(words, "x", "null")).retryAfterMs())
        .isEqualTo(ms);
    assertThat(
            Errors.inStream("{\"error\":{\"code\":429,\"message\":\"" + words + "\"}}")
                .retryAfterMs())
        .isEqualTo(ms);
  }

  @Test
  void waitsFromDetailsAndCalendars() {
    String retryInfo = "[{\"@type\":\"x/google.rpc.RetryInfo\",\"retryDelay\":\"34.4s\"}]";
    assertThat(Errors.http(null, 429, Errors.gemini(429, "x", "y", retryInfo)).retryAfterMs())
        .isEqualTo(34_400);
    assertThat(Errors.http("cloudflare", 429, Errors.cloudflare(4006, "x")).retryAfterMs())
        .isEqualTo(14 * 3_600_000 + 11 * 60_000);
    assertThat(
            Errors.http(
                    null,
                    429,
                    Errors.gemini(429, "x", "y", "[{\"violations\":[{\"quotaId\":\"PerDay\"}]}]"))
                .retryAfterMs())
        .isEqualTo(22 * 3_600_000 + 11 * 60_000);
    String spent =
        "{\"error\":{\"type\":\"rate_limit_error\",\"details\":{\"error_code\":\"enforced_spend_limit_reached\"}}}";
    assertThat(Errors.http("anthropic", 429, spent).retryAfterMs())
        .isEqualTo(
            Errors.NOW.until(
                Instant.parse("2026-02-01T00:00:00Z"), java.time.temporal.ChronoUnit.MILLIS));
    assertThat(
            Errors.http(
                    "openrouter",
                    403,
                    Errors.openRouter(
                        403,
                        "x",
                        "{\"limit_source\":\"key\",\"resets_at\":\"2026-01-20T10:00:00Z\"}"))
                .retryAfterMs())
        .isEqualTo(11 * 60_000);
  }

  @Test
  void aRefusedRequestIsNotToBeSentAgainLater() {
    assertThat(Errors.http(null, 400, Map.of("retry-after", "5"), "{}").retryAfterMs())
        .isEqualTo(-1);
  }
}
