package io.llmrelay.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.sandbox.ParsedAnswer.Call;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The scenario {@code tool-loop}: a tool call, then an answer with the result. */
class ToolLoopTest extends SandboxTestBase {

  static Stream<Arguments> everyForm() {
    return DialectsTest.everyForm();
  }

  private ParsedAnswer ask(Vendor vendor, boolean streaming, JsonObject request) throws Exception {
    try (Wire wire = vendor.send(sandbox, "primary", "m", streaming, request)) {
      ParsedAnswer answer = ParsedAnswer.of(vendor, wire);
      assertThat(wire.status()).as(wire.body()).isEqualTo(200);
      return answer;
    }
  }

  /** The message with the calls of an answer. */
  private static JsonObject assistant(Vendor vendor, List<Call> calls) {
    JsonObject message = new JsonObject();
    JsonArray parts = new JsonArray();
    for (int i = 0; i < calls.size(); i++) {
      Call call = calls.get(i);
      JsonObject arguments = new JsonObject(call.arguments.toString());
      JsonObject function = new JsonObject().put("name", call.name);
      parts.add(
          switch (vendor) {
            case ANTHROPIC ->
                function.put("type", "tool_use").put("id", call.id).put("input", arguments);
            case GEMINI ->
                new JsonObject()
                    .put("functionCall", function.put("args", arguments))
                    .put("thoughtSignature", "c2FuZGJveA==");
            case BEDROCK ->
                new JsonObject()
                    .put("toolUse", function.put("toolUseId", call.id).put("input", arguments));
            case OLLAMA -> new JsonObject().put("function", function.put("arguments", arguments));
            default ->
                new JsonObject()
                    .put("id", call.id)
                    .put("type", "function")
                    .put("function", function.put("arguments", call.arguments.toString()));
          });
    }
    return switch (vendor) {
      case OPENAI_RESPONSES -> throw new IllegalArgumentException("calls are items");
      case ANTHROPIC, BEDROCK -> message.put("role", "assistant").put("content", parts);
      case GEMINI -> message.put("role", "model").put("parts", parts);
      default -> message.put("role", "assistant").put("tool_calls", parts);
    };
  }

  /** The messages with the results of calls. */
  private static List<JsonObject> results(Vendor vendor, List<Call> calls, String... texts) {
    JsonArray parts = new JsonArray();
    JsonArray messages = new JsonArray();
    for (int i = 0; i < calls.size(); i++) {
      JsonObject part = new JsonObject();
      JsonArray content = JsonArray.of(new JsonObject().put("text", texts[i]));
      switch (vendor) {
        case ANTHROPIC ->
            parts.add(
                part.put("type", "tool_result")
                    .put("tool_use_id", calls.get(i).id)
                    .put("content", texts[i]));
        case GEMINI ->
            parts.add(
                part.put(
                    "functionResponse",
                    new JsonObject()
                        .put("name", calls.get(i).name)
                        .put("response", new JsonObject().put("result", texts[i]))));
        case BEDROCK ->
            parts.add(
                part.put(
                    "toolResult",
                    new JsonObject().put("toolUseId", calls.get(i).id).put("content", content)));
        default ->
            messages.add(
                part.put("role", "tool")
                    .put("tool_call_id", calls.get(i).id)
                    .put("content", texts[i]));
      }
    }
    if (!messages.isEmpty()) {
      return messages.stream().map(JsonObject.class::cast).toList();
    }
    JsonObject message = new JsonObject().put("role", "user");
    return List.of(message.put(vendor == Vendor.GEMINI ? "parts" : "content", parts));
  }

  /** Returns a request that ends with the results of calls. */
  static JsonObject withResults(Vendor vendor, List<Call> calls, String... texts) {
    if (vendor == Vendor.OPENAI_RESPONSES) {
      return items(calls, texts);
    }
    List<JsonObject> results = results(vendor, calls, texts);
    JsonObject[] messages = new JsonObject[2 + results.size()];
    messages[0] = vendor.message("Weather?");
    messages[1] = assistant(vendor, calls);
    for (int i = 0; i < results.size(); i++) {
      messages[2 + i] = results.get(i);
    }
    return vendor.request(messages);
  }

  private static JsonObject items(List<Call> calls, String... texts) {
    List<JsonObject> items = new ArrayList<>();
    items.add(Vendor.OPENAI_RESPONSES.message("Weather?"));
    for (Call call : calls) {
      items.add(
          new JsonObject()
              .put("type", "function_call")
              .put("call_id", call.id)
              .put("name", call.name)
              .put("arguments", call.arguments.toString()));
    }
    for (int i = 0; i < calls.size(); i++) {
      items.add(
          new JsonObject()
              .put("type", "function_call_output")
              .put("call_id", calls.get(i).id)
              .put("output", texts[i]));
    }
    return Vendor.OPENAI_RESPONSES.request(items.toArray(JsonObject[]::new));
  }

  @ParameterizedTest
  @MethodSource("everyForm")
  void callsATheFirstToolAndQuotesItsResult(Vendor vendor, boolean streaming) throws Exception {
    sandbox.script("primary", Scenario.of("tool-loop"));
    JsonObject question = vendor.withTools(vendor.request(), "get_weather", "search");
    ParsedAnswer call = ask(vendor, streaming, question);
    assertThat(call.calls()).hasToString("[get_weather{\"city\":\"city\",\"unit\":\"celsius\"}]");
    JsonObject results = withResults(vendor, call.calls(), "18 °C, 晴れ");
    ParsedAnswer end = ask(vendor, streaming, vendor.withTools(results, "get_weather", "search"));
    assertThat(end.text).hasToString("The tool returned: 18 °C, 晴れ");
    assertThat(end.calls()).isEmpty();
    assertThat(ask(vendor, streaming, vendor.request()).text).startsWith("Hello, this is primary");
  }

  @ParameterizedTest
  @MethodSource("everyForm")
  void parallelCalls(Vendor vendor, boolean streaming) throws Exception {
    sandbox.script("primary", Scenario.of("tool-loop-calls-2"));
    JsonObject question = vendor.withTools(vendor.request(), "a", "b");
    List<Call> calls = ask(vendor, streaming, question).calls();
    assertThat(calls.get(0).name).isEqualTo("a");
    assertThat(calls.get(1).name).isEqualTo("b");
    JsonObject results = vendor.withTools(withResults(vendor, calls, "one", "two"), "a", "b");
    assertThat(ask(vendor, streaming, results).text).hasToString("The tool returned: one, two");
  }

  @ParameterizedTest
  @MethodSource("everyForm")
  void theToolOfTheScriptAndItsArguments(Vendor vendor, boolean streaming) throws Exception {
    String arguments = "{\"city\":\"Zürich\",\"unit\":\"kelvin\"}";
    sandbox.script("primary", Scenario.of("tool-loop").toolCall("b", arguments));
    JsonObject question = vendor.withTools(vendor.request(), "a", "b");
    assertThat(ask(vendor, streaming, question).calls()).hasToString("[b" + arguments + "]");
  }

  @Test
  void theForcedTool() throws Exception {
    sandbox.script("primary", Scenario.of("tool-loop"));
    JsonObject openAi = Vendor.OPENAI.withTools(Vendor.OPENAI.request(), "a", "b");
    openAi.put(
        "tool_choice", new JsonObject("{\"type\":\"function\",\"function\":{\"name\":\"b\"}}"));
    assertThat(ask(Vendor.OPENAI, true, openAi).calls().get(0).name).isEqualTo("b");
    assertThat(ask(Vendor.OPENAI, true, openAi.put("tool_choice", "none")).calls()).isEmpty();

    JsonObject responses =
        Vendor.OPENAI_RESPONSES.withTools(Vendor.OPENAI_RESPONSES.request(), "a", "b");
    responses.put("tool_choice", new JsonObject("{\"type\":\"function\",\"name\":\"b\"}"));
    assertThat(ask(Vendor.OPENAI_RESPONSES, true, responses).calls().get(0).name).isEqualTo("b");
    responses.put("tool_choice", "none");
    assertThat(ask(Vendor.OPENAI_RESPONSES, true, responses).calls()).isEmpty();

    JsonObject anthropic = Vendor.ANTHROPIC.withTools(Vendor.ANTHROPIC.request(), "a", "b");
    anthropic.put("tool_choice", new JsonObject("{\"type\":\"tool\",\"name\":\"b\"}"));
    assertThat(ask(Vendor.ANTHROPIC, true, anthropic).calls().get(0).name).isEqualTo("b");
    anthropic.put("tool_choice", new JsonObject("{\"type\":\"none\"}"));
    assertThat(ask(Vendor.ANTHROPIC, true, anthropic).calls()).isEmpty();

    JsonObject gemini = Vendor.GEMINI.withTools(Vendor.GEMINI.request(), "a", "b");
    gemini.put(
        "toolConfig",
        new JsonObject(
            "{\"functionCallingConfig\":{\"mode\":\"ANY\",\"allowedFunctionNames\":[\"b\"]}}"));
    assertThat(ask(Vendor.GEMINI, true, gemini).calls().get(0).name).isEqualTo("b");
    gemini.put("toolConfig", new JsonObject("{\"functionCallingConfig\":{\"mode\":\"NONE\"}}"));
    assertThat(ask(Vendor.GEMINI, true, gemini).calls()).isEmpty();

    JsonObject bedrock = Vendor.BEDROCK.withTools(Vendor.BEDROCK.request(), "a", "b");
    bedrock
        .getJsonObject("toolConfig")
        .put("toolChoice", new JsonObject("{\"tool\":{\"name\":\"b\"}}"));
    assertThat(ask(Vendor.BEDROCK, true, bedrock).calls().get(0).name).isEqualTo("b");

    JsonObject cohere = Vendor.COHERE.withTools(Vendor.COHERE.request(), "a", "b");
    assertThat(ask(Vendor.COHERE, true, cohere.put("tool_choice", "NONE")).calls()).isEmpty();
  }
}
