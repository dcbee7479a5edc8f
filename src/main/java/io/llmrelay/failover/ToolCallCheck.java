package io.llmrelay.failover;

import io.llmrelay.chat.Block;
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
 * Checks tool calls against the tools of a request: a call names one of them, and its arguments fit
 * the schema of a {@code strict} tool. A schema that cannot be evaluated is not checked.
 */
final class ToolCallCheck {
  private static final JsonSchemaOptions OPTIONS =
      new JsonSchemaOptions()
          .setBaseUri("https://tool.invalid/")
          .setDraft(Draft.DRAFT202012)
          .setOutputFormat(io.vertx.json.schema.OutputFormat.Flag);

  private final Map<String, Tool> tools = new HashMap<>();

  ToolCallCheck(List<Tool> tools) {
    tools.stream().filter(Tool::isFunction).forEach(tool -> this.tools.put(tool.name(), tool));
  }

  /**
   * Returns what is wrong with a call, or {@code null}.
   *
   * @param arguments a JSON object, or empty for no arguments
   */
  String problem(Block call, String arguments) {
    Tool tool = tools.get(call.name());
    if (tool == null) {
      return "the model called a tool that the request does not offer";
    }
    boolean checked = Boolean.TRUE.equals(tool.strict()) && tool.parameters() != null;
    return checked && !fits((JsonObject) tool.parameters().value(), arguments)
        ? "the arguments of a call of " + tool.name() + " do not fit its schema"
        : null;
  }

  private static boolean fits(JsonObject schema, String arguments) {
    try {
      return Validator.create(JsonSchema.of(schema), OPTIONS)
          .validate(arguments.isBlank() ? new JsonObject() : new JsonObject(arguments))
          .getValid();
    } catch (SchemaException | IllegalArgumentException unusable) {
      return true;
    }
  }
}
