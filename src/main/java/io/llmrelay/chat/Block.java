package io.llmrelay.chat;

import io.vertx.core.json.JsonObject;

/**
 * A numbered part of an answer. Its content comes in chunks.
 *
 * @param index its number, counted from 0 in the order in which blocks start
 * @param kind what it is
 * @param id the provider's id of a tool call, otherwise {@code null}
 * @param name the tool's name, otherwise {@code null}
 */
public record Block(int index, BlockKind kind, String id, String name) {

  /** A block that is no tool call. */
  public static Block of(int index, BlockKind kind) {
    return new Block(index, kind, null, null);
  }

  public JsonObject toJson() {
    JsonObject json = new JsonObject().put("index", index).put("kind", kind.code());
    if (id != null) {
      json.put("id", id);
    }
    if (name != null) {
      json.put("name", name);
    }
    return json;
  }

  public static Block fromJson(JsonObject json) {
    return new Block(
        json.getInteger("index"),
        BlockKind.of(json.getString("kind")),
        json.getString("id"),
        json.getString("name"));
  }
}
