package io.llmrelay.provider;

import static io.llmrelay.chat.FailureKind.AUTHENTICATION;
import static io.llmrelay.chat.FailureKind.CONTENT_FILTER;
import static io.llmrelay.chat.FailureKind.CONTEXT_LENGTH;
import static io.llmrelay.chat.FailureKind.INVALID_REQUEST;
import static io.llmrelay.chat.FailureKind.MODEL_NOT_FOUND;
import static io.llmrelay.chat.FailureKind.OVERLOADED;
import static io.llmrelay.chat.FailureKind.PERMISSION;
import static io.llmrelay.chat.FailureKind.QUOTA_EXHAUSTED;
import static io.llmrelay.chat.FailureKind.RATE_LIMITED;
import static io.llmrelay.chat.FailureKind.SERVER_ERROR;
import static io.llmrelay.chat.FailureKind.TIMEOUT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.config.BackendOptions;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class ErrorClassifierTest {
  private static final Instant NOW = Instant.parse("2026-01-20T09:49:00Z");

  private static ErrorClassifier classifier(String provider) {
    return new ErrorClassifier(
        new BackendOptions().setProvider(provider).setApiKey(Rig.SECRET),
        Clock.fixed(NOW, ZoneOffset.UTC));
  }

  private static Failure http(
      String provider, int status, Map<String, String> headers, String body) {
    return classifier(provider)
        .http(status, MultiMap.caseInsensitiveMultiMap().addAll(headers), Buffer.buffer(body));
  }

  private static Failure http(String provider, int status, String body) {
    return http(provider, status, Map.of(), body);
  }

  private static Failure inStream(String body) {
    byte[] bytes = Buffer.buffer(body).getBytes();
    return classifier(null).inStream(bytes, 0, bytes.length);
  }

  /** {@code {"error":{"message","type","code"}}} */
  private static String error(String message, String type, String code) {
    return "{\"error\":{\"message\":\"%s\",\"type\":\"%s\",\"code\":%s}}"
        .formatted(message, type, code);
  }

  private static String flat(String message, String type, String code) {
    return "{\"message\":\"%s\",\"type\":\"%s\",\"param\":null,\"code\":\"%s\"}"
        .formatted(message, type, code);
  }

  private static String anthropic(String type, String message) {
    return "{\"type\":\"error\",\"error\":{\"type\":\"%s\",\"message\":\"%s\"},\"request_id\":null}"
        .formatted(type, message);
  }

  private static String cloudflare(int code, String message) {
    return "{\"success\":false,\"errors\":[{\"code\":%d,\"message\":\"%s\"}],\"result\":null}"
        .formatted(code, message);
  }

  private static String openRouter(int code, String message, String metadata) {
    return "{\"error\":{\"code\":%d,\"message\":\"%s\",\"metadata\":%s}}"
        .formatted(code, message, metadata);
  }

  private static String gemini(int code, String message, String status, String details) {
    return "{\"error\":{\"code\":%d,\"message\":\"%s\",\"status\":\"%s\",\"details\":%s}}"
        .formatted(code, message, status, details);
  }

  static Stream<Arguments> table() {
    String invalid = "invalid_request_error";
    return Stream.of(
        // OpenAI
        arguments("openai", 401, error("no", invalid, "\"invalid_api_key\""), AUTHENTICATION),
        arguments("openai", 403, error("Country not supported", invalid, "null"), PERMISSION),
        arguments("openai", 404, error("no", invalid, "\"model_not_found\""), MODEL_NOT_FOUND),
        arguments(
            "openai", 404, error("This is not a chat model", invalid, "null"), MODEL_NOT_FOUND),
        arguments(
            "openai", 400, error("x", invalid, "\"context_length_exceeded\""), CONTEXT_LENGTH),
        arguments(
            "openai",
            400,
            error("This model's maximum context length is 8 tokens.", invalid, "null"),
            CONTEXT_LENGTH),
        arguments(
            "openai",
            400,
            error("Unsupported parameter: 'max_tokens'", invalid, "\"unsupported_parameter\""),
            INVALID_REQUEST),
        arguments(
            "openai", 400, error("x", invalid, "\"decimal_above_max_value\""), INVALID_REQUEST),
        arguments(
            "openai", 400, error("x", invalid, "\"content_policy_violation\""), CONTENT_FILTER),
        arguments(
            "openai",
            429,
            error(
                "You exceeded your current quota", "insufficient_quota", "\"insufficient_quota\""),
            QUOTA_EXHAUSTED),
        arguments(
            "openai",
            429,
            error("x", "insufficient_quota", "\"project_spend_limit_exceeded\""),
            QUOTA_EXHAUSTED),
        arguments(
            "openai",
            429,
            error("x", "y", "\"organization_usage_limit_exceeded\""),
            QUOTA_EXHAUSTED),
        arguments(
            "openai",
            429,
            error("Rate limit reached for gpt", "tokens", "\"rate_limit_exceeded\""),
            RATE_LIMITED),
        arguments("openai", 429, error("Slow down", "requests", "\"slow_down\""), OVERLOADED),
        arguments(
            "openai",
            429,
            error(
                "Request too large for gpt: Limit 30000, Requested 40000",
                "tokens",
                "\"rate_limit_exceeded\""),
            CONTEXT_LENGTH),
        arguments("openai", 500, error("x", "server_error", "null"), SERVER_ERROR),
        arguments(
            "openai",
            503,
            error("x", "service_unavailable_error", "\"server_is_overloaded\""),
            OVERLOADED),
        // Anthropic
        arguments(
            "anthropic",
            401,
            anthropic("authentication_error", "invalid x-api-key"),
            AUTHENTICATION),
        arguments("anthropic", 403, anthropic("permission_error", "no"), PERMISSION),
        arguments("anthropic", 404, anthropic("not_found_error", "model: x"), MODEL_NOT_FOUND),
        arguments(
            "anthropic",
            400,
            anthropic(invalid, "prompt is too long: 3 tokens > 2 maximum"),
            CONTEXT_LENGTH),
        arguments(
            "anthropic",
            400,
            anthropic(invalid, "Your credit balance is too low to access"),
            QUOTA_EXHAUSTED),
        arguments(
            "anthropic",
            400,
            anthropic(invalid, "You have reached your specified workspace API usage limits."),
            QUOTA_EXHAUSTED),
        arguments(
            "anthropic", 400, anthropic(invalid, "max_tokens: field required"), INVALID_REQUEST),
        arguments("anthropic", 402, anthropic("billing_error", "x"), QUOTA_EXHAUSTED),
        arguments("anthropic", 413, anthropic("request_too_large", "x"), CONTEXT_LENGTH),
        arguments(
            "anthropic",
            429,
            anthropic(
                "rate_limit_error",
                "your organization's rate limit of 50,000 input tokens per minute"),
            RATE_LIMITED),
        arguments("anthropic", 500, anthropic("api_error", "Internal server error"), SERVER_ERROR),
        arguments("anthropic", 504, anthropic("timeout_error", "x"), TIMEOUT),
        arguments("anthropic", 529, anthropic("overloaded_error", "Overloaded"), OVERLOADED),
        // Groq
        arguments(
            "groq",
            400,
            error("Failed to call a function", invalid, "\"tool_use_failed\""),
            INVALID_REQUEST),
        arguments(
            "groq",
            413,
            error(
                "Request too large for model `m` on tokens per minute (TPM): Limit 8000",
                "tokens",
                "\"rate_limit_exceeded\""),
            CONTEXT_LENGTH),
        arguments(
            "groq",
            429,
            error(
                "Rate limit reached on tokens per minute (TPM)",
                "tokens",
                "\"rate_limit_exceeded\""),
            RATE_LIMITED),
        arguments(
            "groq",
            429,
            error(
                "Rate limit reached on tokens per day (TPD)", "tokens", "\"rate_limit_exceeded\""),
            RATE_LIMITED),
        arguments("groq", 498, error("flex tier capacity exceeded", "x", "null"), OVERLOADED),
        // Cerebras
        arguments(
            "cerebras",
            429,
            flat(
                "Requests per minute limit exceeded",
                "too_many_requests_error",
                "request_quota_exceeded"),
            RATE_LIMITED),
        arguments(
            "cerebras",
            429,
            flat("Tokens per day limit exceeded", "too_many_tokens_error", "token_quota_exceeded"),
            QUOTA_EXHAUSTED),
        arguments(
            "cerebras",
            429,
            flat("We're experiencing high traffic", "too_many_requests_error", "queue_exceeded"),
            OVERLOADED),
        arguments(
            "cerebras",
            402,
            flat("Payment required", "payment_required_error", "x"),
            QUOTA_EXHAUSTED),
        arguments(
            "cerebras",
            404,
            flat("Model foo does not exist", "not_found_error", "model_not_found"),
            MODEL_NOT_FOUND),
        // NVIDIA
        arguments("nvidia", 401, "{\"status\":401,\"title\":\"Unauthorized\"}", AUTHENTICATION),
        arguments(
            "nvidia",
            403,
            "{\"status\":403,\"title\":\"Forbidden\",\"detail\":\"Authorization failed\"}",
            AUTHENTICATION),
        arguments("nvidia", 402, "{\"detail\":\"credits\"}", QUOTA_EXHAUSTED),
        arguments("nvidia", 404, "404 page not found", MODEL_NOT_FOUND),
        arguments("nvidia", 410, "{\"status\":410,\"title\":\"Gone\"}", MODEL_NOT_FOUND),
        arguments(
            "nvidia",
            400,
            "{\"detail\":\"Function id 'x': DEGRADED function cannot be invoked\"}",
            OVERLOADED),
        arguments("nvidia", 202, "", OVERLOADED),
        arguments(
            "nvidia",
            422,
            "{\"detail\":[{\"loc\":[\"body\"],\"msg\":\"field required\"}]}",
            INVALID_REQUEST),
        arguments("nvidia", 429, "{\"status\":429,\"title\":\"Too Many Requests\"}", RATE_LIMITED),
        // Cloudflare
        arguments("cloudflare", 403, cloudflare(10000, "Authentication error"), AUTHENTICATION),
        arguments("cloudflare", 403, cloudflare(5018, "no access"), PERMISSION),
        arguments(
            "cloudflare", 400, cloudflare(5007, "No such model @cf/x or task"), MODEL_NOT_FOUND),
        arguments("cloudflare", 400, cloudflare(5004, "bad input"), INVALID_REQUEST),
        arguments("cloudflare", 429, cloudflare(3036, "used up"), QUOTA_EXHAUSTED),
        arguments("cloudflare", 429, cloudflare(3040, "busy"), OVERLOADED),
        arguments("cloudflare", 429, cloudflare(971, "slow"), RATE_LIMITED),
        arguments("cloudflare", 408, cloudflare(3007, "x"), TIMEOUT),
        arguments("openai", 429, cloudflare(3040, "numbers are each vendor's own"), RATE_LIMITED),
        // Gemini
        arguments(
            null,
            400,
            gemini(400, "API key expired. Please renew.", "INVALID_ARGUMENT", "[]"),
            AUTHENTICATION),
        arguments(
            null,
            400,
            gemini(
                400,
                "The input token count (9) exceeds the maximum number of tokens allowed (8).",
                "INVALID_ARGUMENT",
                "[]"),
            CONTEXT_LENGTH),
        arguments(
            null, 400, gemini(400, "not in your region", "FAILED_PRECONDITION", "[]"), PERMISSION),
        arguments(
            null,
            402,
            gemini(402, "Your prepayment credits are depleted.", "RESOURCE_EXHAUSTED", "[]"),
            QUOTA_EXHAUSTED),
        arguments(
            null,
            429,
            gemini(
                429,
                "quota",
                "RESOURCE_EXHAUSTED",
                "[{\"violations\":[{\"quotaId\":\"RequestsPerDayPerModel\"}]}]"),
            QUOTA_EXHAUSTED),
        arguments(
            null,
            429,
            gemini(
                429,
                "quota",
                "RESOURCE_EXHAUSTED",
                "[{\"violations\":[{\"quotaId\":\"RequestsPerMinute\"}]}]"),
            RATE_LIMITED),
        arguments(
            null, 503, gemini(503, "The model is overloaded.", "UNAVAILABLE", "[]"), OVERLOADED),
        arguments(null, 504, gemini(504, "x", "DEADLINE_EXCEEDED", "[]"), TIMEOUT),
        // Mistral, DeepSeek, OpenRouter, Azure, Bedrock, Ollama, llama.cpp, xAI, Cohere
        arguments(
            "mistral", 400, flat("Invalid model: x", "invalid_model", "1500"), MODEL_NOT_FOUND),
        arguments(
            "mistral", 429, flat("Rate limit exceeded", "rate_limited", "1300"), RATE_LIMITED),
        arguments(
            "mistral",
            429,
            flat("Service tier capacity exceeded for this model.", invalid, "x"),
            OVERLOADED),
        arguments(
            "mistral",
            422,
            "{\"detail\":[{\"msg\":\"Extra inputs are not permitted\"}]}",
            INVALID_REQUEST),
        arguments(
            "deepseek",
            401,
            error("Authentication Fails", "authentication_error", "\"invalid_request_error\""),
            AUTHENTICATION),
        arguments(
            "deepseek",
            400,
            error(
                "The supported API model names are a, b, but you passed c.",
                invalid,
                "\"invalid_request_error\""),
            MODEL_NOT_FOUND),
        arguments(
            "deepseek",
            402,
            error("Insufficient Balance", "unknown_error", "\"invalid_request_error\""),
            QUOTA_EXHAUSTED),
        arguments(
            "openrouter", 402, openRouter(402, "Insufficient credits", "null"), QUOTA_EXHAUSTED),
        arguments(
            "openrouter",
            402,
            openRouter(402, "busy", "{\"error_type\":\"in_flight_budget_exhausted\"}"),
            RATE_LIMITED),
        arguments(
            "openrouter",
            403,
            openRouter(403, "flagged", "{\"reasons\":[\"violence\"]}"),
            CONTENT_FILTER),
        arguments(
            "openrouter",
            403,
            openRouter(403, "limit", "{\"limit_source\":\"key_limit\"}"),
            QUOTA_EXHAUSTED),
        arguments(
            "openrouter",
            404,
            openRouter(404, "No endpoints found that support tool use", "{}"),
            MODEL_NOT_FOUND),
        arguments(
            "openrouter", 400, openRouter(400, "x is not a valid model ID", "{}"), MODEL_NOT_FOUND),
        arguments(
            "openrouter",
            400,
            openRouter(
                400,
                "Provider returned error",
                "{\"raw\":\"{\\\"error\\\":\\\"prompt is too long\\\"}\"}"),
            CONTEXT_LENGTH),
        arguments(
            "openrouter",
            502,
            openRouter(502, "Provider returned error", "{\"error_type\":\"provider_overloaded\"}"),
            OVERLOADED),
        arguments("azure", 404, error("x", "y", "\"DeploymentNotFound\""), MODEL_NOT_FOUND),
        arguments(
            "azure",
            400,
            "{\"error\":{\"code\":\"x\",\"innererror\":{\"code\":\"ResponsibleAIPolicyViolation\"}}}",
            CONTENT_FILTER),
        arguments("azure", 429, error("x", "y", "\"RateLimitReached\""), RATE_LIMITED),
        arguments(null, 404, "{\"error\":\"model 'x' not found\"}", MODEL_NOT_FOUND),
        arguments(
            null,
            503,
            "{\"error\":\"server busy, please try again.  maximum pending requests exceeded\"}",
            OVERLOADED),
        arguments(null, 401, error("Unauthorized", "api_error", "null"), AUTHENTICATION),
        arguments(
            null,
            400,
            error("request (9 tokens) exceeds the available context size (8 tokens)", "x", "400"),
            CONTEXT_LENGTH),
        arguments(null, 501, error("x", "not_supported_error", "501"), SERVER_ERROR),
        arguments(
            "xai",
            400,
            "{\"code\":\"invalid-argument\",\"error\":\"Incorrect API key provided.\"}",
            AUTHENTICATION),
        arguments(
            "xai",
            400,
            "{\"code\":\"x\",\"error\":\"The model grok-9 does not exist or your team has no access\"}",
            MODEL_NOT_FOUND),
        arguments(
            null, 400, "{\"message\":\"x\",\"error_type\":\"TOO_MANY_TOKENS\"}", CONTEXT_LENGTH),
        // Anybody
        arguments(null, 400, "", INVALID_REQUEST),
        arguments(
            null,
            400,
            error("Invalid token in the limit of your quota", "x", "null"),
            INVALID_REQUEST),
        arguments(null, 408, "", TIMEOUT),
        arguments(null, 409, "", SERVER_ERROR),
        arguments(null, 413, "", CONTEXT_LENGTH),
        arguments(null, 429, "<html>slow</html>", RATE_LIMITED),
        arguments(null, 500, "", SERVER_ERROR),
        arguments(null, 502, "<html>Bad Gateway</html>", SERVER_ERROR),
        arguments(null, 503, "", OVERLOADED),
        arguments(null, 504, "", TIMEOUT),
        arguments(null, 524, "", SERVER_ERROR),
        arguments(null, 302, "", SERVER_ERROR),
        arguments(null, 405, "", SERVER_ERROR));
  }

  @ParameterizedTest
  @MethodSource("table")
  void httpErrors(String provider, int status, String body, FailureKind kind) {
    Failure failure = http(provider, status, body);
    assertThat(failure.kind()).isEqualTo(kind);
    assertThat(failure.status()).isEqualTo(status);
  }

  @Test
  void anAmazonHeaderNamesTheError() {
    Map<String, String> type =
        Map.of("x-amzn-errortype", "UnrecognizedClientException:http://internal.amazon.com/");
    assertThat(http(null, 403, type, "{}").kind()).isEqualTo(AUTHENTICATION);
  }

  @Test
  void paymentRequiredThatSaysWhenToComeBackIsTemporary() {
    Map<String, String> wait = Map.of("Retry-After", "3");
    assertThat(http("openrouter", 402, wait, "{}").kind()).isEqualTo(RATE_LIMITED);
    assertThat(http("openrouter", 402, wait, "{}").retryAfterMs()).isEqualTo(3000);
  }

  static Stream<Arguments> inStream() {
    return Stream.of(
        arguments(
            "{\"error\":{\"message\":\"x\",\"code\":\"tool_use_failed\",\"status_code\":400}}",
            INVALID_REQUEST,
            400),
        arguments(
            "{\"error\":{\"message\":\"x\",\"code\":\"y\"},\"status_code\":429}",
            RATE_LIMITED,
            429),
        arguments(
            "{\"error\":{\"code\":502,\"metadata\":{\"error_type\":\"provider_unavailable\"}}}",
            SERVER_ERROR,
            502),
        arguments(
            "{\"error\":{\"code\":400,\"message\":\"maximum context length\"}}",
            CONTEXT_LENGTH,
            400),
        arguments("{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\"}}", OVERLOADED, 0),
        arguments(
            "{\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\"}}",
            INVALID_REQUEST,
            0),
        arguments("{\"type\":\"error\",\"error\":{\"type\":\"api_error\"}}", SERVER_ERROR, 0),
        arguments("{\"error\":{\"code\":\"rate_limit_exceeded\"}}", RATE_LIMITED, 0),
        arguments("{\"error\":{\"code\":\"insufficient_quota\"}}", QUOTA_EXHAUSTED, 0),
        arguments("{\"error\":\"unexpected EOF\"}", SERVER_ERROR, 0),
        arguments("[{\"error\":{\"code\":503,\"status\":\"UNAVAILABLE\"}}]", OVERLOADED, 503),
        arguments("the model went away", SERVER_ERROR, 0));
  }

  @ParameterizedTest
  @MethodSource
  void inStream(String body, FailureKind kind, int status) {
    Failure failure = inStream(body);
    assertThat(failure.kind()).isEqualTo(kind);
    assertThat(failure.status()).isEqualTo(status);
  }

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
    Failure failure = classifier(null).http(429, map, Buffer.buffer("{}"));
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
    assertThat(http(null, 429, error(words, "x", "null")).retryAfterMs()).isEqualTo(ms);
    assertThat(inStream("{\"error\":{\"code\":429,\"message\":\"" + words + "\"}}").retryAfterMs())
        .isEqualTo(ms);
  }

  @Test
  void waitsFromDetailsAndCalendars() {
    String retryInfo = "[{\"@type\":\"x/google.rpc.RetryInfo\",\"retryDelay\":\"34.4s\"}]";
    assertThat(http(null, 429, gemini(429, "x", "y", retryInfo)).retryAfterMs()).isEqualTo(34_400);
    assertThat(http("cloudflare", 429, cloudflare(4006, "x")).retryAfterMs())
        .isEqualTo(14 * 3_600_000 + 11 * 60_000);
    assertThat(
            http(null, 429, gemini(429, "x", "y", "[{\"violations\":[{\"quotaId\":\"PerDay\"}]}]"))
                .retryAfterMs())
        .isEqualTo(22 * 3_600_000 + 11 * 60_000);
    String spent =
        "{\"error\":{\"type\":\"rate_limit_error\",\"details\":{\"error_code\":\"enforced_spend_limit_reached\"}}}";
    assertThat(http("anthropic", 429, spent).retryAfterMs())
        .isEqualTo(
            NOW.until(Instant.parse("2026-02-01T00:00:00Z"), java.time.temporal.ChronoUnit.MILLIS));
    assertThat(
            http(
                    "openrouter",
                    403,
                    openRouter(
                        403,
                        "x",
                        "{\"limit_source\":\"key\",\"resets_at\":\"2026-01-20T10:00:00Z\"}"))
                .retryAfterMs())
        .isEqualTo(11 * 60_000);
  }

  @Test
  void aRefusedRequestIsNotToBeSentAgainLater() {
    assertThat(http(null, 400, Map.of("retry-after", "5"), "{}").retryAfterMs()).isEqualTo(-1);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {"error":{"message":"from error"}}            | from error
          {"error":"a string"}                          | a string
          {"message":"at the top"}                      | at the top
          {"detail":"in detail"}                        | in detail
          {"detail":[{"msg":"in a list"}]}              | in a list
          {"errors":[{"message":"first"}]}              | first
          {"title":"Only a title"}                      | Only a title
          [{"error":{"message":"in an array"}}]         | in an array
          {"error":{"message":"first value"}} and more  | first value
          no JSON at all                                | no JSON at all
          """)
  void findsTheMessage(String body, String message) {
    assertThat(http(null, 500, body).message()).isEqualTo("HTTP 500: " + message);
  }

  @Test
  void saysNothingOfAPage() {
    assertThat(http(null, 502, "<html><body>Bad Gateway</body></html>").message())
        .isEqualTo("HTTP 502");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {"error":{"code":"a","type":"b"}}                                    | a
          {"error":{"code":429,"type":"b"}}                                    | b
          {"error":{"code":429}}                                               | 429
          {"error":{"type":"overloaded_error"},"type":"error"}                 | overloaded_error
          {"errors":[{"code":4006}]}                                           | 4006
          {"error":{"code":502,"metadata":{"error_type":"provider_unavailable"}}} | provider_unavailable
          """)
  void findsTheCode(String body, String code) {
    assertThat(http(null, 500, body).providerCode()).isEqualTo(code);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          Incorrect API key provided: sk-ab***yz. Find it   | sk-ab
          Incorrect API key provided: abcdef. Find it       | abcdef
          Invalid bearer ABCDEFGH12345678                   | ABCDEFGH
          key nvapi-abcdefgh is bad                         | nvapi-a
          gsk_abcdefghijkl is bad                           | gsk_a
          AIzaSyAbCdEfGhIjKlMn is bad                       | AIza
          the token eyJhbGciOi.eyJzdWIiOi.abc is bad        | eyJ
          your key sk-test-0123456789abcdef failed          | 0123456789abcdef
          GET /x?key=abcdefg failed                         | abcdefg
          0123456789012345678901234567890123456789 is it    | 0123456789
          """)
  void masksWhatLooksLikeAKey(String message, String secret) {
    Failure failure = http(null, 401, error(message, "x", "\"" + message + "\""));
    assertThat(failure.toJson().encode()).contains("***").doesNotContain(secret);
  }

  @Test
  void masksTheKeyOfAHeader() {
    ErrorClassifier errors =
        new ErrorClassifier(
            new BackendOptions().setHeaders(Map.of("api-key", "plainword", "x-team", "rockets")),
            Clock.systemUTC());
    Failure failure =
        errors.http(
            401, MultiMap.caseInsensitiveMultiMap(), Buffer.buffer("no plainword for rockets"));
    assertThat(failure.message()).isEqualTo("HTTP 401: no *** for rockets");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          Missing Authentication header
          Invalid API Key
          Use basic authentication or a bearer token
          The model `meta/llama-3.3-70b-instruct` does not exist
          Function 'c0ffee00-0000-0000-0000-000000000000': Not found
          """)
  void leavesOrdinaryWordsAlone(String message) {
    assertThat(http(null, 401, error(message, "x", "null")).message())
        .isEqualTo("HTTP 401: " + message);
  }

  @Test
  void keepsWordsShortAndOnOneLine() {
    assertThat(http(null, 500, error("a\\r\\n\\tb\\u0000\\u2028c", "x", "null")).message())
        .isEqualTo("HTTP 500: a b c");
    String message = http(null, 500, error("long ".repeat(200), "x", "null")).message();
    assertThat(message).hasSize("HTTP 500: ".length() + Secrets.MAX_TEXT).endsWith("…");
  }
}
