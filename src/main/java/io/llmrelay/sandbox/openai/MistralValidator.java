package io.llmrelay.sandbox.openai;

import io.llmrelay.sandbox.dialect.JsonNodes;
import io.llmrelay.sandbox.dialect.RejectedException;
import io.llmrelay.sandbox.dialect.SandboxError;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Mistral's checks: no unknown fields, ids of tool calls of nine letters and digits, and a stricter
 * order of roles than OpenAI's.
 */
final class MistralValidator {
  private static final Pattern ID = Pattern.compile("[a-zA-Z0-9]{9}");
  private static final Set<String> FIELDS =
      Set.of(
          "model",
          "temperature",
          "top_p",
          "max_tokens",
          "stream",
          "stop",
          "random_seed",
          "metadata",
          "messages",
          "response_format",
          "tools",
          "tool_choice",
          "presence_penalty",
          "frequency_penalty",
          "n",
          "prediction",
          "parallel_tool_calls",
          "prompt_mode",
          "reasoning_effort",
          "guardrails",
          "prompt_cache_key",
          "safe_prompt");

  private MistralValidator() {}

  static void check(JsonObject body) {
    for (String field : body.fieldNames()) {
      if (!FIELDS.contains(field)) {
        throw new RejectedException(
            new SandboxError(
                422, "extra_forbidden", null, field, "Extra inputs are not permitted"));
      }
    }
    OpenAiValidator.required(body);
    List<JsonObject> messages = JsonNodes.objects(body, "messages");
    for (int i = 0; i < messages.size(); i++) {
      message(messages, i);
    }
    JsonObject last = messages.get(messages.size() - 1);
    String role = JsonNodes.text(last, "role");
    boolean prefix = Boolean.TRUE.equals(last.getValue("prefix"));
    if (!role.equals("user") && !role.equals("tool") && !prefix) {
      throw order(
          "Expected last role User or Tool (or Assistant with prefix True) for serving but got "
              + role);
    }
  }

  private static void message(List<JsonObject> messages, int i) {
    JsonObject message = messages.get(i);
    String role = JsonNodes.text(message, "role");
    String before = i == 0 ? "" : JsonNodes.text(messages.get(i - 1), "role");
    Set<String> ids = OpenAiValidator.ids(message);
    if (role.equals("assistant")
        && ids.isEmpty()
        && JsonNodes.content(message.getValue("content")).isEmpty()) {
      throw rejected(
          "invalid_request_assistant_message",
          "3240",
          "Assistant message must have either content or tool_calls, but not none.");
    }
    ids.forEach(MistralValidator::id);
    if (role.equals("tool")) {
      id(JsonNodes.text(message, "tool_call_id"));
      boolean afterCalls =
          before.equals("tool") || (i > 0 && !OpenAiValidator.ids(messages.get(i - 1)).isEmpty());
      if (!afterCalls) {
        throw order("Unexpected role 'tool' after role '" + before + "'");
      }
    } else if (before.equals("tool") && !role.equals("assistant")) {
      throw order("Unexpected role '" + role + "' after role 'tool'");
    }
    if (!ids.isEmpty() && results(messages, i) != ids.size()) {
      throw order("Not the same number of function calls and responses");
    }
  }

  /** Returns the number of tool messages that follow a message. */
  private static int results(List<JsonObject> messages, int i) {
    int end = i + 1;
    while (end < messages.size() && "tool".equals(messages.get(end).getValue("role"))) {
      end++;
    }
    return end - i - 1;
  }

  private static void id(String id) {
    if (!ID.matcher(id).matches()) {
      throw rejected(
          "invalid_function_call",
          "3280",
          "Tool call id was " + id + " but must be a-z, A-Z, 0-9, with a length of 9.");
    }
  }

  private static RejectedException order(String message) {
    return rejected("invalid_request_message_order", "3230", message);
  }

  private static RejectedException rejected(String type, String code, String message) {
    return new RejectedException(new SandboxError(400, type, code, null, message));
  }
}
