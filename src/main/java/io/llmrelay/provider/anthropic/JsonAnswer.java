package io.llmrelay.provider.anthropic;

import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.ToolChoice;
import io.vertx.core.json.JsonObject;

/**
 * The way in which a Claude model is made to answer in JSON.
 *
 * <p>A JSON schema binds the answers of models from 4.5 on, if it has a {@linkplain ClosedSchema
 * form} for that. Otherwise, and for {@code json_object}, the model must call a tool with that
 * schema, whose input is read back as the text of the answer. Models that refuse forced calls
 * cannot serve such a request.
 *
 * @param kind the way
 * @param schema the schema of the answer; {@code null} if none applies
 * @param name the name of the schema, or {@code null}
 */
public record JsonAnswer(Kind kind, JsonObject schema, String name) {
  /** The tool that carries the answer. Answers contain it only if a request did. */
  public static final String TOOL = "json_answer_of_relay";

  /** The ways to get JSON. */
  public enum Kind {
    /** No JSON is requested, or tools must be called instead of an answer. */
    NONE,
    /** The answer is bound to a schema. */
    NATIVE,
    /** The answer is the input of a tool. */
    TOOL
  }

  private static final JsonAnswer NONE = new JsonAnswer(Kind.NONE, null, null);

  /**
   * Chooses the way for a request.
   *
   * @param bound whether the model can be bound to a schema
   */
  public static JsonAnswer of(ChatRequest request, boolean bound) {
    if (!request.wantsFormat()) {
      return NONE;
    }
    JsonObject schema = request.schema() instanceof JsonObject object ? object : null;
    JsonObject format = request.responseFormat();
    JsonObject named = format.getJsonObject("json_schema", new JsonObject());
    String name = named.getValue("name") instanceof String text ? text : null;
    ClosedSchema closed = bound && schema != null ? ClosedSchema.of(schema) : null;
    if (closed != null) {
      return new JsonAnswer(Kind.NATIVE, closed.schema(), name);
    }
    if (request.toolChoice() != null && request.toolChoice().mode() == ToolChoice.Mode.REQUIRED) {
      return NONE;
    }
    return new JsonAnswer(
        Kind.TOOL, schema == null ? new JsonObject().put("type", "object") : schema, name);
  }

  /**
   * Returns why a request cannot be served, or {@code null} if it can.
   *
   * @param forced whether a call of a tool can be demanded
   */
  public String problem(ChatRequest request, boolean forced) {
    if (kind != Kind.TOOL) {
      return null;
    }
    if (!forced) {
      return "response_format cannot be expressed: the model takes no schema of this form, and"
          + " refuses forced tool calls";
    }
    if (!"object".equals(schema.getValue("type"))) {
      return "response_format cannot be expressed: its schema is not that of an object";
    }
    boolean taken = request.tools().stream().anyMatch(tool -> TOOL.equals(tool.name()));
    return taken ? "response_format cannot be expressed: a tool is named " + TOOL : null;
  }
}
