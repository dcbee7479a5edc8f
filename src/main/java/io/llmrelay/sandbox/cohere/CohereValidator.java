package io.llmrelay.sandbox.cohere;

import io.llmrelay.sandbox.dialect.JsonNodes;
import io.llmrelay.sandbox.dialect.RejectedException;
import io.llmrelay.sandbox.dialect.SandboxError;
import io.vertx.core.json.JsonObject;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Cohere's checks as its schema and documentation have them. The texts of its errors are not known;
 * those of the sandbox name the field.
 */
final class CohereValidator {
  private static final Set<String> ROLES = Set.of("system", "user", "assistant", "tool");
  private static final Set<String> FIELDS =
      Set.of(
          "model",
          "messages",
          "stream",
          "tools",
          "strict_tools",
          "tool_choice",
          "documents",
          "citation_options",
          "response_format",
          "safety_mode",
          "max_tokens",
          "stop_sequences",
          "temperature",
          "seed",
          "frequency_penalty",
          "presence_penalty",
          "k",
          "p",
          "logprobs",
          "raw_prompting",
          "thinking",
          "priority",
          "reasoning_effort");

  private CohereValidator() {}

  static void check(JsonObject body) {
    if (JsonNodes.text(body, "model").isEmpty()) {
      throw rejected("model is required");
    }
    List<JsonObject> messages = JsonNodes.objects(body, "messages");
    if (messages.isEmpty()) {
      throw rejected("messages must have at least one message");
    }
    for (String field : body.fieldNames()) {
      if (!FIELDS.contains(field)) {
        throw rejected("unknown field: parameter '" + field + "' is not a valid field");
      }
    }
    Set<String> ids = new HashSet<>();
    for (int i = 0; i < messages.size(); i++) {
      message("messages[" + i + "]", messages.get(i), ids);
    }
    String last = JsonNodes.text(messages.get(messages.size() - 1), "role");
    if (!last.equals("user") && !last.equals("tool")) {
      throw rejected("the last message must have the role user or tool");
    }
    tools(body);
  }

  /** Checks a message; {@code ids} are those of the tool calls before it. */
  private static void message(String path, JsonObject message, Set<String> ids) {
    String role = JsonNodes.text(message, "role");
    if (!ROLES.contains(role)) {
      throw rejected(path + ".role must be one of system, user, assistant, tool");
    }
    Object content = message.getValue("content");
    boolean empty = JsonNodes.isEmpty(content);
    List<JsonObject> calls = JsonNodes.objects(message, "tool_calls");
    if (empty && calls.isEmpty()) {
      throw rejected(path + " must have content or tool_calls");
    }
    if (role.equals("tool") && !ids.contains(JsonNodes.text(message, "tool_call_id"))) {
      throw rejected(path + ".tool_call_id must be the id of a preceding tool call");
    }
    if (!role.equals("tool")) {
      ids.clear();
    }
    for (int j = 0; j < calls.size(); j++) {
      String id = JsonNodes.text(calls.get(j), "id");
      JsonObject function = JsonNodes.object(calls.get(j), "function");
      if (id.isEmpty() || !ids.add(id)) {
        throw rejected(path + ".tool_calls[" + j + "].id must be present and unique");
      }
      if (!(function.getValue("arguments") instanceof String)) {
        throw rejected(path + ".tool_calls[" + j + "].function.arguments must be a string");
      }
    }
  }

  private static void tools(JsonObject body) {
    List<JsonObject> tools = JsonNodes.objects(body, "tools");
    for (int i = 0; i < tools.size(); i++) {
      JsonObject function = JsonNodes.object(tools.get(i), "function");
      if (JsonNodes.text(function, "name").isEmpty()
          || !(function.getValue("parameters") instanceof JsonObject)) {
        throw rejected("tools[" + i + "].function must have a name and parameters");
      }
    }
    Object choice = body.getValue("tool_choice");
    if (choice != null && !"REQUIRED".equals(choice) && !"NONE".equals(choice)) {
      throw rejected("tool_choice must be REQUIRED or NONE");
    }
    boolean json = "json_object".equals(JsonNodes.object(body, "response_format").getValue("type"));
    if (json && !tools.isEmpty()) {
      throw rejected("response_format json_object is not supported with tools");
    }
  }

  private static RejectedException rejected(String message) {
    return new RejectedException(
        new SandboxError(400, null, null, null, "invalid request: " + message));
  }
}
