package io.llmrelay.chat;

import io.vertx.core.json.JsonObject;

/**
 * A block of a whole answer, with its content.
 *
 * @param block its number and kind
 * @param content its text; for a tool call the arguments as JSON
 */
public record ContentBlock(Block block, String content) {

  JsonObject toJson() {
    return block.toJson().put("content", content);
  }

  static ContentBlock fromJson(JsonObject json) {
    return new ContentBlock(Block.fromJson(json), json.getString("content"));
  }

  /** Omits the content, which must not be logged. */
  @Override
  public String toString() {
    return "ContentBlock[" + block + ", " + content.length() + " characters]";
  }
}
