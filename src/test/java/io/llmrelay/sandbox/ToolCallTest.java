package io.llmrelay.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.sandbox.ParsedAnswer.Call;
import io.llmrelay.sandbox.Wire.Stop;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Scripted tool calls in every dialect, as streams and whole answers. */
class ToolCallTest extends SandboxTestBase {

  /** Digits, escapes and characters of all lengths, which must survive every split. */
  private static final String ARGUMENTS =
      "{\"q\":\"Zürich 漢字 🙂 \\\"x\\\"\\n\\u00e9\",\"n\":1.10,\"big\":12345678901234567890}";

  private static final Set<Vendor> FRAGMENTED =
      Set.of(
          Vendor.OPENAI, Vendor.OPENAI_RESPONSES, Vendor.ANTHROPIC, Vendor.BEDROCK, Vendor.COHERE);

  static Stream<Arguments> everyForm() {
    return DialectsTest.everyForm();
  }

  private ParsedAnswer ask(Vendor vendor, boolean streaming, Scenario scenario) throws Exception {
    sandbox.script("primary", scenario);
    try (Wire wire = vendor.send(sandbox, "primary", "m", streaming, vendor.request())) {
      ParsedAnswer answer = ParsedAnswer.of(vendor, wire);
      assertThat(wire.status()).as(wire.body()).isEqualTo(200);
      return answer;
    }
  }

  private static void assertFinish(Vendor vendor, ParsedAnswer answer) {
    Map<Vendor, String> finish =
        Map.of(
            Vendor.OPENAI, "tool_calls",
            Vendor.OPENAI_RESPONSES, "completed",
            Vendor.ANTHROPIC, "tool_use",
            Vendor.GEMINI, "STOP",
            Vendor.OLLAMA, "stop",
            Vendor.BEDROCK, "tool_use",
            Vendor.COHERE, "TOOL_CALL");
    assertThat(answer.finish).isEqualTo(finish.get(vendor));
  }

  @ParameterizedTest
  @MethodSource("everyForm")
  void oneCall(Vendor vendor, boolean streaming) throws Exception {
    ParsedAnswer answer = ask(vendor, streaming, Scenario.of("tool-call"));
    assertThat(answer.calls()).hasToString("[get_weather{\"city\":\"Zürich\"}]");
    assertThat(answer.text).isEmpty();
    assertFinish(vendor, answer);
  }

  @ParameterizedTest
  @MethodSource("everyForm")
  void parallelCalls(Vendor vendor, boolean streaming) throws Exception {
    ParsedAnswer two = ask(vendor, streaming, Scenario.of("tool-calls"));
    assertThat(two.calls())
        .hasToString("[get_weather{\"city\":\"Zürich\"}, get_weather{\"city\":\"Genève\"}]");
    Scenario scripted =
        Scenario.ok().toolCall("a", "{\"x\":1}").toolCall("b", "{}").toolCall("a", "{\"x\":2}");
    ParsedAnswer three = ask(vendor, streaming, scripted);
    assertThat(three.calls()).hasToString("[a{\"x\":1}, b{}, a{\"x\":2}]");
    List<String> ids = three.calls().stream().map(call -> call.id).toList();
    if (vendor == Vendor.GEMINI || vendor == Vendor.CLOUDFLARE) {
      assertThat(ids).containsOnlyNulls();
    } else {
      assertThat(ids).doesNotContainNull().doesNotHaveDuplicates();
    }
    assertFinish(vendor, three);
  }

  @ParameterizedTest
  @MethodSource("everyForm")
  void ownIdsAreKept(Vendor vendor, boolean streaming) throws Exception {
    ParsedAnswer answer =
        ask(vendor, streaming, Scenario.of("tool-call").toolCall("my-id", "f", "{}"));
    Call call = answer.calls().get(0);
    assertThat(call.id).isEqualTo(vendor == Vendor.CLOUDFLARE ? null : "my-id");
  }

  @ParameterizedTest
  @MethodSource("everyForm")
  void textAndReasoningComeBeforeTheCalls(Vendor vendor, boolean streaming) throws Exception {
    Scenario scenario = Scenario.of("tool-calls-reasoning-2").text("I will look it up.");
    ParsedAnswer answer = ask(vendor, streaming, scenario);
    assertThat(answer.text).hasToString("I will look it up.");
    assertThat(answer.reasoning).hasToString(vendor == Vendor.CLOUDFLARE ? "" : "The user");
    assertThat(answer.calls()).hasSize(2);
    assertFinish(vendor, answer);
    boolean signs =
        vendor == Vendor.ANTHROPIC || vendor == Vendor.GEMINI || vendor == Vendor.BEDROCK;
    assertThat(answer.signatures).hasSize(signs ? 1 : 0);
    assertThat(ask(vendor, streaming, Scenario.of("tool-call-chunks-2")).text)
        .hasToString("Hello, this");
  }

  @ParameterizedTest
  @MethodSource("everyForm")
  void argumentsAreSentUnchanged(Vendor vendor, boolean streaming) throws Exception {
    sandbox.script("primary", Scenario.ok().toolCall("f", ARGUMENTS));
    try (Wire wire = vendor.send(sandbox, "primary", "m", streaming, vendor.request())) {
      ParsedAnswer answer = ParsedAnswer.of(vendor, wire);
      JsonObject arguments = new JsonObject(answer.calls().get(0).arguments.toString());
      assertThat(arguments.getString("q")).isEqualTo("Zürich 漢字 🙂 \"x\"\né");
      if (FRAGMENTED.contains(vendor) && (streaming || vendor.dialect().startsWith("openai"))) {
        assertThat(answer.calls().get(0).arguments).hasToString(ARGUMENTS);
      } else if (vendor != Vendor.COHERE) {
        assertThat(wire.body()).contains(ARGUMENTS);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"OPENAI", "OPENAI_RESPONSES", "ANTHROPIC", "BEDROCK", "COHERE"})
  void argumentsAreSplitAnywhere(Vendor vendor) throws Exception {
    Scenario call = Scenario.ok().toolCall("f", ARGUMENTS);
    int length = ARGUMENTS.codePointCount(0, ARGUMENTS.length());
    int whole = ask(vendor, true, call.with(ScenarioOption.FRAGMENT, 0)).events.size();
    ParsedAnswer single = ask(vendor, true, call.with(ScenarioOption.FRAGMENT, 1));
    assertThat(single.calls()).hasToString("[f" + ARGUMENTS + "]");
    assertThat(single.events.size()).isGreaterThanOrEqualTo(whole + length - 1);
    for (int offset = 0; offset <= length + 1; offset++) {
      ParsedAnswer answer = ask(vendor, true, call.with(ScenarioOption.SPLIT, offset));
      assertThat(answer.calls()).hasToString("[f" + ARGUMENTS + "]");
    }
  }

  @ParameterizedTest
  @MethodSource("everyForm")
  void brokenArguments(Vendor vendor, boolean streaming) throws Exception {
    Scenario scenario = Scenario.of("tool-call-broken");
    if (vendor == Vendor.OLLAMA) {
      sandbox.script("primary", scenario);
      try (Wire wire = vendor.send(sandbox, "primary", "m", streaming, vendor.request())) {
        wire.read();
        assertThat(wire.status()).isEqualTo(streaming ? 200 : 500);
        assertThat(wire.body())
            .contains("{\"error\":\"error parsing tool call: raw='{")
            .doesNotContain("\"done\":true");
      }
      return;
    }
    ParsedAnswer answer = ask(vendor, streaming, scenario);
    if (vendor == Vendor.GEMINI) {
      assertThat(answer.finish).isEqualTo("MALFORMED_FUNCTION_CALL");
      assertThat(answer.calls()).isEmpty();
      return;
    }
    assertThat(answer.calls()).hasToString("[get_weather{\"city\":\"Zürich\"]");
    assertFinish(vendor, answer);
  }

  @Test
  void argumentsCutByTheTokenLimit() throws Exception {
    Scenario scenario = Scenario.of("length-broken").toolCall("f", "{\"a\":[1,2]}");
    ParsedAnswer answer = ask(Vendor.ANTHROPIC, true, scenario);
    assertThat(answer.finish).isEqualTo("max_tokens");
    assertThat(answer.calls()).hasToString("[f{\"a\":[1,2]]");
  }

  @ParameterizedTest
  @EnumSource
  void aFaultWithinTheCalls(Vendor vendor) throws Exception {
    sandbox.script("primary", Scenario.of("die-after-1-calls-2-chunks-0"));
    try (Wire wire = vendor.send(sandbox, "primary", "m", true, vendor.request())) {
      assertThat(wire.read()).isEqualTo(Stop.FIN);
      assertThat(wire.body()).contains("get_weather").doesNotContain("Genève");
    }
  }

  private String openAi(String model, boolean streaming) throws Exception {
    Vendor vendor = Vendor.OPENAI;
    try (Wire wire =
        vendor.send(sandbox, "sandbox", "mock-" + model, streaming, vendor.request())) {
      wire.read();
      return wire.body();
    }
  }

  private static long count(String text, String part) {
    return Pattern.compile(Pattern.quote(part)).matcher(text).results().count();
  }

  @Test
  void labelsOfCompatibleServers() throws Exception {
    assertThat(openAi("tool-calls", true)).contains("{\"index\":1,\"id\":\"call_1_1\"");
    String zero = openAi("tool-calls-index-zero", true);
    assertThat(zero).contains("{\"index\":0,\"id\":").doesNotContain("{\"index\":1");
    assertThat(openAi("tool-calls-no-index", true)).doesNotContain("{\"index\":0,\"id\"");
    String withoutIds = openAi("tool-calls-no-ids", true);
    assertThat(withoutIds).doesNotContain("\"id\":\"call_");
    assertThat(openAi("tool-calls-no-ids", false)).doesNotContain("\"id\":\"call_");
    assertThat(count(openAi("tool-call-fragment-3", true), "get_weather")).isEqualTo(1);
    String repeated = openAi("tool-call-fragment-3-repeated-names", true);
    assertThat(count(repeated, "\"name\":\"get_weather\"")).isEqualTo(7);
    for (boolean streaming : new boolean[] {true, false}) {
      assertThat(openAi("tool-call-finish-stop", streaming))
          .contains("\"finish_reason\":\"stop\"")
          .doesNotContain("\"finish_reason\":\"tool_calls\"");
    }
    String whole = openAi("tool-call-fragment-0", true);
    assertThat(whole).contains("\"name\":\"get_weather\",\"arguments\":\"{\\\"city\\\":");
  }

  @ParameterizedTest
  @ValueSource(strings = {"mistral", "deepseek", "groq", "openrouter"})
  void serversOfProviders(String provider) throws Exception {
    sandbox.provider("primary", provider);
    Scenario scenario = Scenario.of("tool-calls-reasoning-3").text("Looking.");
    for (boolean streaming : new boolean[] {true, false}) {
      sandbox.script("primary", scenario);
      JsonObject request = Wire.request("m").put("stream", streaming);
      try (Wire wire = Wire.openAi(sandbox, "/primary", request)) {
        ParsedAnswer answer = ParsedAnswer.of(Vendor.OPENAI, wire);
        assertThat(answer.reasoning).hasToString("The user wants");
        assertThat(answer.text).hasToString("Looking.");
        assertThat(answer.calls()).hasSize(2);
        String id = answer.calls().get(1).id;
        assertThat(id).matches(provider.equals("mistral") ? "[a-zA-Z0-9]{9}" : "call_\\w+");
        assertThat(wire.body())
            .contains(
                Map.of(
                        "mistral", "{\"type\":\"thinking\",\"thinking\":[",
                        "deepseek", "\"reasoning_content\":",
                        "groq", "\"reasoning\":",
                        "openrouter", "\"reasoning_details\":[")
                    .get(provider));
      }
    }
  }
}
