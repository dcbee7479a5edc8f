package io.llmrelay.sandbox.openai;

import io.llmrelay.sandbox.dialect.JsonNodes;
import io.llmrelay.sandbox.dialect.RejectedException;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/** DeepSeek's checks: in thinking mode, tool calls need the reasoning that preceded them. */
final class DeepSeekValidator {
  private static final String CODE = "invalid_request_error";

  /** The models that think by default. */
  private static final Pattern THINKING = Pattern.compile("deepseek-(v[4-9]|flash|pro|reasoner).*");

  private DeepSeekValidator() {}

  static void check(JsonObject body) {
    OpenAiValidator.required(body);
    List<JsonObject> messages = JsonNodes.objects(body, "messages");
    toolMessages(messages);
    texts(messages);
    if ("json_schema".equals(JsonNodes.text(JsonNodes.object(body, "response_format"), "type"))) {
      throw invalid("This response_format type is unavailable now");
    }
    if (!thinks(body)) {
      return;
    }
    Object choice = body.getValue("tool_choice");
    if ("required".equals(choice) || choice instanceof JsonObject) {
      throw invalid("Thinking mode does not support this tool_choice");
    }
    for (JsonObject message : messages) {
      boolean calls = !JsonNodes.array(message, "tool_calls").isEmpty();
      if (calls && !(message.getValue("reasoning_content") instanceof String)) {
        throw invalid(
            "The `reasoning_content` in the thinking mode must be passed back to the API.");
      }
    }
  }

  private static void texts(List<JsonObject> messages) {
    for (int i = 0; i < messages.size(); i++) {
      for (JsonObject part : JsonNodes.objects(messages.get(i), "content")) {
        if (!"text".equals(part.getValue("type"))) {
          throw invalid(
              "Failed to deserialize the JSON body into the target type: messages[%d]: unknown"
                      .formatted(i)
                  + " variant `%s`, expected `text`".formatted(part.getValue("type")));
        }
      }
    }
  }

  private static boolean thinks(JsonObject body) {
    String thinking = JsonNodes.text(JsonNodes.object(body, "thinking"), "type");
    if (!thinking.isEmpty()) {
      return thinking.equals("enabled");
    }
    Object effort = body.getValue("reasoning_effort");
    return effort == null
        ? THINKING.matcher(JsonNodes.text(body, "model")).matches()
        : !effort.equals("none");
  }

  private static void toolMessages(List<JsonObject> messages) {
    for (int i = 0; i < messages.size(); i++) {
      if ("tool".equals(messages.get(i).getValue("role"))) {
        throw invalid(
            "Messages with role 'tool' must be a response to a preceding message with"
                + " 'tool_calls'");
      }
      Set<String> open = OpenAiValidator.ids(messages.get(i));
      boolean calls = !open.isEmpty();
      while (calls
          && i + 1 < messages.size()
          && "tool".equals(messages.get(i + 1).getValue("role"))) {
        i++;
        open.remove(JsonNodes.text(messages.get(i), "tool_call_id"));
      }
      if (!open.isEmpty()) {
        throw invalid(
            "An assistant message with 'tool_calls' must be followed by tool messages responding"
                + " to each 'tool_call_id'. (insufficient tool messages following tool_calls"
                + " message)");
      }
    }
  }

  private static RejectedException invalid(String message) {
    return OpenAiValidator.invalid(null, CODE, message);
  }
}
