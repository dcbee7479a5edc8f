package io.llmrelay.provider.responses;

import io.llmrelay.chat.ContentPart.Reasoning;
import io.llmrelay.provider.wire.Json;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.Objects;

/**
 * A reasoning item: its summary and its encrypted content. In an answer they are entries of {@code
 * reasoning_details} that share the item's id, in the form of OpenRouter, which clients send back.
 */
final class ReasoningItem {
  private static final int MAX_LENGTH = 4 << 20;

  private final String id;
  private final JsonArray summary = new JsonArray();
  private String encrypted;

  ReasoningItem(String id) {
    this.id = id;
  }

  /** Returns whether a part is of an item: encrypted by OpenAI, or the summary of such an item. */
  static boolean isPart(Reasoning part) {
    return Reasoning.OPENAI.equals(part.origin());
  }

  /** Returns whether a part belongs to this item. */
  boolean has(Reasoning part) {
    return id != null && Objects.equals(id, part.id());
  }

  /** Adds a part of the same item. */
  void add(Reasoning part) {
    if (part.text() != null) {
      summary.add(new JsonObject().put("type", "summary_text").put("text", part.text()));
    }
    encrypted = part.encrypted() == null ? encrypted : part.encrypted();
  }

  /** Returns the item; {@code null} if it has no encrypted content, without which it is unknown. */
  JsonObject toJson() {
    if (encrypted == null) {
      return null;
    }
    JsonObject json = new JsonObject().put("type", "reasoning");
    Json.put(json, "id", id);
    return json.put("summary", summary).put("encrypted_content", encrypted);
  }

  /** Returns the entries of an item of an answer; empty if it need not be sent back. */
  static JsonArray details(JsonObject item) {
    JsonArray details = new JsonArray();
    String encrypted = Json.string(item, "encrypted_content");
    if (encrypted == null || encrypted.length() > MAX_LENGTH) {
      return details;
    }
    for (Object part : Json.array(item, "summary")) {
      if (part instanceof JsonObject text) {
        add(details, "reasoning.summary", "summary", Json.text(text, "text"), item);
      }
    }
    add(details, "reasoning.encrypted", "data", encrypted, item);
    return details;
  }

  private static void add(
      JsonArray details, String type, String field, String value, JsonObject item) {
    JsonObject entry = new JsonObject().put("type", type).put(field, value);
    Json.put(entry, "id", Json.string(item, "id"));
    details.add(entry.put("format", Reasoning.OPENAI).put("index", details.size()));
  }
}
