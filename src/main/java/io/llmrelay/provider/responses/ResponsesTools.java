package io.llmrelay.provider.responses;

import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.CustomCall;
import io.llmrelay.chat.RawJson;
import io.llmrelay.chat.Setting;
import io.llmrelay.chat.Tool;
import io.llmrelay.chat.ToolChoice;
import io.llmrelay.provider.Translation;
import io.llmrelay.provider.wire.Json;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Encodes tools and the choice among them. Functions and custom tools have no object of their own
 * around name and parameters; tools of other types are passed on as they are.
 */
final class ResponsesTools {
  /** Tools of Anthropic and Google, which a client may send in the form of their APIs. */
  private static final Pattern OF_OTHERS =
      Pattern.compile("[a-z_]+_20\\d{6}|google_search|google_maps|url_context|code_execution");

  private static final RawJson NO_PARAMETERS =
      RawJson.of(new JsonObject().put("type", "object").put("properties", new JsonObject()));

  private final ChatRequest request;
  private final Translation translation;

  ResponsesTools(ChatRequest request, Translation translation) {
    this.request = request;
    this.translation = translation;
  }

  /** Returns why the tools of a request cannot be expressed, or {@code null} if they can. */
  static String problem(ChatRequest request) {
    return request.tools().stream()
        .filter(tool -> OF_OTHERS.matcher(tool.type()).matches())
        .findFirst()
        .map(tool -> "a tool of type " + tool.type() + " cannot be expressed")
        .orElse(null);
  }

  /** Puts tools and their choice into a body. */
  void put(JsonObject body) {
    JsonArray tools = new JsonArray();
    request.tools().forEach(tool -> tools.add(tool(tool)));
    if (translation.take(Setting.WEB_SEARCH_OPTIONS) instanceof JsonObject options) {
      tools.add(webSearch(options));
    }
    Json.put(body, "tools", tools.isEmpty() ? null : tools);
    Json.put(body, "tool_choice", choice());
  }

  private static Object tool(Tool tool) {
    if (tool.isFunction()) {
      return function(tool);
    }
    return CustomCall.isTool(tool)
        ? custom(tool.source().fields().get(CustomCall.TYPE))
        : tool.source();
  }

  /** Functions are strict here unless they say otherwise. */
  private static JsonObject function(Tool tool) {
    JsonObject json = new JsonObject().put("type", Tool.FUNCTION).put("name", tool.name());
    Json.put(json, "description", tool.description());
    return json.put("parameters", tool.parameters() == null ? NO_PARAMETERS : tool.parameters())
        .put("strict", Boolean.TRUE.equals(tool.strict()));
  }

  private static JsonObject custom(RawJson custom) {
    JsonObject json = new JsonObject().put("type", CustomCall.TYPE);
    for (Map.Entry<String, RawJson> field : custom.fields().entrySet()) {
      Json.put(json, field.getKey(), field.getValue());
    }
    RawJson format = custom.fields().get("format");
    if (format != null && format.value() instanceof JsonObject object) {
      JsonObject flat = new JsonObject().put("type", object.getValue("type"));
      json.put("format", flat.mergeIn(Json.object(object, "grammar")));
    }
    return json;
  }

  private static JsonObject webSearch(JsonObject options) {
    JsonObject tool = new JsonObject().put("type", "web_search").mergeIn(options);
    JsonObject location = Json.object(options, "user_location");
    if (location.getValue("approximate") instanceof JsonObject approximate) {
      tool.put("user_location", new JsonObject().put("type", "approximate").mergeIn(approximate));
    }
    return tool;
  }

  private Object choice() {
    ToolChoice choice = request.toolChoice();
    if (choice == null || choice.names().isEmpty()) {
      return choice == null ? null : choice.toJson();
    }
    if (choice.only() != null) {
      return named(choice.only());
    }
    JsonArray tools = new JsonArray();
    choice.names().forEach(name -> tools.add(named(name)));
    return new JsonObject()
        .put("type", "allowed_tools")
        .put("mode", choice.mode().name().toLowerCase(Locale.ROOT))
        .put("tools", tools);
  }

  private static JsonObject named(String name) {
    return new JsonObject().put("type", Tool.FUNCTION).put("name", name);
  }
}
