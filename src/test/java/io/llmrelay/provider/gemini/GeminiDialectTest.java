package io.llmrelay.provider.gemini;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.chat.BlockKind;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.TokenUsage;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.provider.Dialect;
import io.llmrelay.provider.Reading;
import io.llmrelay.provider.Rig;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GeminiDialectTest {
  private static final Dialect GEMINI = new GeminiDialect();

  private static final String THOUGHTS_AND_TEXT =
      chunk("{\"text\": \"Let me see\", \"thought\": true}", "", "")
          + chunk("{\"text\": \"Gr\u00fc\"}, {\"text\": \"\u00dfe \ud83d\ude00\"}", "", "")
          + chunk(
              "{\"text\": \"\", \"thoughtSignature\": \"x\"}",
              "STOP",
              "\"promptTokenCount\": 7, \"candidatesTokenCount\": 5, \"thoughtsTokenCount\": 20,"
                  + " \"cachedContentTokenCount\": 4, \"totalTokenCount\": 32");

  private static String chunk(String parts, String finish, String usage) {
    String reason = finish.isEmpty() ? "" : ", \"finishReason\": \"" + finish + "\"";
    return ("data: {\"candidates\": [{\"content\": {\"parts\": [%s], \"role\": \"model\"}%s}],"
            + " \"usageMetadata\": {%s}, \"modelVersion\": \"gemini-x\"}\r\n\r\n")
        .formatted(parts, reason, usage);
  }

  private static String text(String text, String finish) {
    return chunk("{\"text\": \"" + text + "\"}", finish, "\"promptTokenCount\": 1");
  }

  private static BackendOptions at(String url) {
    return Rig.options("gemini", null).setBaseUrl(url);
  }

  @Test
  void readsTextApartFromThoughtsWhereverItIsCut() {
    Buffer body = Buffer.buffer(THOUGHTS_AND_TEXT);
    for (int at = 0; at <= body.length(); at++) {
      Reading reading = Reading.cut("gemini", body, at);
      assertThat(reading.finish()).isEqualTo("stop");
      assertThat(reading.text()).isEqualTo("Gr\u00fc\u00dfe \ud83d\ude00");
      assertThat(reading.text(BlockKind.REASONING)).isEqualTo("Let me see");
      assertThat(reading.result().getString("model")).isEqualTo("gemini-x");
      assertThat(reading.usage())
          .isEqualTo(new TokenUsage(7, 25, 4, 0, 20, TokenUsage.Source.PROVIDER));
    }
  }

  @Test
  void whatToolsBroughtIntoThePromptIsInput() {
    Reading reading =
        Reading.of(
            "gemini",
            text("Hi", "")
                + chunk(
                    "",
                    "STOP",
                    "\"promptTokenCount\": 7, \"toolUsePromptTokenCount\": 30,"
                        + " \"candidatesTokenCount\": 5, \"totalTokenCount\": 42"));
    assertThat(reading.usage())
        .isEqualTo(new TokenUsage(37, 5, 0, 0, 0, TokenUsage.Source.PROVIDER));
  }

  @Test
  void aFinishReasonIsNotTheEndAndTheLastOneCounts() {
    Reading reading = new Reading("gemini").more(text("The answer ", "STOP"));
    assertThat(reading.over()).isFalse();
    reading.more(text("is cut", "MAX_TOKENS")).end();
    assertThat(reading.text()).isEqualTo("The answer is cut");
    assertThat(reading.finish()).isEqualTo("length");
  }

  @Test
  void aLostConnectionIsAFailureEvenAfterAFinishReason() {
    Reading reading = new Reading("gemini").more(text("Hel", "STOP")).lost();
    assertThat(reading.failure().kind()).isEqualTo(FailureKind.NETWORK);
  }

  @Test
  void anEndWithoutFinishReasonIsAFailure() {
    assertThat(Reading.of("gemini", text("Hel", "")).failure().kind())
        .isEqualTo(FailureKind.NETWORK);
  }

  @ParameterizedTest
  @CsvSource({
    "STOP, stop",
    "MAX_TOKENS, length",
    "SAFETY, content_filter",
    "RECITATION, content_filter",
    "PROHIBITED_CONTENT, content_filter",
    "IMAGE_SAFETY, content_filter",
    "MODEL_ARMOR, content_filter"
  })
  void finishReasons(String theirs, String ours) {
    assertThat(Reading.of("gemini", text("Hi", theirs)).finish()).isEqualTo(ours);
  }

  @ParameterizedTest
  @ValueSource(strings = {"OTHER", "LANGUAGE", "MISSING_THOUGHT_SIGNATURE", "INVENTED_TOMORROW"})
  void otherFinishReasonsAreFailures(String reason) {
    Reading reading = Reading.of("gemini", text("Hi", reason));
    assertThat(reading.failure().kind()).isEqualTo(FailureKind.SERVER_ERROR);
    assertThat(reading.failure().message()).contains(reason);
  }

  @Test
  void aBlockedPromptIsAContentFilter() {
    Reading reading =
        Reading.of(
            "gemini",
            "data: {\"promptFeedback\": {\"blockReason\": \"PROHIBITED_CONTENT\"},"
                + " \"usageMetadata\": {\"promptTokenCount\": 9}}\r\n\r\n");
    assertThat(reading.finish()).isEqualTo("content_filter");
    assertThat(reading.usage().inputTokens()).isEqualTo(9);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "data: "})
  void anErrorInTheStream(String prefix) {
    Reading reading =
        Reading.of(
            "gemini",
            text("Hel", "")
                + prefix
                + "{\"error\": {\"code\": 503, \"message\": \"The model is overloaded\","
                + " \"status\": \"UNAVAILABLE\"}}\r\n\r\n");
    assertThat(reading.text()).isEqualTo("Hel");
    assertThat(reading.failure().kind()).isEqualTo(FailureKind.OVERLOADED);
    assertThat(reading.failure().status()).isEqualTo(503);
  }

  private static String error(int code, String message, String status, String details) {
    return "{\"error\":{\"code\":%d,\"message\":\"%s\",\"status\":\"%s\",\"details\":[%s]}}"
        .formatted(code, message, status, details);
  }

  private static String quotas(String... ids) {
    return "{\"@type\":\"type.googleapis.com/google.rpc.QuotaFailure\",\"violations\":["
        + Stream.of(ids).map(id -> "{\"quotaId\":\"" + id + "\"}").collect(Collectors.joining(","))
        + "]},{\"@type\":\"type.googleapis.com/google.rpc.RetryInfo\",\"retryDelay\":\"48s\"}";
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Function calling with a response mime type: 'application/json' is unsupported",
        "Tool use with function calling is unsupported",
        "Unable to submit request because `function_response.parts` is not supported for this model",
        "Function call is missing a thought_signature in functionCall parts.",
        "Invalid JSON payload received. Unknown name 'id' at 'contents[1]': Cannot find field."
      })
  void whatAnotherBackendMayTakeIsUnsupported(String message) {
    Failure failure =
        Reading.error("gemini", 400, Map.of(), error(400, message, "INVALID_ARGUMENT", ""));
    assertThat(failure.kind()).isEqualTo(FailureKind.UNSUPPORTED);
  }

  @Test
  void aLimitPerMinuteSaysWhenToComeBack() {
    Failure failure =
        Reading.error(
            "gemini",
            429,
            Map.of(),
            error(429, "quota", "RESOURCE_EXHAUSTED", quotas("RequestsPerMinutePerModel")));
    assertThat(failure.kind()).isEqualTo(FailureKind.RATE_LIMITED);
    assertThat(failure.retryAfterMs()).isEqualTo(48_000);
  }

  @Test
  void aLimitPerDayHoldsUntilMidnightAtTheProvidersPlace() {
    Failure failure =
        Reading.error(
            "gemini",
            429,
            Map.of(),
            error(
                429,
                "quota",
                "RESOURCE_EXHAUSTED",
                quotas("RequestsPerMinutePerModel", "RequestsPerDayPerModel-FreeTier")));
    assertThat(failure.kind()).isEqualTo(FailureKind.QUOTA_EXHAUSTED);
    Instant midnight = Instant.parse("2026-01-21T08:00:00Z");
    assertThat(failure.retryAfterMs())
        .isEqualTo(Duration.between(Reading.NOW, midnight).toMillis());
  }

  @Test
  void aWholeAnswer() {
    Reading reading =
        Reading.of(
            "gemini",
            "{\"candidates\": [{\"content\": {\"parts\": [{\"text\": \"Hi\"}]},"
                + " \"finishReason\": \"STOP\"}], \"usageMetadata\": {\"promptTokenCount\": 3,"
                + " \"candidatesTokenCount\": 1}}");
    assertThat(reading.text()).isEqualTo("Hi");
    assertThat(reading.finish()).isEqualTo("stop");
    assertThat(reading.usage().totalTokens()).isEqualTo(4);
  }

  @Test
  void theModelIsPartOfThePathAndTheKeyIsNot() {
    assertThat(GEMINI.chatPath("gemini-x", at("https://example.com")))
        .isEqualTo("/v1beta/models/gemini-x:streamGenerateContent?alt=sse");
    assertThat(GEMINI.chatPath("tunedModels/t", at("https://example.com/v1beta/")))
        .isEqualTo("/tunedModels/t:streamGenerateContent?alt=sse");
    assertThat(GEMINI.chatPath("a?b#c/../d", at("https://example.com/v1")))
        .isEqualTo("/a%3Fb%23c/%252E%252E/d:streamGenerateContent?alt=sse");
    assertThat(GEMINI.headers(at("https://example.com")))
        .containsExactly(Map.entry("x-goog-api-key", Rig.SECRET));
  }

  @Test
  void listsModelsThatChat() {
    assertThat(
            GEMINI.models(
                new JsonObject(
                    """
                    {"models": [
                      {"name": "models/a", "supportedGenerationMethods": ["generateContent"]},
                      {"name": "models/b", "supportedGenerationMethods": ["embedContent"]}, 1]}
                    """)))
        .containsExactly("a");
  }
}
