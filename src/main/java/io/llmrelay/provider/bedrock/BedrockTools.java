package io.llmrelay.provider.bedrock;

import static io.llmrelay.provider.bedrock.BedrockContent.one;

import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.Setting;
import io.llmrelay.chat.Tool;
import io.llmrelay.chat.ToolChoice;
import io.llmrelay.chat.ToolChoice.Mode;
import io.llmrelay.provider.FunctionNames;
import io.llmrelay.provider.Translation;
import io.llmrelay.provider.anthropic.AnthropicSchema;
import io.llmrelay.provider.anthropic.InputSchema;
import io.llmrelay.provider.anthropic.JsonAnswer;
import io.llmrelay.provider.wire.Json;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Encodes tools and the choice among them. A choice of several tools is expressed by sending those
 * alone, and {@code none} by sending no tools. A conversation with tool calls needs tools: if the
 * request has none, they are derived from the calls.
 */
final class BedrockTools {
  private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9_-]{1,64}");

  private final ChatRequest request;
  private final BedrockModel model;
  private final Translation translation;
  private final BedrockContent content;

  BedrockTools(
      ChatRequest request, BedrockModel model, Translation translation, BedrockContent content) {
    this.request = request;
    this.model = model;
    this.translation = translation;
    this.content = content;
  }

  /** Returns why the tools of a request cannot be expressed, or {@code null} if they can. */
  static String problem(ChatRequest request, BedrockModel model) {
    if (isNone(request) && !InputSchema.usedNames(request).isEmpty()) {
      return "tool_choice none cannot be expressed after tool calls";
    }
    if (isForced(request) && !model.forcesCalls()) {
      return "tool_choice cannot be expressed: the model does not take forced tool calls";
    }
    return FunctionNames.problem(request, NAME);
  }

  static boolean isForced(ChatRequest request) {
    return request.toolChoice() != null && request.toolChoice().mode() == Mode.REQUIRED;
  }

  private static boolean isNone(ChatRequest request) {
    return request.toolChoice() != null && request.toolChoice().mode() == Mode.NONE;
  }

  /** Puts tools and their choice into a body. */
  void put(JsonObject body, JsonObject additional, JsonAnswer answer) {
    JsonArray tools = new JsonArray();
    if (!request.tools().isEmpty() && !isNone(request)) {
      addTools(tools);
    } else {
      InputSchema.usedNames(request)
          .forEach(name -> tools.add(spec(name, null, one("type", "object"), false)));
    }
    JsonObject choice = choice();
    serialCalls(choice, additional);
    if (answer.kind() == JsonAnswer.Kind.TOOL) {
      choice =
          tools.isEmpty() && !model.isMistral()
              ? one("tool", one("name", JsonAnswer.TOOL))
              : one("any", new JsonObject());
      JsonObject schema = AnthropicSchema.input(answer.schema()).schema();
      tools.add(spec(JsonAnswer.TOOL, "Gives the answer to the user.", schema, false));
    }
    if (!tools.isEmpty()) {
      JsonObject config = one("tools", tools);
      Json.put(config, "toolChoice", choice);
      body.put("toolConfig", config);
    }
  }

  private void addTools(JsonArray tools) {
    Map<String, InputSchema> schemas =
        InputSchema.ofTools(request, model.hasStructuredOutput(), translation);
    for (Tool tool : permitted()) {
      InputSchema schema = schemas.get(tool.name());
      tools.add(spec(tool.name(), tool.description(), schema.schema(), schema.strict()));
      if (tool.cacheControl() != null) {
        content.cachePoint(tool.cacheControl(), tools);
      }
    }
  }

  private List<Tool> permitted() {
    String only = request.toolChoice() == null ? null : request.toolChoice().only();
    return only != null && model.isMistral()
        ? request.tools().stream().filter(tool -> only.equals(tool.name())).toList()
        : InputSchema.permitted(request);
  }

  private static JsonObject spec(String name, String description, Object schema, boolean strict) {
    JsonObject spec = one("name", name);
    Json.put(
        spec, "description", description == null || description.isBlank() ? null : description);
    spec.put("inputSchema", one("json", schema));
    Json.put(spec, "strict", strict ? true : null);
    return one("toolSpec", spec);
  }

  /** Returns the choice; Mistral's models accept no name, but get only the named tool. */
  private JsonObject choice() {
    ToolChoice choice = request.toolChoice();
    if (choice == null || choice.mode() != Mode.REQUIRED) {
      return null;
    }
    return choice.only() == null || model.isMistral()
        ? one("any", new JsonObject())
        : one("tool", one("name", choice.only()));
  }

  /** Forbids parallel calls for Claude models, which have a field for it. */
  private void serialCalls(JsonObject choice, JsonObject additional) {
    if (request.setting(Setting.PARALLEL_TOOL_CALLS) != null
        && choice == null
        && model.claude().hasStructuredOutput()) {
      translation.take(Setting.PARALLEL_TOOL_CALLS);
      additional.put("tool_choice", one("type", "auto").put("disable_parallel_tool_use", true));
    }
  }
}
