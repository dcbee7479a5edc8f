package io.llmrelay.sandbox.cloudflare;

import io.llmrelay.sandbox.dialect.JsonNodes;
import io.llmrelay.sandbox.dialect.RejectedException;
import io.llmrelay.sandbox.dialect.SandboxError;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;

/** Validates requests as Cloudflare does, against the schema of the model. */
final class CloudflareValidator {
  private static final String BAD_INPUT = "5006";

  private CloudflareValidator() {}

  static void check(JsonObject body) {
    if (JsonNodes.array(body, "messages").isEmpty() && JsonNodes.text(body, "prompt").isEmpty()) {
      throw rejected(
          "oneOf at '/' not met, 0 matches: required properties at '/' are 'prompt', required"
              + " properties at '/' are 'messages'");
    }
    List<String> problems = new ArrayList<>();
    List<JsonObject> messages = JsonNodes.objects(body, "messages");
    for (int i = 0; i < messages.size(); i++) {
      message("/messages/" + i, messages.get(i), problems);
    }
    List<JsonObject> tools = JsonNodes.objects(body, "tools");
    for (int i = 0; i < tools.size(); i++) {
      JsonObject function = JsonNodes.object(tools.get(i), "function");
      JsonObject tool = function.isEmpty() ? tools.get(i) : function;
      if (JsonNodes.text(tool, "name").isEmpty()) {
        problems.add("required properties at '/tools/" + i + "' are 'name'");
      }
    }
    if (!problems.isEmpty()) {
      throw rejected("oneOf at '/' not met, 0 matches: " + String.join(", ", problems));
    }
  }

  private static void message(String path, JsonObject message, List<String> problems) {
    if (JsonNodes.text(message, "role").isEmpty()) {
      problems.add("required properties at '" + path + "' are 'role'");
    }
    boolean hasToolCalls = !JsonNodes.array(message, "tool_calls").isEmpty();
    Object content = message.getValue("content");
    if (content == null && hasToolCalls && !message.containsKey("content")) {
      return;
    }
    if (!(content instanceof String) && !(content instanceof JsonArray)) {
      problems.add(
          "Type mismatch of '"
              + path
              + "/content', '"
              + JsonNodes.typeOf(content)
              + "' not in 'string'");
    }
  }

  private static RejectedException rejected(String problem) {
    String message = "AiError: Bad input: Error: " + problem;
    return new RejectedException(new SandboxError(400, null, BAD_INPUT, null, message));
  }
}
