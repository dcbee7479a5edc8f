package io.llmrelay.chat;

import io.vertx.core.json.JsonObject;

/**
 * A numbered part of an answer, without its content, which arrives in chunks.
 *
 * @param index its number, counted from 0 in the order in which blocks start
 * @param kind its kind
 * @param id the id of a tool call, otherwise {@code null}
 * @param name the tool's name, or the field that carries data; otherwise {@code null}
 * @param extra the provider's own data of a tool call, in the form of {@code extra_content} of a
 *     request; {@code {"frames": true}} for events that only frame the content of other blocks;
 *     {@code null} if there is none
 */
public record Block(int index, BlockKind kind, String id, String name, JsonObject extra) {

  /** The name of data that is content: images, in OpenRouter's form. */
  public static final String IMAGES = "images";

  /** Creates a block without id and name, such as text. */
  public static Block of(int index, BlockKind kind) {
    return new Block(index, kind, null, null, null);
  }

  /** Whether it holds images, which are content although they come as data. */
  public boolean isImages() {
    return kind == BlockKind.DATA && IMAGES.equals(name);
  }

  /** Returns the {@link #extra} of events that only frame the content of other blocks. */
  public static JsonObject frame() {
    return new JsonObject().put("frames", true);
  }

  /** Whether its events only frame the content of other blocks, and say nothing beyond that. */
  public boolean isFrame() {
    return kind == BlockKind.EVENT && extra != null && extra.getBoolean("frames", false);
  }

  /** Returns the JSON form, as it crosses the event bus. */
  public JsonObject toJson() {
    JsonObject json = new JsonObject().put("index", index).put("kind", kind.code());
    if (id != null) {
      json.put("id", id);
    }
    if (name != null) {
      json.put("name", name);
    }
    if (extra != null) {
      json.put("extra", extra.copy());
    }
    return json;
  }

  /** Reads the JSON form. */
  public static Block fromJson(JsonObject json) {
    return new Block(
        json.getInteger("index"),
        BlockKind.of(json.getString("kind")),
        json.getString("id"),
        json.getString("name"),
        json.getJsonObject("extra"));
  }
}
