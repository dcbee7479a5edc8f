package io.llmrelay.provider.cloudflare;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.chat.BlockKind;
import io.llmrelay.chat.ChatMessage;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.TokenUsage;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.provider.Dialect;
import io.llmrelay.provider.Reading;
import io.llmrelay.provider.Rig;
import io.llmrelay.provider.Sse;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CloudflareDialectTest {
  private static final Dialect CLOUDFLARE = new CloudflareDialect();
  private static final String ACCOUNT = "https://api.cloudflare.com/client/v4/accounts/abc123";

  private static String chunk(String response) {
    return Sse.data("{\"response\":" + response + ",\"p\":\"abcdef\"}");
  }

  private static String usage(int prompt, int completion) {
    return Sse.data(
        "{\"response\":\"\",\"usage\":{\"prompt_tokens\":%d,\"completion_tokens\":%d}}"
            .formatted(prompt, completion));
  }

  private static BackendOptions at(String url) {
    return Rig.options("cloudflare", null).setBaseUrl(url);
  }

  @Test
  void readsChunksWhereverTheyAreCut() {
    Buffer body =
        Buffer.buffer(
            chunk("null")
                + chunk("\"Gr\u00fc\u00dfe \"")
                + chunk("4")
                + chunk("\" \ud83d\ude00\"")
                + usage(20, 3)
                + Sse.DONE);
    for (int at = 0; at <= body.length(); at++) {
      Reading reading = Reading.cut("cloudflare", body, at);
      assertThat(reading.finish()).isEqualTo("stop");
      assertThat(reading.text()).isEqualTo("Gr\u00fc\u00dfe 4 \ud83d\ude00");
      assertThat(reading.usage())
          .isEqualTo(new TokenUsage(20, 3, 0, 0, 0, TokenUsage.Source.PROVIDER));
    }
  }

  @Test
  void anEndWithoutItsMarkerIsAFailure() {
    Reading reading = Reading.of("cloudflare", chunk("\"Hel\"") + usage(20, 3));
    assertThat(reading.text()).isEqualTo("Hel");
    assertThat(reading.failure().kind()).isEqualTo(FailureKind.NETWORK);
  }

  @Test
  void anAnswerThatReachedTheLimitIsCut() {
    assertThat(Reading.of("cloudflare", chunk("\"a\"") + usage(9, 2047) + Sse.DONE).finish())
        .isEqualTo("stop");
    assertThat(Reading.of("cloudflare", chunk("\"a\"") + usage(9, 2048) + Sse.DONE).finish())
        .isEqualTo("length");
  }

  @Test
  void readsChoicesAsOpenAiWritesThem() {
    Reading reading =
        Reading.of(
            "cloudflare", Sse.reasoning("Hm") + Sse.text("Hi") + Sse.finish("length") + Sse.DONE);
    assertThat(reading.text()).isEqualTo("Hi");
    assertThat(reading.text(BlockKind.REASONING)).isEqualTo("Hm");
    assertThat(reading.finish()).isEqualTo("length");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {"name":"f","arguments":{}} | tool_calls
          {"id":"1","function":{"name":"f","arguments":""}} | tool_calls
          {"id":null,"function":{"name":null,"arguments":""}} | stop
          """)
  void aCallIsOneIfItHasAName(String call, String finish) {
    Reading reading =
        Reading.of(
            "cloudflare", chunk("\"a\"") + Sse.data("{\"tool_calls\":[" + call + "]}") + Sse.DONE);
    assertThat(reading.finish()).isEqualTo(finish);
  }

  private static String calls(String... calls) {
    return Sse.data("{\"response\":null,\"tool_calls\":[" + String.join(",", calls) + "]}");
  }

  @Test
  void readsCallsThatAreWhole() {
    Buffer body =
        Buffer.buffer(
            calls(
                    "{\"name\":\"f\",\"arguments\":{\"x\": 1.10}}",
                    "{\"id\":\"c2\",\"function\":{\"name\":\"f\",\"arguments\":{\"y\":\"\u00fc\"}}}")
                + calls("{\"name\":\"g\"}")
                + usage(9, 2)
                + Sse.DONE);
    for (int at = 0; at <= body.length(); at++) {
      Reading reading = Reading.cut("cloudflare", body, at);
      assertThat(reading.finish()).isEqualTo("tool_calls");
      assertThat(reading.text()).isEmpty();
      assertThat(reading.blocks().calls())
          .containsExactly("f({\"x\":1.10})", "f({\"y\":\"\u00fc\"})", "g({})");
      assertThat(reading.blocks().callIds()).doesNotHaveDuplicates().contains("c2");
    }
  }

  @Test
  void readsCallsInFragments() {
    Buffer body =
        Buffer.buffer(
            chunk("\"a\"")
                + calls(
                    "{\"id\":\"c1\",\"index\":0,\"type\":\"function\",\"function\":{\"name\":\"f\"}}")
                + calls("{\"index\":0,\"function\":{\"arguments\":\"{\\\"x\\\":\"}}")
                + calls("{\"index\":0,\"function\":{\"arguments\":\" 1}\"}}")
                + calls(
                    "{\"id\":\"c2\",\"index\":1,\"type\":\"function\",\"function\":{\"name\":\"g\"}}")
                + calls(
                    "{\"id\":null,\"type\":null,\"function\":{\"name\":null,\"arguments\":\"\"}}")
                + Sse.DONE);
    for (int at = 0; at <= body.length(); at++) {
      Reading reading = Reading.cut("cloudflare", body, at);
      assertThat(reading.finish()).isEqualTo("tool_calls");
      assertThat(reading.text()).isEqualTo("a");
      assertThat(reading.blocks().calls()).containsExactly("f({\"x\": 1})", "g({})");
      assertThat(reading.blocks().callIds()).containsExactly("c1", "c2");
    }
  }

  @Test
  void aWholeAnswerMayHaveCalls() {
    Reading reading =
        Reading.of(
            "cloudflare",
            "{\"result\":{\"response\":null,\"tool_calls\":[{\"name\":\"f\",\"arguments\":{}}]},"
                + "\"success\":true,\"errors\":[],\"messages\":[]}");
    assertThat(reading.finish()).isEqualTo("tool_calls");
    assertThat(reading.blocks().calls()).containsExactly("f({})");
  }

  @Test
  void anErrorInTheStream() {
    Reading reading =
        Reading.of(
            "cloudflare",
            chunk("\"Hel\"") + Sse.data("{\"errors\":[{\"code\":3040,\"message\":\"busy\"}]}"));
    assertThat(reading.failure().kind()).isEqualTo(FailureKind.OVERLOADED);
  }

  @Test
  void aWholeAnswerStandsInAnEnvelope() {
    Reading reading =
        Reading.of(
            "cloudflare",
            "{\"result\":{\"response\":\"Hi\",\"usage\":{\"prompt_tokens\":3,"
                + "\"completion_tokens\":1}},\"success\":true,\"errors\":[],\"messages\":[]}");
    assertThat(reading.text()).isEqualTo("Hi");
    assertThat(reading.finish()).isEqualTo("stop");
    assertThat(reading.usage().totalTokens()).isEqualTo(4);
  }

  @ParameterizedTest
  @CsvSource({
    "400, 5007, MODEL_NOT_FOUND",
    "400, 5004, INVALID_REQUEST",
    "401, 10000, AUTHENTICATION",
    "403, 5018, PERMISSION",
    "404, 3042, MODEL_NOT_FOUND",
    "408, 3007, TIMEOUT",
    "413, 3006, CONTEXT_LENGTH",
    "429, 3040, OVERLOADED",
    "429, 971, RATE_LIMITED"
  })
  void errors(int status, int code, FailureKind kind) {
    assertThat(error(status, code, "no").kind()).isEqualTo(kind);
  }

  private static Failure error(int status, int code, String message) {
    return Reading.error(
        "cloudflare",
        status,
        Map.of(),
        "{\"result\":null,\"success\":false,\"errors\":[{\"code\":%d,\"message\":\"%s\"}]}"
            .formatted(code, message));
  }

  @Test
  void theDailyAllocationIsRenewedAtMidnight() {
    Failure failure = error(429, 3036, "used up");
    assertThat(failure.kind()).isEqualTo(FailureKind.QUOTA_EXHAUSTED);
    Instant midnight = Instant.parse("2026-01-21T00:00:00Z");
    assertThat(failure.retryAfterMs())
        .isEqualTo(Duration.between(Reading.NOW, midnight).toMillis());
  }

  @Test
  void aWindowTooSmallForPromptAndAnswer() {
    assertThat(
            error(
                    400,
                    5021,
                    "AiError: The estimated number of input and maximum output tokens (9)"
                        + " exceeded this model context window limit (8)")
                .kind())
        .isEqualTo(FailureKind.CONTEXT_LENGTH);
  }

  @Test
  void writesEverythingItCanSay() {
    ChatRequest request =
        ChatRequest.of(ChatMessage.system("Be brief."), ChatMessage.user("Hi"))
            .withTemperature(0.5)
            .withTopP(0.9)
            .withMaxTokens(64)
            .withSeed(7L);
    assertThat(CLOUDFLARE.cannotServe(request, new BackendOptions())).isNull();
    assertThat(CLOUDFLARE.encode(request, "@cf/x", at(ACCOUNT)).body().toJsonObject())
        .isEqualTo(
            new JsonObject(
                """
                {"messages": [
                   {"role": "system", "content": "Be brief."},
                   {"role": "user", "content": "Hi"}],
                 "stream": true, "max_tokens": 64, "temperature": 0.5, "top_p": 0.9, "seed": 7}
                """));
    assertThat(
            CLOUDFLARE
                .encode(Rig.HELLO, "@cf/x", at(ACCOUNT))
                .body()
                .toJsonObject()
                .getInteger("max_tokens"))
        .isEqualTo(2048);
  }

  @Test
  void saysWhatItCannotSay() {
    assertThat(CLOUDFLARE.cannotServe(Rig.HELLO.withStop("x"), new BackendOptions()))
        .contains("stop");
  }

  @ParameterizedTest
  @CsvSource({
    "https://api.cloudflare.com/client/v4/accounts/a, /ai/run/@cf/meta/m",
    "https://api.cloudflare.com/client/v4/accounts/a/ai/, /run/@cf/meta/m",
    "https://gateway.ai.cloudflare.com/v1/a/g/workers-ai, /@cf/meta/m"
  })
  void theModelIsPartOfThePath(String url, String path) {
    assertThat(CLOUDFLARE.chatPath("@cf/meta/m", at(url))).isEqualTo(path);
  }

  @Test
  void aModelCannotNameAnotherPath() {
    assertThat(CLOUDFLARE.chatPath("@cf/../../tokens?a", at(ACCOUNT)))
        .isEqualTo("/ai/run/@cf/%252E%252E/%252E%252E/tokens%3Fa");
  }

  @Test
  void listsModels() {
    assertThat(CLOUDFLARE.modelsPath(at(ACCOUNT))).startsWith("/ai/models/search?");
    assertThat(CLOUDFLARE.models(new JsonObject("{\"result\":[{\"name\":\"@cf/a\"},{},3]}")))
        .containsExactly("@cf/a");
  }

  @Test
  void otherHostsAreTheirOwnersBusiness() {
    assertThat(CLOUDFLARE.problem(at(ACCOUNT))).isNull();
    assertThat(CLOUDFLARE.problem(at(ACCOUNT + "/ai"))).isNull();
    assertThat(CLOUDFLARE.problem(at("http://localhost:8080"))).isNull();
  }
}
