package io.llmrelay.chat;

import io.vertx.core.json.JsonObject;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads the labels of a request. */
final class Metadata {
  private static final int MAX_KEYS = 16;
  private static final int MAX_KEY = 64;
  private static final int MAX_VALUE = 512;

  private Metadata() {}

  /** Returns the labels of {@code metadata}; the relay's own do not count towards the limit. */
  static Map<String, String> read(FieldReader in) {
    JsonObject json = in.json("metadata");
    if (json == null) {
      return Map.of();
    }
    long own =
        List.of(ChatRequest.CONSUMER, ChatRequest.REQUEST_ID, ChatRequest.FRONT).stream()
            .filter(json::containsKey)
            .count();
    if (json.size() - own > MAX_KEYS) {
      throw in.invalid("metadata", "must have at most " + MAX_KEYS + " keys");
    }
    Map<String, String> metadata = new LinkedHashMap<>();
    for (Map.Entry<String, Object> entry : json) {
      if (entry.getKey().length() > MAX_KEY) {
        throw in.invalid("metadata", "must have keys of at most " + MAX_KEY + " characters");
      }
      if (!(entry.getValue() instanceof String s) || s.length() > MAX_VALUE) {
        throw in.invalid(
            "metadata." + FieldReader.shown(entry.getKey()),
            "must be a string of at most " + MAX_VALUE + " characters");
      }
      metadata.put(entry.getKey(), s);
    }
    return Map.copyOf(metadata);
  }
}
