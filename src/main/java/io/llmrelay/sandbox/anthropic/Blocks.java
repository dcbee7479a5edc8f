package io.llmrelay.sandbox.anthropic;

import static io.llmrelay.sandbox.anthropic.AnthropicErrors.rejected;

import io.llmrelay.sandbox.dialect.JsonNodes;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.regex.Pattern;

/** The checks of single content blocks. */
final class Blocks {
  private static final Pattern ID = Pattern.compile("[a-zA-Z0-9_-]+");
  private static final List<String> TYPES =
      List.of(
          "document",
          "image",
          "redacted_thinking",
          "search_result",
          "server_tool_use",
          "text",
          "thinking",
          "tool_result",
          "tool_use",
          "web_search_tool_result");
  private static final List<String> IMAGES =
      List.of("image/jpeg", "image/png", "image/gif", "image/webp");

  private Blocks() {}

  /**
   * Checks a block.
   *
   * @param path the path in messages of errors, such as {@code messages.0.content.0}
   * @param calls the number of tool uses before it in the message
   */
  static void check(String path, JsonObject block, boolean assistant, int calls) {
    String type = JsonNodes.text(block, "type");
    if (!TYPES.contains(type)) {
      throw rejected(
          path
              + ": Input tag '"
              + type
              + "' found using 'type' does not match any of the expected tags: '"
              + String.join("', '", TYPES)
              + "'");
    }
    switch (type) {
      case "text" -> {
        if (JsonNodes.text(block, "text").isEmpty()) {
          throw rejected("messages: text content blocks must be non-empty");
        }
      }
      case "thinking" -> thinking(path, block, calls);
      case "tool_use" -> toolUse(path, block, assistant);
      case "tool_result" -> toolResult(path, block, assistant);
      case "image" -> image(path, JsonNodes.object(block, "source"));
      default -> {}
    }
  }

  private static void thinking(String path, JsonObject block, int calls) {
    if (!(block.getValue("thinking") instanceof String)) {
      throw rejected(path + ".thinking.thinking: Field required");
    }
    if (!(block.getValue("signature") instanceof String signature)) {
      throw rejected(path + ".thinking.signature: Field required");
    }
    if (!AnthropicFormat.isSignature(signature)) {
      throw rejected(path + ": Invalid `signature` in `thinking` block");
    }
    if (!signature.equals(AnthropicFormat.signature(calls))) {
      throw rejected(
          path
              + ": `thinking` or `redacted_thinking` blocks in the latest assistant message cannot"
              + " be modified. These blocks must remain as they were in the original response.");
    }
  }

  private static void toolUse(String path, JsonObject block, boolean assistant) {
    if (!assistant) {
      throw rejected(path + ": `tool_use` blocks can only be in `assistant` messages");
    }
    id(path + ".tool_use.id", block.getValue("id"));
    if (JsonNodes.text(block, "name").isEmpty()) {
      throw rejected(path + ".tool_use.name: Field required");
    }
    if (!(block.getValue("input") instanceof JsonObject)) {
      throw rejected(path + ".tool_use.input: Input should be a valid dictionary");
    }
  }

  private static void toolResult(String path, JsonObject block, boolean assistant) {
    if (assistant) {
      throw rejected(path + ": `tool_result` blocks can only be in `user` messages");
    }
    id(path + ".tool_result.tool_use_id", block.getValue("tool_use_id"));
  }

  private static void id(String path, Object id) {
    if (!(id instanceof String text)) {
      throw rejected(path + ": Field required");
    }
    if (!ID.matcher(text).matches()) {
      throw rejected(path + ": String should match pattern '^[a-zA-Z0-9_-]+$'");
    }
  }

  private static void image(String path, JsonObject source) {
    String type = JsonNodes.text(source, "type");
    if (!List.of("base64", "url", "file").contains(type)) {
      throw rejected(
          path
              + ".image.source: Input tag '"
              + type
              + "' found using 'type' does not match any of the expected tags: 'base64', 'file',"
              + " 'url'");
    }
    if (!type.equals("base64")) {
      return;
    }
    if (!IMAGES.contains(JsonNodes.text(source, "media_type"))) {
      throw rejected(
          path
              + ".image.source.base64.media_type: Input should be 'image/jpeg', 'image/png',"
              + " 'image/gif' or 'image/webp'");
    }
    if (!JsonNodes.isBase64(JsonNodes.text(source, "data"))) {
      throw rejected(path + ".image.source.base64: invalid base64 data");
    }
  }
}
