package io.llmrelay.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonObject;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The kinds of a whole answer, in both dialects, streaming and not. */
class AnswerKindTest extends SandboxTestBase {

  private String openAi(String model, boolean stream) throws IOException {
    JsonObject options = JsonObject.of("include_usage", true);
    JsonObject request = Wire.request("mock-" + model).put("stream", stream);
    try (Wire wire = Wire.openAi(sandbox, "", request.put("stream_options", options))) {
      wire.read();
      return wire.body();
    }
  }

  private String anthropic(String model, boolean stream) throws IOException {
    try (Wire wire =
        Wire.anthropic(sandbox, "", Wire.request("mock-" + model).put("stream", stream))) {
      wire.read();
      return wire.body();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "model, stop, end_turn",
    "reasoning, stop, end_turn",
    "refusal, stop, refusal",
    "tool-call, tool_calls, tool_use",
    "length, length, max_tokens",
    "length-empty, length, max_tokens",
    "content-filter, content_filter, refusal",
    "empty, stop, end_turn",
    "no-usage, stop, end_turn",
    "no-done, stop, end_turn"
  })
  void finishReasons(String kind, String openAi, String anthropic) throws Exception {
    String finish = "\"finish_reason\":\"" + openAi + "\"";
    String stop = "\"stop_reason\":\"" + anthropic + "\"";
    assertThat(openAi(kind, true)).containsOnlyOnce(finish);
    assertThat(openAi(kind, false)).containsOnlyOnce(finish);
    assertThat(anthropic(kind, true)).containsOnlyOnce(stop);
    assertThat(anthropic(kind, false)).containsOnlyOnce(stop);
  }

  @ParameterizedTest
  @CsvSource({"no-finish", "usage-only"})
  void noFinishReason(String kind) throws Exception {
    assertThat(openAi(kind, true)).doesNotContain("\"stop\"").endsWith("data: [DONE]\n\n");
    assertThat(openAi(kind, false)).contains("\"finish_reason\":null");
    assertThat(anthropic(kind, true)).doesNotContain("end_turn").contains("message_stop");
    assertThat(anthropic(kind, false)).contains("\"stop_reason\":null");
  }

  @Test
  void theFinishReasonMayPrecedeTheLastChunk() throws Exception {
    String late = openAi("early-finish", true);
    String usual = openAi("model", true);
    assertThat(late.lastIndexOf("\"content\":"))
        .isGreaterThan(late.indexOf("\"finish_reason\":\"stop\""));
    assertThat(usual.lastIndexOf("\"content\":"))
        .isLessThan(usual.indexOf("\"finish_reason\":\"stop\""));
    assertThat(late).endsWith("[DONE]\n\n");
  }

  @Test
  void noTerminator() throws Exception {
    assertThat(openAi("no-done", true)).doesNotContain("[DONE]");
    assertThat(anthropic("no-done", true)).doesNotContain("message_stop");
  }

  @ParameterizedTest
  @CsvSource({"empty", "length-empty", "usage-only"})
  void noContent(String kind) throws Exception {
    assertThat(openAi(kind, true)).doesNotContain("Hello");
    assertThat(openAi(kind, false)).doesNotContain("Hello");
    assertThat(anthropic(kind, true)).doesNotContain("Hello").doesNotContain("content_block");
    assertThat(anthropic(kind, false)).contains("\"content\":[]");
  }

  @ParameterizedTest
  @CsvSource({"length", "content-filter"})
  void halfTheText(String kind) throws Exception {
    JsonObject whole = new JsonObject(openAi("model", false));
    JsonObject half = new JsonObject(openAi(kind, false));
    assertThat(completionTokens(half)).isEqualTo(completionTokens(whole) / 2);
  }

  private static int completionTokens(JsonObject answer) {
    return answer.getJsonObject("usage").getInteger("completion_tokens");
  }

  @Test
  void usage() throws Exception {
    assertThat(openAi("no-usage", true)).doesNotContain("_tokens");
    assertThat(openAi("no-usage", false)).doesNotContain("_tokens");
    assertThat(anthropic("no-usage", true)).doesNotContain("_tokens\":");
    assertThat(anthropic("no-usage", false)).doesNotContain("_tokens\":");
    assertThat(openAi("usage-only", true)).startsWith("data: {").contains("\"choices\":[]");
  }

  @Test
  void usageInUnusualPlaces() throws Exception {
    String choice = openAi("usage-in-choice", true);
    assertThat(choice).containsOnlyOnce("\"completion_tokens\":");
    assertThat(choice).contains("\"finish_reason\":\"stop\",\"usage\":{\"prompt_tokens\"");
    String groq = openAi("usage-in-x-groq", true);
    assertThat(groq).containsOnlyOnce("\"completion_tokens\":");
    assertThat(groq).containsPattern("\"x_groq\":\\{\"id\":\"[^\"]+\",\"usage\":\\{");
    assertThat(openAi("usage-in-choice", false)).contains("}],\"usage\":{");
  }

  @Test
  void numbersAreSentDigitForDigit() throws Exception {
    assertThat(openAi("numbers", true))
        .contains("{\"content\":6}", "{\"content\":1.10}", ":0.00}", "{\"content\":3e+50}");
    assertThat(anthropic("numbers", true)).contains("\"text_delta\",\"text\":1.10}");
    assertThat(openAi("numbers", false)).contains("\"content\":\"61.100.003e+50\"");
  }

  @Test
  void reasoningInDetailsOnly() throws Exception {
    for (boolean stream : new boolean[] {true, false}) {
      assertThat(openAi("reasoning-details", stream))
          .contains("\"reasoning_details\":[{\"type\":\"reasoning.text\",\"text\":\"The")
          .doesNotContain("reasoning_content");
    }
    assertThat(anthropic("reasoning-details", true)).contains("thinking_delta");
  }

  @Test
  void reasoningComesFirst() throws Exception {
    String openAi = openAi("reasoning", true);
    assertThat(openAi.lastIndexOf("reasoning_content")).isLessThan(openAi.indexOf("Hello"));
    String anthropic = anthropic("reasoning", true);
    assertThat(anthropic).contains("signature_delta");
    assertThat(anthropic.lastIndexOf("thinking_delta")).isLessThan(anthropic.indexOf("Hello"));
    assertThat(openAi("reasoning", false)).contains("reasoning_content");
    assertThat(anthropic("reasoning", false)).contains("\"type\":\"thinking\"");
    assertThat(openAi("stall-after-0-for-1-reasoning-2", true)).contains("reasoning_content");
  }

  @Test
  void aRefusalHasItsOwnField() throws Exception {
    assertThat(openAi("refusal", true)).contains("{\"refusal\":\" sorry,\"}");
    assertThat(openAi("refusal", false)).contains("\"refusal\":\"I'm sorry");
    assertThat(anthropic("refusal", true)).doesNotContain("text_delta");
  }

  @Test
  void toolCall() throws Exception {
    assertThat(openAi("tool-call", true)).contains("get_weather", "{\"arguments\":\"{\\\"city");
    assertThat(openAi("tool-call", false)).contains("\"arguments\":\"{\\\"city\\\":");
    assertThat(anthropic("tool-call", true)).contains("get_weather", "input_json_delta");
    assertThat(anthropic("tool-call", false)).contains("\"input\":{\"city\":\"Zürich\"}");
  }

  @Test
  void wrongType() throws Exception {
    try (Wire wire = Wire.openAi(sandbox, "mock-wrong-type")) {
      wire.read();
      assertThat(wire.header("content-type")).isEqualTo("application/json");
      assertThat(wire.body()).endsWith("data: [DONE]\n\n");
    }
  }

  @Test
  void delaysAndSize() throws Exception {
    try (Wire wire = Wire.openAi(sandbox, "mock-model-first-60-every-20-chunks-3-size-4")) {
      wire.read();
      assertThat(wire.body()).contains("\"Hell\"", "\"o, t\"", "\"his \"");
    }
    SandboxCall call = get(started().ended());
    assertThat(call.endedAt()).isAfterOrEqualTo(call.receivedAt().plusMillis(95));
  }
}
