package io.llmrelay.sandbox.anthropic;

import static io.llmrelay.sandbox.anthropic.AnthropicErrors.rejected;

import io.llmrelay.sandbox.dialect.JsonNodes;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The checks that Anthropic makes before it runs a model. Sources of the texts: the API's own
 * errors as clients have reported them.
 */
final class AnthropicValidator {
  private static final Set<String> FIELDS =
      Set.of(
          "model",
          "max_tokens",
          "messages",
          "system",
          "stream",
          "temperature",
          "top_p",
          "top_k",
          "stop_sequences",
          "metadata",
          "tools",
          "tool_choice",
          "thinking",
          "output_config",
          "service_tier",
          "container",
          "context_management",
          "mcp_servers",
          "cache_control",
          "inference_geo",
          "speed",
          "user_profile_id",
          "workspace_id",
          "diagnostics");
  private static final Pattern TOOL_NAME = Pattern.compile("[a-zA-Z0-9_-]{1,128}");
  private static final int MIN_BUDGET = 1024;

  private AnthropicValidator() {}

  static void check(JsonObject body) {
    if (JsonNodes.text(body, "model").isEmpty()) {
      throw rejected("model: Field required");
    }
    if (JsonNodes.array(body, "messages").isEmpty()) {
      throw rejected("messages: at least one message is required");
    }
    if (!(body.getValue("max_tokens") instanceof Number)) {
      throw rejected("max_tokens: Field required");
    }
    for (String field : body.fieldNames()) {
      if (!FIELDS.contains(field)) {
        throw rejected(field + ": Extra inputs are not permitted");
      }
    }
    if (body.getValue("temperature") instanceof Number number && number.doubleValue() > 1) {
      throw rejected("temperature: Input should be less than or equal to 1");
    }
    system(body.getValue("system"));
    tools(body);
    boolean thinks = thinking(body);
    new Turns(body).check(thinks);
  }

  private static void system(Object system) {
    if (system instanceof JsonArray blocks) {
      for (JsonObject block : JsonNodes.objects(blocks)) {
        if (JsonNodes.text(block, "text").isEmpty()) {
          throw rejected("system: text content blocks must be non-empty");
        }
      }
    }
  }

  private static void tools(JsonObject body) {
    List<JsonObject> tools = JsonNodes.objects(body, "tools");
    Set<String> names = new HashSet<>();
    for (int i = 0; i < tools.size(); i++) {
      JsonObject tool = tools.get(i);
      String type = JsonNodes.text(tool, "type");
      String name = JsonNodes.text(tool, "name");
      if (!names.add(name)) {
        throw rejected("tools: Tool names must be unique.");
      }
      if (!type.isEmpty() && !type.equals("custom")) {
        continue;
      }
      String path = "tools." + i + ".custom.";
      if (!TOOL_NAME.matcher(name).matches()) {
        throw rejected(path + "name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'");
      }
      if (!(tool.getValue("input_schema") instanceof JsonObject schema)) {
        throw rejected(path + "input_schema: Field required");
      }
      if (!"object".equals(schema.getValue("type"))) {
        throw rejected(path + "input_schema.type: Input should be 'object'");
      }
    }
    JsonObject choice = JsonNodes.object(body, "tool_choice");
    if (!choice.isEmpty() && tools.isEmpty()) {
      throw rejected("tool_choice may only be specified while providing tools");
    }
    String forced = JsonNodes.text(choice, "name");
    if ("tool".equals(choice.getValue("type")) && !names.contains(forced)) {
      throw rejected("Tool '" + forced + "' not found in provided tools");
    }
  }

  /** Returns whether thinking is enabled. */
  private static boolean thinking(JsonObject body) {
    JsonObject thinking = JsonNodes.object(body, "thinking");
    String type = JsonNodes.text(thinking, "type");
    if (!type.equals("enabled") && !type.equals("adaptive")) {
      return false;
    }
    if (type.equals("enabled")) {
      if (!(thinking.getValue("budget_tokens") instanceof Number budget)) {
        throw rejected("thinking.enabled.budget_tokens: Field required");
      }
      if (budget.longValue() < MIN_BUDGET) {
        throw rejected(
            "thinking.enabled.budget_tokens: Input should be greater than or equal to 1024");
      }
      if (body.getLong("max_tokens") <= budget.longValue()) {
        throw rejected("`max_tokens` must be greater than `thinking.budget_tokens`.");
      }
    }
    if (body.getValue("temperature") instanceof Number number && number.doubleValue() != 1) {
      throw rejected("`temperature` may only be set to 1 when thinking is enabled.");
    }
    String choice = JsonNodes.text(JsonNodes.object(body, "tool_choice"), "type");
    if (choice.equals("any") || choice.equals("tool")) {
      throw rejected("Thinking may not be enabled when tool_choice forces tool use.");
    }
    return true;
  }
}
