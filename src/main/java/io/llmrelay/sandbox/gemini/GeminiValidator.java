package io.llmrelay.sandbox.gemini;

import static io.llmrelay.sandbox.gemini.GeminiErrors.rejected;

import io.llmrelay.sandbox.dialect.JsonNodes;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The checks that Google makes before it runs a model. Sources of the texts: the API's own errors
 * as clients have reported them.
 */
final class GeminiValidator {
  private static final Set<String> FIELDS =
      Set.of(
          "contents",
          "systemInstruction",
          "system_instruction",
          "tools",
          "toolConfig",
          "tool_config",
          "generationConfig",
          "generation_config",
          "safetySettings",
          "cachedContent",
          "labels",
          "serviceTier",
          "service_tier",
          "store",
          "model");
  private static final Set<String> CONFIG =
      Set.of(
          "candidateCount",
          "enableEnhancedCivicAnswers",
          "frequencyPenalty",
          "imageConfig",
          "logprobs",
          "maxOutputTokens",
          "mediaResolution",
          "presencePenalty",
          "responseJsonSchema",
          "responseLogprobs",
          "responseMimeType",
          "responseModalities",
          "responseSchema",
          "seed",
          "speechConfig",
          "stopSequences",
          "temperature",
          "thinkingConfig",
          "topK",
          "topP");
  private static final Pattern NAME = Pattern.compile("[a-zA-Z_][a-zA-Z0-9_.:-]{0,63}");

  /** The models that require signatures, and accept tools together with JSON answers. */
  private static final Pattern GEMINI_3 = Pattern.compile("gemini-([3-9]|\\d\\d).*");

  private GeminiValidator() {}

  static void check(String model, JsonObject body) {
    for (String field : body.fieldNames()) {
      if (!FIELDS.contains(field)) {
        throw GeminiErrors.unknownName(field, "", "Cannot find field.");
      }
    }
    boolean gemini3 = GEMINI_3.matcher(model).matches();
    JsonObject config = JsonNodes.object(body, "generationConfig");
    for (String field : config.fieldNames()) {
      if (!CONFIG.contains(field)) {
        throw GeminiErrors.unknownName(field, "generation_config", "Cannot find field.");
      }
    }
    if (config.getValue("responseSchema") instanceof JsonObject schema) {
      SchemaRules.check(schema, "generation_config.response_schema");
    }
    boolean declares = tools(body);
    boolean json = "application/json".equals(config.getValue("responseMimeType"));
    if (declares && json && !gemini3) {
      throw rejected(
          "Function calling with a response mime type: 'application/json' is unsupported");
    }
    if (JsonNodes.array(body, "contents").isEmpty()) {
      throw rejected("* GenerateContentRequest.contents: contents is not specified\n");
    }
    new Contents(JsonNodes.objects(body, "contents"), gemini3).check();
  }

  /** Checks the tools, and returns whether there are functions. */
  private static boolean tools(JsonObject body) {
    boolean declares = false;
    List<JsonObject> tools = JsonNodes.objects(body, "tools");
    for (int i = 0; i < tools.size(); i++) {
      List<JsonObject> functions = JsonNodes.objects(tools.get(i), "functionDeclarations");
      for (int j = 0; j < functions.size(); j++) {
        declares = true;
        JsonObject function = functions.get(j);
        String path = "tools[" + i + "].function_declarations[" + j + "]";
        if (!NAME.matcher(JsonNodes.text(function, "name")).matches()) {
          throw rejected(
              "* GenerateContentRequest."
                  + path
                  + ".name: Invalid function name. Must start with a letter or an underscore. Must"
                  + " be alphanumeric (a-z, A-Z, 0-9), underscores (_), dots (.), colons (:), or"
                  + " dashes (-), with a maximum length of 64.\n");
        }
        if (function.getValue("parameters") instanceof JsonObject schema) {
          SchemaRules.check(schema, path + ".parameters");
        }
      }
    }
    JsonObject calling =
        JsonNodes.object(JsonNodes.object(body, "toolConfig"), "functionCallingConfig");
    JsonArray allowed = JsonNodes.array(calling, "allowedFunctionNames");
    String mode = JsonNodes.text(calling, "mode");
    if (!allowed.isEmpty() && !mode.equals("ANY") && !mode.equals("VALIDATED")) {
      throw rejected(
          "* GenerateContentRequest.tool_config.function_calling_config.allowed_function_names:"
              + " allowed_function_names should be set only when mode is ANY.\n");
    }
    return declares;
  }
}
