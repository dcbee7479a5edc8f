package io.llmrelay.provider.error;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.chat.Failure;
import io.llmrelay.config.BackendOptions;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RetryAfterTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          retry-after: 17                                              | 17000
          retry-after: 1.5                                             | 1500
          retry-after-ms: 250.5                                        | 251
          retry-after-ms: 0, retry-after: 1                            | 1000
          retry-after-ms: 20, retry-after: 1                           | 1000
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
          x-ratelimit-remaining-tokens: 9, x-ratelimit-reset-tokens: 6m0s                | 360000
          retry-after: 5, x-ratelimit-remaining-tokens: 9, x-ratelimit-reset-tokens: 6m0s | 5000
          retry-after: 5, x-ratelimit-remaining-tokens: 0, x-ratelimit-reset-tokens: 6m0s | 360000
          retry-after: 99999999, retry-after-ms: 1500                                    | 1500
          x-ratelimit-reset-tokens: 12ms, x-ratelimit-reset-requests: 8.64s              | 8640
          x-ratelimit-limit-requests: 100, x-ratelimit-remaining-requests: 90, x-ratelimit-reset-requests: 2h, x-ratelimit-limit-tokens: 8000, x-ratelimit-remaining-tokens: 120, x-ratelimit-reset-tokens: 45s | 45000
          anthropic-ratelimit-input-tokens-reset: 2026-01-20T09:49:16Z                   | 16000
          ratelimit-reset: 30                                                            | 30000
          ratelimit-remaining: 0, ratelimit-reset: 30                                    | 30000
          RateLimit: limit=10; remaining=0; reset=50                                     | 50000
          ratelimit: "api";r=0;t=20                                                      | 20000
          x-ratelimit-remaining: -3, x-ratelimit-reset: 7                                | 7000
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
      quoteCharacter = '`',
      textBlock =
          """
          Please try again in 4.77s. Need more tokens?  | 4770
          Please try again in 9m38.016s. Visit          | 578016
          Please try again in 450ms                     | 450
          please retry in 34.4s                         | 34400
          Please retry after 20 seconds.                | 20000
          Try again in 3 minutes                        | 180000
          Please try again in 2h7m23s.                  | 7643000
          Please try again in 373ms                     | 373
          Please try again in 6m0s. Visit               | 360000
          Your quota will reset after 2h7m23.5s.        | 7643500
          Please wait 1 minute and 30 seconds           | 90000
          please retry after 86400 seconds.             | 86400000
          Try again in 2 days                           | 172800000
          Retry in 5s, or wait for 10s                  | 10000
          refused. Retry-After: 12. Goodbye             | 12000
          {'retry_after': 12.5}                         | 12500
          {'retry_after_ms': 1500}                      | 1500
          You will regain access on 2026-01-21 at 00:00 UTC. | 51060000
          quota resets at 2026-01-20T10:00:00Z          | 660000
          quota resets at 2026-01-20T10:00:00+05:00     | -1
          5 requests per 1 minute are allowed           | -1
          try again in a while                          | -1
          """)
  void parsesDelaysInSentences(String words, long ms) {
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

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          {"error":{"code":429,"details":[{"retryDelay":"2s"}]}}                             | 2000
          {"error":{"code":429,"details":[{"metadata":{"quotaResetDelay":"2h7m23.5s"}}]}}    | 7643500
          {"error":{"code":429,"details":[{"metadata":{"quotaResetDelay":"373.8ms"}}]}}      | 374
          {"error":{"code":429,"details":[{"metadata":{"quotaResetTimeStamp":"2026-01-20T09:49:16Z"}}]}} | 16000
          {"error":{"code":429,"metadata":{"retry_after":12}}}                               | 12000
          {"error":{"code":429,"metadata":{"retry_after_seconds":3.5}}}                      | 3500
          {"error":{"code":429,"retry_after_ms":250}}                                        | 250
          {"error":{"code":429},"retry_after":"7"}                                           | 7000
          {"error":{"code":429,"type":"usage_limit_reached","resets_in_seconds":90}}         | 90000
          {"error":{"code":429,"resets_at":1768902550}}                                      | 10000
          {"error":{"code":429,"metadata":{"headers":{"X-RateLimit-Remaining":"0","X-RateLimit-Reset":"1768902550000"}}}} | 10000
          {"error":{"code":429,"metadata":{"headers":{"Retry-After":"30"}}}}                 | 30000
          {"error":{"code":429,"details":[{"retryDelay":"2s"}],"message":"retry in 5s"}}     | 5000
          {"error":{"code":429,"metadata":{"raw":"{\\"details\\":[{\\"retryDelay\\": \\"34s\\"}]}"}}} | 34000
          {"error":{"code":429,"retry_after":null}}                                          | -1
          {"error":{"code":429},"detail":[{"input":{"retry_after":99}}]}                     | -1
          """)
  void waitsFromFields(String body, long ms) {
    assertThat(Errors.http(null, 429, body).retryAfterMs()).isEqualTo(ms);
    assertThat(Errors.inStream(body).retryAfterMs()).isEqualTo(ms);
  }

  /** Nobody knows how long an outage takes. */
  @ParameterizedTest
  @ValueSource(ints = {500, 502, 503, 504, 529})
  void anOutageIsCutToMinutes(int status) {
    long most = RetryAfter.MAX_OUTAGE.toMillis();
    assertThat(waited(status, Map.of("retry-after", "86400"))).isEqualTo(most);
    assertThat(waited(status, Map.of("retry-after", "20"))).isEqualTo(20_000);
    assertThat(waited(status, Map.of("retry-after", "86400", "retry-after-ms", "20000")))
        .as("the plausible one")
        .isEqualTo(20_000);
    assertThat(waited(status, Map.of("x-ratelimit-reset-tokens", "20s"))).isEqualTo(-1);
  }

  @Test
  void aLimitIsCutToWhatIsConfigured() {
    ErrorClassifier errors =
        new ErrorClassifier(
            new BackendOptions(), Clock.fixed(Errors.NOW, ZoneOffset.UTC), Duration.ofHours(1));
    MultiMap day = MultiMap.caseInsensitiveMultiMap().add("retry-after", "86400");
    for (int status : new int[] {429, 402}) {
      assertThat(errors.http(status, day, Buffer.buffer("{}")).retryAfterMs())
          .isEqualTo(Duration.ofHours(1).toMillis());
    }
    MultiMap minute = MultiMap.caseInsensitiveMultiMap().add("retry-after", "60");
    assertThat(errors.http(429, minute, Buffer.buffer("{}")).retryAfterMs()).isEqualTo(60_000);
    assertThat(waited(429, Map.of("retry-after", "86400"))).isEqualTo(86_400_000);
  }

  @Test
  void timesWithoutEndCostNothing() {
    String many = "1s".repeat(4_000);
    assertThat(waited(429, Map.of("retry-after", many))).isEqualTo(-1);
    String text = "try again in " + "1s ".repeat(100_000);
    assertThat(Errors.http(null, 429, Errors.error(text, "x", "null")).retryAfterMs()).isPositive();
  }

  private static long waited(int status, Map<String, String> headers) {
    return Errors.http(null, status, headers, "{}").retryAfterMs();
  }
}
