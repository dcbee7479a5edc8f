package io.llmrelay.sandbox.bedrock;

import static io.llmrelay.sandbox.bedrock.BedrockErrors.constraint;
import static io.llmrelay.sandbox.bedrock.BedrockErrors.rejected;

import io.llmrelay.sandbox.dialect.JsonNodes;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * The checks that Bedrock makes before it runs a model. Sources of the texts: the API's own errors
 * as clients have reported them.
 */
final class BedrockValidator {
  private final List<JsonObject> messages;

  private BedrockValidator(JsonObject body) {
    this.messages = JsonNodes.objects(body, "messages");
  }

  static void check(JsonObject body) {
    if (JsonNodes.array(body, "messages").isEmpty()) {
      throw rejected(
          "A conversation must start with a user message. Try again with a conversation that starts"
              + " with a user message.");
    }
    new BedrockValidator(body).check(tools(JsonNodes.object(body, "toolConfig")));
  }

  /** Checks the tools, and returns whether there are any. */
  private static boolean tools(JsonObject config) {
    List<JsonObject> tools = JsonNodes.objects(config, "tools");
    if (config.getValue("tools") instanceof JsonArray && tools.isEmpty()) {
      throw rejected(
          "1 validation error detected: Value at 'toolConfig.tools' failed to satisfy constraint:"
              + " Member must have length greater than or equal to 1");
    }
    for (int i = 0; i < tools.size(); i++) {
      if (tools.get(i).getValue("toolSpec") instanceof JsonObject spec) {
        String path = "toolConfig.tools." + (i + 1) + ".member.toolSpec.name";
        ContentRules.name(path, JsonNodes.text(spec, "name"));
        JsonObject schema = JsonNodes.object(JsonNodes.object(spec, "inputSchema"), "json");
        if (!"object".equals(schema.getValue("type"))) {
          throw rejected(
              "The value at toolConfig.tools."
                  + i
                  + ".toolSpec.inputSchema.json.type must be one of the following: object.");
        }
      }
    }
    return !tools.isEmpty();
  }

  private void check(boolean tools) {
    String before = "assistant";
    for (int i = 0; i < messages.size(); i++) {
      String role = JsonNodes.text(messages.get(i), "role");
      if (!role.equals("user") && !role.equals("assistant")) {
        throw constraint(
            role,
            "messages." + (i + 1) + ".member.role",
            "satisfy enum value set: [user, assistant]");
      }
      if (i == 0 && role.equals("assistant")) {
        throw rejected(
            "A conversation must start with a user message. Try again with a conversation that"
                + " starts with a user message.");
      }
      if (role.equals(before)) {
        throw rejected(
            "A conversation must alternate between user and assistant roles. Make sure the"
                + " conversation alternates between user and assistant roles and try again.");
      }
      before = role;
      content(i);
    }
    toolResults();
    boolean toolBlocks = false;
    for (int i = 0; i < messages.size(); i++) {
      toolBlocks |= !ids(i, "toolUse").isEmpty() || !ids(i, "toolResult").isEmpty();
    }
    if (toolBlocks && !tools) {
      throw rejected(
          "The toolConfig field must be defined when using toolUse and toolResult content blocks.");
    }
  }

  private void content(int i) {
    List<JsonObject> blocks = JsonNodes.objects(messages.get(i), "content");
    if (blocks.isEmpty()) {
      throw rejected(
          "The content field in the Message object at messages."
              + i
              + " is empty. Add a ContentBlock object to the content field and try again.");
    }
    for (int j = 0; j < blocks.size(); j++) {
      ContentRules.check(i, j, blocks.get(j));
    }
  }

  private Set<String> ids(int i, String field) {
    Set<String> ids = new LinkedHashSet<>();
    if (i >= 0 && i < messages.size()) {
      for (JsonObject block : JsonNodes.objects(messages.get(i), "content")) {
        if (block.getValue(field) instanceof JsonObject json) {
          ids.add(JsonNodes.text(json, "toolUseId"));
        }
      }
    }
    return ids;
  }

  /** Checks that each tool use has its result in the next message. */
  private void toolResults() {
    for (int i = 0; i < messages.size(); i++) {
      Set<String> results = ids(i, "toolResult");
      Set<String> uses = ids(i - 1, "toolUse");
      Set<String> missing = new LinkedHashSet<>(uses);
      missing.removeAll(results);
      if (!missing.isEmpty()) {
        throw rejected(
            "Expected toolResult blocks at messages."
                + i
                + ".content for the following Ids: "
                + String.join(", ", missing));
      }
      if (results.size() > uses.size()) {
        throw rejected(
            "The number of toolResult blocks at messages."
                + i
                + ".content exceeds the number of toolUse blocks of previous turn.");
      }
    }
  }
}
