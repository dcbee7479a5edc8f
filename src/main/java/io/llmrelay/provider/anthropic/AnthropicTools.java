package io.llmrelay.provider.anthropic;

import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.CustomCall;
import io.llmrelay.chat.Setting;
import io.llmrelay.chat.Tool;
import io.llmrelay.chat.ToolChoice;
import io.llmrelay.chat.ToolChoice.Mode;
import io.llmrelay.provider.FunctionNames;
import io.llmrelay.provider.Translation;
import io.llmrelay.provider.wire.Json;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Encodes tools and the choice among them. A choice of several tools is expressed by sending those
 * alone. A conversation with tool calls needs tools: if the request has none, they are derived from
 * the calls, and the model must not call them.
 */
final class AnthropicTools {
  private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9_-]{1,128}");

  /** The tools of this API that a client may send as they are, such as web_search_20250305. */
  private static final Pattern OWN_TYPE = Pattern.compile("custom|[a-z0-9_]+_20\\d{6}");

  private static final Set<String> LOCATION = Set.of("city", "country", "region", "timezone");

  private final ChatRequest request;
  private final ClaudeModel model;
  private final Translation translation;

  AnthropicTools(ChatRequest request, ClaudeModel model, Translation translation) {
    this.request = request;
    this.model = model;
    this.translation = translation;
  }

  /** Returns why the tools of a request cannot be expressed, or {@code null} if they can. */
  static String problem(ChatRequest request, ClaudeModel model) {
    for (Tool tool : request.tools()) {
      if (!tool.isFunction() && !isOwn(tool)) {
        return "a tool of type " + tool.type() + " cannot be expressed";
      }
    }
    String name = FunctionNames.problem(request, NAME);
    if (name != null) {
      return name;
    }
    return isForced(request) && model.refusesForcedCalls()
        ? "tool_choice cannot be expressed: the model refuses forced tool calls"
        : null;
  }

  private static boolean isOwn(Tool tool) {
    // OpenAI has tools of the type custom as well.
    return OWN_TYPE.matcher(tool.type()).matches() && !CustomCall.isTool(tool);
  }

  static boolean isForced(ChatRequest request) {
    return request.toolChoice() != null && request.toolChoice().mode() == Mode.REQUIRED;
  }

  /** Puts tools and their choice into a body. */
  void put(JsonObject body, JsonAnswer answer) {
    JsonArray tools = tools();
    JsonObject choice = choice();
    if (answer.kind() == JsonAnswer.Kind.TOOL) {
      boolean alone = tools.isEmpty() || choice != null && "none".equals(choice.getString("type"));
      JsonObject schema = AnthropicSchema.input(answer.schema()).schema();
      tools.add(
          new JsonObject()
              .put("name", JsonAnswer.TOOL)
              .put("description", "Gives the answer to the user.")
              .put("input_schema", schema));
      choice =
          alone
              ? new JsonObject().put("type", "tool").put("name", JsonAnswer.TOOL)
              : new JsonObject().put("type", "any");
      choice.put("disable_parallel_tool_use", true);
    }
    Json.put(body, "tools", tools.isEmpty() ? null : tools);
    Json.put(body, "tool_choice", tools.isEmpty() ? null : choice);
  }

  private JsonArray tools() {
    JsonArray tools = new JsonArray();
    if (!request.tools().isEmpty()) {
      Map<String, InputSchema> schemas =
          InputSchema.ofTools(request, model.hasStructuredOutput(), translation);
      for (Tool tool : InputSchema.permitted(request)) {
        tools.add(tool.isFunction() ? encode(tool, schemas.get(tool.name())) : tool.source());
      }
    }
    if (translation.take(Setting.WEB_SEARCH_OPTIONS) instanceof JsonObject options) {
      tools.add(webSearch(options));
    }
    if (tools.isEmpty()) {
      InputSchema.usedNames(request).forEach(name -> tools.add(usedTool(name)));
    }
    return tools;
  }

  private static JsonObject encode(Tool tool, InputSchema schema) {
    JsonObject json = new JsonObject().put("name", tool.name());
    Json.put(json, "description", tool.description());
    json.put("input_schema", schema.schema());
    Json.put(json, "strict", schema.strict() ? true : null);
    Json.put(json, "cache_control", tool.cacheControl());
    return json;
  }

  private JsonObject webSearch(JsonObject options) {
    JsonObject tool = new JsonObject().put("type", "web_search_20250305").put("name", "web_search");
    for (String option : options.fieldNames()) {
      if (!option.equals("user_location")) {
        translation.leftOut("web_search_options." + option);
      }
    }
    JsonObject given = Json.object(Json.object(options, "user_location"), "approximate");
    if (!given.isEmpty()) {
      JsonObject location = new JsonObject().put("type", "approximate");
      LOCATION.forEach(field -> Json.put(location, field, Json.string(given, field)));
      tool.put("user_location", location);
    }
    return tool;
  }

  private static JsonObject usedTool(String name) {
    return new JsonObject()
        .put("name", name)
        .put("input_schema", new JsonObject().put("type", "object"));
  }

  private JsonObject choice() {
    Boolean parallel = (Boolean) translation.take(Setting.PARALLEL_TOOL_CALLS);
    boolean alone = Boolean.FALSE.equals(parallel);
    ToolChoice given = request.toolChoice();
    if (request.tools().isEmpty()) {
      boolean search = request.setting(Setting.WEB_SEARCH_OPTIONS) != null;
      return search ? null : new JsonObject().put("type", "none");
    }
    if (given == null && !alone) {
      return null;
    }
    ToolChoice choice = given == null ? ToolChoice.AUTO : given;
    if (choice.mode() == Mode.NONE) {
      return new JsonObject().put("type", "none");
    }
    JsonObject json = new JsonObject();
    if (choice.only() != null) {
      json.put("type", "tool").put("name", choice.only());
    } else {
      boolean any = choice.mode() == Mode.REQUIRED;
      if (!any && !alone) {
        return null;
      }
      json.put("type", any ? "any" : "auto");
    }
    Json.put(json, "disable_parallel_tool_use", alone ? true : null);
    return json;
  }
}
