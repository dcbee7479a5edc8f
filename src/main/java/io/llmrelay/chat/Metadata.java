package io.llmrelay.chat;

import io.vertx.core.json.JsonObject;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Reads the labels of a request. */
final class Metadata {
  private static final int MAX_KEYS = 16;
  private static final int MAX_KEY = 64;
  private static final int MAX_VALUE = 512;

  /** The relay's own labels, which do not count towards the limit. */
  private static final List<String> OWN =
      List.of(ChatRequest.CONSUMER, ChatRequest.REQUEST_ID, ChatRequest.FRONT);

  private Metadata() {}

  /** Returns the labels of {@code metadata}; the relay's own do not count towards the limit. */
  static Map<String, String> read(FieldReader in) {
    JsonObject json = in.json("metadata");
    if (json == null) {
      return Map.of();
    }
    if (countOfCaller(json.fieldNames()) > MAX_KEYS) {
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

  /** Whether {@link #read} would accept these labels. */
  static boolean isValid(Map<String, String> metadata) {
    return countOfCaller(metadata.keySet()) <= MAX_KEYS
        && metadata.entrySet().stream()
            .allMatch(e -> e.getKey().length() <= MAX_KEY && e.getValue().length() <= MAX_VALUE);
  }

  private static long countOfCaller(Set<String> keys) {
    return keys.size() - OWN.stream().filter(keys::contains).count();
  }
}
