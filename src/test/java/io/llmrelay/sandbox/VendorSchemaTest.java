package io.llmrelay.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.VendorSchemas;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Answers and requests against the vendors' own schemas. */
class VendorSchemaTest extends SandboxTestBase {

  /** The definitions of a whole answer, an event of a stream, and a request. */
  private record Roots(String answer, String event, String request) {}

  private static final Map<Vendor, Roots> ROOTS =
      Map.of(
          Vendor.OPENAI,
              new Roots(
                  "CreateChatCompletionResponse",
                  "CreateChatCompletionStreamResponse",
                  "CreateChatCompletionRequest"),
          Vendor.OPENAI_RESPONSES, new Roots("Response", "ResponseStreamEvent", "CreateResponse"),
          Vendor.ANTHROPIC, new Roots("MessagesResponse", "MessagesStreamEvent", "MessagesRequest"),
          Vendor.GEMINI,
              new Roots(
                  "GenerateContentResponse", "GenerateContentResponse", "GenerateContentRequest"),
          Vendor.BEDROCK,
              new Roots("ConverseResponseBody", "ConverseStreamEvent", "ConverseRequestBody"),
          Vendor.COHERE, new Roots("ChatResponseV2", "StreamedChatResponseV2", "ChatRequestV2"));

  /** Fields that the schema of Anthropic requires, and recordings of its API do not have. */
  private static final Set<String> MISSING_IN_RECORDINGS =
      Set.of(
          "container",
          "diagnostics",
          "stop_details",
          "citations",
          "caller",
          "cache_creation",
          "inference_geo",
          "output_tokens_details",
          "server_tool_use",
          "service_tier",
          "speed");

  private static final List<Scenario> SCENARIOS =
      List.of(
          Scenario.ok(),
          Scenario.of("reasoning"),
          Scenario.of("length"),
          Scenario.of("tool-call"),
          Scenario.of("json"),
          Scenario.of("tool-calls-fragment-3-reasoning-2").text("I will look it up."));

  @ParameterizedTest
  @EnumSource(names = {"OPENAI", "OPENAI_RESPONSES", "ANTHROPIC", "GEMINI", "BEDROCK", "COHERE"})
  void answersAndEvents(Vendor vendor) throws Exception {
    VendorSchemas schemas = VendorSchemas.of(vendor.dialect().replace("-responses", ""));
    Roots roots = ROOTS.get(vendor);
    for (Scenario scenario : SCENARIOS) {
      for (boolean streaming : new boolean[] {true, false}) {
        sandbox.script("primary", scenario);
        try (Wire wire = vendor.send(sandbox, "primary", "m", streaming, vendor.request())) {
          for (JsonObject event : ParsedAnswer.of(vendor, wire).events) {
            if ("ping".equals(event.getValue("type"))) {
              continue; // The types of the SDK do not have it; recordings do.
            }
            String root = streaming ? roots.event() : roots.answer();
            List<String> problems = new ArrayList<>(schemas.problems(root, event));
            if (vendor == Vendor.ANTHROPIC) {
              problems.removeIf(
                  problem -> MISSING_IN_RECORDINGS.contains(problem.replaceFirst(".*: no ", "")));
            }
            assertThat(problems).as(scenario + " " + event).isEmpty();
          }
        }
      }
    }
  }

  /** The requests of these tests are those of real clients, as far as the schema knows. */
  @ParameterizedTest
  @EnumSource(names = {"OPENAI", "OPENAI_RESPONSES", "ANTHROPIC", "GEMINI", "BEDROCK", "COHERE"})
  void requests(Vendor vendor) throws Exception {
    VendorSchemas schemas = VendorSchemas.of(vendor.dialect().replace("-responses", ""));
    JsonObject request = vendor.withSchema(vendor.withTools(vendor.request(), "a", "b"));
    if (vendor != Vendor.GEMINI && vendor != Vendor.BEDROCK) {
      request.put("model", "m");
    }
    assertThat(schemas.problems(ROOTS.get(vendor).request(), request)).isEmpty();
    if (vendor == Vendor.OPENAI_RESPONSES) {
      request.put("input", 7);
    }
    request.put("mesages", 1).remove(vendor == Vendor.GEMINI ? "contents" : "messages");
    if (vendor != Vendor.BEDROCK) {
      assertThat(schemas.problems(ROOTS.get(vendor).request(), request)).isNotEmpty();
    }
  }
}
