package io.llmrelay.failover;

import io.llmrelay.chat.Block;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.ReceivedForm;
import io.llmrelay.chat.Tool;
import io.vertx.core.json.JsonObject;
import io.vertx.json.schema.Draft;
import io.vertx.json.schema.JsonSchema;
import io.vertx.json.schema.JsonSchemaOptions;
import io.vertx.json.schema.SchemaException;
import io.vertx.json.schema.Validator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Checks tool calls against the tools of a request: a call must name one of them, and the arguments
 * for a {@code strict} tool must match its schema. A schema that cannot be evaluated is ignored.
 */
final class ToolCallCheck {
  private static final JsonSchemaOptions OPTIONS =
      new JsonSchemaOptions()
          .setBaseUri("https://tool.invalid/")
          .setDraft(Draft.DRAFT202012)
          .setOutputFormat(io.vertx.json.schema.OutputFormat.Flag);

  private final Map<String, Tool> tools = new HashMap<>();

  /** Whether there are no other tools. */
  private final boolean complete;

  /** Creates a check against all tools of a request, or those of them that are known. */
  static ToolCallCheck of(ChatRequest request) {
    ReceivedForm received = request.received();
    boolean known = received == null || received.untranslated().essential().isEmpty();
    return new ToolCallCheck(
        request.tools(), known && request.tools().stream().allMatch(Tool::isFunction));
  }

  private ToolCallCheck(List<Tool> tools, boolean complete) {
    this.complete = complete;
    tools.stream().filter(Tool::isFunction).forEach(tool -> this.tools.put(tool.name(), tool));
  }

  /**
   * Returns the reason why a call is invalid, or {@code null}.
   *
   * @param arguments the arguments, a JSON object; blank for none
   */
  String problem(Block call, String arguments) {
    Tool tool = tools.get(call.name());
    if (tool == null && !complete) {
      return null;
    }
    if (tool == null) {
      return "the model called a tool that the request does not offer";
    }
    boolean checked = Boolean.TRUE.equals(tool.strict()) && tool.parameters() != null;
    return checked && !matches((JsonObject) tool.parameters().value(), arguments)
        ? "the arguments of a call of " + tool.name() + " do not match its schema"
        : null;
  }

  private static boolean matches(JsonObject schema, String arguments) {
    try {
      return Validator.create(JsonSchema.of(schema), OPTIONS)
          .validate(arguments.isBlank() ? new JsonObject() : new JsonObject(arguments))
          .getValid();
    } catch (SchemaException | IllegalArgumentException unusable) {
      return true;
    }
  }
}
