package io.llmrelay.chat;

import io.vertx.core.json.JsonObject;

/**
 * A block of a whole answer.
 *
 * @param block what it is
 * @param content its text; for a tool call the arguments as JSON
 */
public record ContentBlock(Block block, String content) {

  JsonObject toJson() {
    return block.toJson().put("content", content);
  }

  static ContentBlock fromJson(JsonObject json) {
    return new ContentBlock(Block.fromJson(json), json.getString("content"));
  }

  /** Leaves the content out: it belongs to the consumer, not to a log. */
  @Override
  public String toString() {
    return "ContentBlock[" + block + ", " + content.length() + " characters]";
  }
}
