package io.llmrelay.sandbox.anthropic;

import static io.llmrelay.sandbox.anthropic.AnthropicErrors.rejected;

import io.llmrelay.sandbox.dialect.JsonNodes;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The checks of messages and of the order of their blocks. The API merges consecutive messages of
 * one role.
 */
final class Turns {

  /** The models that accept system messages after a user's. */
  private static final Pattern SYSTEM_MESSAGES =
      Pattern.compile("claude-(opus-4-[8-9]|[a-z]+-[5-9]).*");

  private final List<JsonObject> messages;
  private final boolean systemMessages;
  private final Set<String> toolUseIds = new HashSet<>();

  Turns(JsonObject body) {
    this.messages = JsonNodes.objects(body, "messages");
    this.systemMessages = SYSTEM_MESSAGES.matcher(JsonNodes.text(body, "model")).matches();
  }

  void check(boolean thinks) {
    for (int i = 0; i < messages.size(); i++) {
      role(i);
    }
    for (int i = 0; i < messages.size(); i++) {
      content(i);
    }
    toolResults();
    JsonObject last = messages.get(messages.size() - 1);
    String end = JsonNodes.content(last.getValue("content"));
    if (isAssistant(last) && !end.equals(end.stripTrailing())) {
      throw rejected("messages: final assistant content cannot end with trailing whitespace");
    }
    if (thinks) {
      startsWithThinking();
    }
  }

  private static boolean isAssistant(JsonObject message) {
    return "assistant".equals(message.getValue("role"));
  }

  private void role(int i) {
    String role = JsonNodes.text(messages.get(i), "role");
    if (role.equals("system")) {
      boolean afterUser = i > 0 && "user".equals(messages.get(i - 1).getValue("role"));
      if (!systemMessages || !afterUser) {
        throw rejected(
            "messages: Unexpected role \"system\". The Messages API accepts a top-level `system`"
                + " parameter, not \"system\" as an input message role.");
      }
    } else if (!role.equals("user") && !role.equals("assistant")) {
      throw rejected("messages." + i + ".role: Input should be 'user' or 'assistant'");
    }
    if (i == 0 && !role.equals("user")) {
      throw rejected("messages: first message must use the \"user\" role");
    }
  }

  private void content(int i) {
    Object content = messages.get(i).getValue("content");
    boolean finalAssistant = i == messages.size() - 1 && isAssistant(messages.get(i));
    boolean empty = JsonNodes.isEmpty(content);
    if (empty && !finalAssistant) {
      throw rejected(
          "messages."
              + i
              + ": all messages must have non-empty content except for the optional final"
              + " assistant message");
    }
    if (!(content instanceof JsonArray blocks)) {
      return;
    }
    List<JsonObject> all = JsonNodes.objects(blocks);
    int calls = 0;
    for (int j = 0; j < all.size(); j++) {
      JsonObject block = all.get(j);
      Blocks.check("messages." + i + ".content." + j, block, isAssistant(messages.get(i)), calls);
      if ("tool_use".equals(block.getValue("type"))) {
        calls++;
        if (!toolUseIds.add(JsonNodes.text(block, "id"))) {
          throw rejected("messages." + i + ".content." + j + ": `tool_use` ids must be unique");
        }
      }
    }
    boolean onlyText = all.stream().allMatch(block -> "text".equals(block.getValue("type")));
    if (onlyText && !all.isEmpty() && JsonNodes.content(blocks).isBlank()) {
      throw rejected("messages: text content blocks must contain non-whitespace text");
    }
  }

  /** Checks that every tool use has its result in the next turn, before any other block. */
  private void toolResults() {
    Set<String> open = new LinkedHashSet<>();
    int from = 0;
    for (int i = 0; i < messages.size(); i = end(i)) {
      if (isAssistant(messages.get(i))) {
        open = ids(i, "tool_use", "id");
        from = i;
        continue;
      }
      results(i, from, open);
      open = new LinkedHashSet<>();
    }
    if (!open.isEmpty() && !isAssistant(messages.get(messages.size() - 1))) {
      throw unanswered(from, open);
    }
  }

  private void results(int i, int from, Set<String> open) {
    Set<String> missing = new LinkedHashSet<>(open);
    boolean other = false;
    for (int m = i; m < end(i); m++) {
      List<JsonObject> blocks = JsonNodes.objects(messages.get(m), "content");
      other |= messages.get(m).getValue("content") instanceof String;
      for (int j = 0; j < blocks.size(); j++) {
        if (!"tool_result".equals(blocks.get(j).getValue("type"))) {
          other = true;
          continue;
        }
        String id = JsonNodes.text(blocks.get(j), "tool_use_id");
        if (!open.contains(id)) {
          throw rejected(
              ("messages.%d.content.%d: unexpected `tool_use_id` found in `tool_result` blocks: %s."
                      + " Each `tool_result` block must have a corresponding `tool_use` block in"
                      + " the previous message.")
                  .formatted(m, j, id));
        }
        if (!other) {
          missing.remove(id);
        }
      }
    }
    if (!missing.isEmpty()) {
      throw unanswered(from, missing);
    }
  }

  private static RuntimeException unanswered(int message, Set<String> ids) {
    return rejected(
        ("messages.%d: `tool_use` ids were found without `tool_result` blocks immediately after:"
                + " %s. Each `tool_use` block must have a corresponding `tool_result` block in the"
                + " next message.")
            .formatted(message, String.join(", ", ids)));
  }

  /** Returns the index after the messages of the same role from a message on. */
  private int end(int i) {
    int end = i + 1;
    while (end < messages.size()
        && isAssistant(messages.get(end)) == isAssistant(messages.get(i))) {
      end++;
    }
    return end;
  }

  private Set<String> ids(int i, String type, String field) {
    Set<String> ids = new LinkedHashSet<>();
    for (JsonObject message : messages.subList(i, end(i))) {
      for (JsonObject block : JsonNodes.objects(message, "content")) {
        if (type.equals(block.getValue("type"))) {
          ids.add(JsonNodes.text(block, field));
        }
      }
    }
    return ids;
  }

  /**
   * Checks that the last loop of tool uses and results begins with its thinking. Later tool uses of
   * the loop need none: without interleaved thinking the model thinks only once.
   */
  private void startsWithThinking() {
    int turn = -1;
    for (int i = messages.size() - 1; i > 0 && hasResults(messages.get(i)); i -= 2) {
      turn = i - 1;
    }
    if (turn < 0) {
      return;
    }
    List<JsonObject> blocks = JsonNodes.objects(messages.get(turn), "content");
    String first = blocks.isEmpty() ? "text" : JsonNodes.text(blocks.get(0), "type");
    if (!first.equals("thinking") && !first.equals("redacted_thinking")) {
      throw rejected(
          ("messages.%d.content.0.type: Expected `thinking` or `redacted_thinking`, but found `%s`."
                  + " When `thinking` is enabled, a final `assistant` message must start with a"
                  + " thinking block (preceeding the lastmost set of `tool_use` and `tool_result`"
                  + " blocks).")
              .formatted(turn, first));
    }
  }

  private static boolean hasResults(JsonObject message) {
    return JsonNodes.objects(message, "content").stream()
        .anyMatch(block -> "tool_result".equals(block.getValue("type")));
  }
}
