package io.llmrelay.provider.cohere;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.chat.BlockKind;
import io.llmrelay.chat.ChatMessage;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.TokenUsage;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.provider.Dialect;
import io.llmrelay.provider.Reading;
import io.llmrelay.provider.Rig;
import io.llmrelay.provider.Sse;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CohereDialectTest {
  private static final Dialect COHERE = new CohereDialect();
  private static final String START =
      event(
          "message-start",
          "{\"message\":{\"role\":\"assistant\",\"content\":[],\"tool_plan\":\"\"}}");

  private static String event(String type, String delta) {
    return "event: "
        + type
        + "\n"
        + Sse.data("{\"type\":\"" + type + "\",\"delta\":" + delta + "}");
  }

  private static String content(String field, String text) {
    return event(
        "content-delta", "{\"message\":{\"content\":{\"" + field + "\":\"" + text + "\"}}}");
  }

  private static String end(String reason) {
    return event(
        "message-end",
        "{\"finish_reason\":\"%s\",\"usage\":{\"billed_units\":{\"input_tokens\":1},\"tokens\":{\"input_tokens\":9,\"output_tokens\":4},\"cached_tokens\":5}}"
            .formatted(reason));
  }

  private static BackendOptions at(String url) {
    return Rig.options("cohere", null).setBaseUrl(url);
  }

  @Test
  void billedUnitsStandInForTokens() {
    String end =
        event(
            "message-end",
            "{\"finish_reason\":\"COMPLETE\",\"usage\":{\"billed_units\":{\"input_tokens\":9.0,\"output_tokens\":4}}}");
    assertThat(Reading.of("cohere", START + content("text", "a") + end).usage())
        .isEqualTo(new TokenUsage(9, 4, 0, 0, 0, TokenUsage.Source.PROVIDER));
  }

  @Test
  void readsEventsWhereverTheyAreCut() {
    Buffer body =
        Buffer.buffer(
            START
                + content("thinking", "Hm ")
                + event("content-end", "{}")
                + content("text", "Gr\u00fc\u00dfe")
                + content("text", " \ud83d\ude00")
                + end("COMPLETE")
                + Sse.DONE);
    for (int at = 0; at <= body.length(); at++) {
      Reading reading = Reading.cut("cohere", body, at);
      assertThat(reading.finish()).isEqualTo("stop");
      assertThat(reading.text()).isEqualTo("Gr\u00fc\u00dfe \ud83d\ude00");
      assertThat(reading.text(BlockKind.REASONING)).isEqualTo("Hm ");
      assertThat(reading.usage())
          .isEqualTo(new TokenUsage(9, 4, 5, 0, 0, TokenUsage.Source.PROVIDER));
    }
  }

  @Test
  void aCutStreamIsAFailure() {
    assertThat(Reading.of("cohere", START + content("text", "Hel")).failure().kind())
        .isEqualTo(FailureKind.NETWORK);
    assertThat(Reading.of("cohere", START + content("text", "Hel") + Sse.DONE).failure().kind())
        .isEqualTo(FailureKind.NETWORK);
  }

  @ParameterizedTest
  @CsvSource({
    "COMPLETE, stop",
    "STOP_SEQUENCE, stop",
    "MAX_TOKENS, length",
    "TOOL_CALL, tool_calls"
  })
  void finishReasons(String theirs, String ours) {
    assertThat(Reading.of("cohere", content("text", "Hi") + end(theirs)).finish()).isEqualTo(ours);
  }

  @ParameterizedTest
  @CsvSource({"ERROR, SERVER_ERROR", "TIMEOUT, TIMEOUT", "INVENTED, SERVER_ERROR"})
  void failuresNamedAsFinishReasons(String reason, FailureKind kind) {
    Reading reading = Reading.of("cohere", content("text", "Hi") + end(reason));
    assertThat(reading.failure().kind()).isEqualTo(kind);
    assertThat(reading.failure().message()).contains(reason);
    assertThat(reading.failure().usage().outputTokens()).isEqualTo(4);
  }

  @Test
  void reportsTheErrorOfTheLastEvent() {
    Reading reading =
        Reading.of(
            "cohere",
            event("message-end", "{\"finish_reason\":\"ERROR\",\"error\":\"node went away\"}"));
    assertThat(reading.failure().message()).contains("node went away");
  }

  private static String call(int index, String id, String name, String... fragments) {
    StringBuilder events =
        new StringBuilder(
            event(
                "tool-call-start",
                "{\"message\":{\"tool_calls\":{\"id\":\"%s\",\"type\":\"function\",\"function\":{\"name\":\"%s\",\"arguments\":\"\"}}}}"
                    .formatted(id, name)));
    for (String fragment : fragments) {
      String arguments = new JsonObject().put("arguments", fragment).encode();
      events.append(
          event(
              "tool-call-delta",
              "{\"message\":{\"tool_calls\":{\"function\":" + arguments + "}}}"));
    }
    return events + Sse.data("{\"type\":\"tool-call-end\",\"index\":" + index + "}");
  }

  @Test
  void readsPlansAndCalls() {
    Buffer body =
        Buffer.buffer(
            event("tool-plan-delta", "{\"message\":{\"tool_plan\":\"I will \"}}")
                + event("tool-plan-delta", "{\"message\":{\"tool_plan\":\"look\"}}")
                + call(0, "f_1", "f", "{\"x\": ", "\"\u00fc", "\"}")
                + call(1, "f_2", "f")
                + end("TOOL_CALL")
                + Sse.DONE);
    for (int at = 0; at <= body.length(); at++) {
      Reading reading = Reading.cut("cohere", body, at);
      assertThat(reading.text()).isEmpty();
      assertThat(reading.text(BlockKind.REASONING)).isEqualTo("I will look");
      assertThat(reading.blocks().calls()).containsExactly("f({\"x\": \"\u00fc\"})", "f({})");
      assertThat(reading.blocks().callIds()).containsExactly("f_1", "f_2");
      assertThat(reading.finish()).isEqualTo("tool_calls");
    }
  }

  @Test
  void aCallThatIsCutIsMalformed() {
    Reading reading = Reading.of("cohere", call(0, "f_1", "f", "{\"x\": ") + end("TOOL_CALL"));
    assertThat(reading.failure().kind()).isEqualTo(FailureKind.MALFORMED_TOOL_CALL);
    assertThat(
            Reading.of("cohere", event("tool-call-start", "{}") + end("TOOL_CALL"))
                .failure()
                .kind())
        .isEqualTo(FailureKind.MALFORMED_TOOL_CALL);
  }

  @Test
  void citationsAreAnnotations() {
    Reading reading =
        Reading.of(
            "cohere",
            content("text", "Rain in Rome")
                + event(
                    "citation-start",
                    "{\"message\":{\"citations\":{\"start\":0,\"end\":4,\"text\":\"Rain\",\"sources\":["
                        + "{\"type\":\"tool\",\"id\":\"f_1:0\",\"tool_output\":{\"sky\":\"grey\"}},"
                        + "{\"type\":\"document\",\"id\":\"d\",\"document\":{\"title\":\"T\","
                        + "\"url\":\"https://example.com\"}}]}}}")
                + event("citation-end", "{}")
                + end("COMPLETE"));
    assertThat(reading.text()).isEqualTo("Rain in Rome");
    assertThat(reading.blocks().data("annotations"))
        .containsExactly(
            new JsonArray(
                """
                [{"type": "url_citation", "url_citation":
                   {"start_index": 0, "end_index": 4, "url": "f_1:0", "title": "Rain"}},
                 {"type": "url_citation", "url_citation":
                   {"start_index": 0, "end_index": 4, "url": "https://example.com", "title": "T"}}]
                """));
  }

  @Test
  void logprobsAccompanyTheText() {
    String delta = "\"delta\":{\"message\":{\"content\":{\"text\":\"Hi\"}}}";
    String logprobs =
        "\"logprobs\":{\"text\":\"Hi\",\"token_ids\":[1,2],\"logprobs\":[-0.5,-0.25]}";
    Reading reading =
        Reading.of(
            "cohere",
            Sse.data("{\"type\":\"content-delta\"," + delta + "," + logprobs + "}")
                + end("COMPLETE"));
    assertThat(reading.text()).isEqualTo("Hi");
    assertThat(reading.blocks().data("logprobs"))
        .containsExactly(
            new JsonObject(
                """
                {"content": [
                  {"token": "Hi", "logprob": -0.75, "bytes": null, "top_logprobs": []}]}
                """));
  }

  @Test
  void anEventWithoutATypeIsAnError() {
    Reading reading =
        Reading.of("cohere", START + Sse.data("{\"message\":\"too many tokens: total 9\"}"));
    assertThat(reading.failure().kind()).isEqualTo(FailureKind.CONTEXT_LENGTH);
  }

  @Test
  void aWholeAnswerWithCalls() {
    Reading reading =
        Reading.of(
            "cohere",
            "{\"id\":\"1\",\"finish_reason\":\"TOOL_CALL\",\"message\":{\"role\":\"assistant\","
                + "\"tool_plan\":\"I look\",\"tool_calls\":[{\"id\":\"a\",\"type\":\"function\","
                + "\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]}}");
    assertThat(reading.text(BlockKind.REASONING)).isEqualTo("I look");
    assertThat(reading.blocks().calls()).containsExactly("f({})");
    assertThat(reading.finish()).isEqualTo("tool_calls");
  }

  @Test
  void aWholeAnswer() {
    Reading reading =
        Reading.of(
            "cohere",
            "{\"id\":\"1\",\"finish_reason\":\"MAX_TOKENS\",\"message\":{\"role\":\"assistant\","
                + "\"content\":[{\"type\":\"thinking\",\"thinking\":\"Hm\"},"
                + "{\"type\":\"text\",\"text\":\"Hi\"}]},"
                + "\"usage\":{\"tokens\":{\"input_tokens\":3,\"output_tokens\":1}}}");
    assertThat(reading.text()).isEqualTo("Hi");
    assertThat(reading.text(BlockKind.REASONING)).isEqualTo("Hm");
    assertThat(reading.finish()).isEqualTo("length");
    assertThat(reading.usage().totalTokens()).isEqualTo(4);
  }

  @ParameterizedTest
  @CsvSource({
    "400, invalid request: no, INVALID_REQUEST",
    "'400', 'too many tokens: size limit exceeded by 9 tokens', CONTEXT_LENGTH",
    "401, invalid api token, AUTHENTICATION",
    "402, Please add or update your payment method, QUOTA_EXHAUSTED",
    "'404', 'model ''x'' not found', MODEL_NOT_FOUND",
    "429, limited to 20 API calls / minute, RATE_LIMITED",
    "429, limited to 1000 API calls / month, QUOTA_EXHAUSTED",
    "500, oops, SERVER_ERROR",
    "503, no capacity, OVERLOADED",
    "504, too slow, TIMEOUT"
  })
  void errors(int status, String message, FailureKind kind) {
    String body = new JsonObject().put("id", "1").put("message", message).encode();
    assertThat(Reading.error("cohere", status, Map.of(), body).kind()).isEqualTo(kind);
  }

  @Test
  void theTypeOfAnErrorCounts() {
    String body = "{\"id\":\"1\",\"message\":\"no\",\"error_type\":\"TOO_MANY_TOKENS\"}";
    assertThat(Reading.error("cohere", 400, Map.of(), body).kind())
        .isEqualTo(FailureKind.CONTEXT_LENGTH);
  }

  @Test
  void writesEverythingItCanSay() {
    ChatRequest request =
        ChatRequest.of(ChatMessage.system("Be brief."), ChatMessage.user("Hi"))
            .withTemperature(0.5)
            .withTopP(0.9)
            .withMaxTokens(64)
            .withStop("END")
            .withSeed(7L)
            .withResponseFormat(
                new JsonObject(
                    "{\"type\":\"json_schema\",\"json_schema\":{\"schema\":{\"type\":\"object\"}}}"));
    assertThat(COHERE.cannotServe(request, new BackendOptions())).isNull();
    assertThat(COHERE.encode(request, "command-a", at("http://localhost")).body().toJsonObject())
        .isEqualTo(
            new JsonObject(
                """
                {"model": "command-a",
                 "messages": [
                   {"role": "system", "content": "Be brief."},
                   {"role": "user", "content": "Hi"}],
                 "stream": true, "temperature": 0.5, "p": 0.9, "max_tokens": 64,
                 "stop_sequences": ["END"], "seed": 7,
                 "response_format": {"type": "json_object", "json_schema": {"type": "object", "properties": {}}}}
                """));
  }

  @Test
  void pathsAndHeaders() {
    assertThat(COHERE.chatPath("m", at("https://api.cohere.com"))).isEqualTo("/v2/chat");
    assertThat(COHERE.chatPath("m", at("https://api.cohere.com/v2/"))).isEqualTo("/chat");
    assertThat(COHERE.modelsPath(at("https://api.cohere.com"))).startsWith("/v1/models?");
    assertThat(COHERE.headers(at("http://localhost")))
        .isEqualTo(Map.of("authorization", "Bearer " + Rig.SECRET));
    assertThat(COHERE.models(new JsonObject("{\"models\":[{\"name\":\"a\"},{},1]}")))
        .containsExactly("a");
  }
}
