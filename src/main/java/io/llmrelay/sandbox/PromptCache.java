package io.llmrelay.sandbox;

import io.llmrelay.sandbox.dialect.SandboxRequest;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The prompts that backends have read, for each backend and API key: of each prompt the beginnings
 * that end with a message. Bounded; the oldest ones are dropped.
 */
final class PromptCache {
  /** The most beginnings of prompts of a backend and key. */
  private static final int MAX_ENTRIES = 10_000;

  private static final int CHARS_PER_TOKEN = 4;

  /** The fields that precede the messages. */
  private static final List<String> PREAMBLE =
      List.of("model", "tools", "system", "systemInstruction", "instructions");

  private final Map<String, Map<Long, Boolean>> read = new LinkedHashMap<>();

  /** Adds a prompt and returns how many of its tokens were there already. */
  synchronized int add(SandboxRequest request) {
    Map<Long, Boolean> known =
        read.computeIfAbsent(request.backend() + "\n" + request.key(), key -> entries());
    JsonObject preamble = new JsonObject();
    PREAMBLE.forEach(field -> preamble.put(field, request.body().getValue(field)));
    long hash = preamble.encode().hashCode();
    int chars = 0;
    int cached = 0;
    for (Object message : messages(request.body())) {
      String text = String.valueOf(message);
      hash = hash * 1_000_003 + text.hashCode();
      chars += text.length();
      if (known.put(hash, true) != null) {
        cached = chars;
      }
    }
    return cached / CHARS_PER_TOKEN;
  }

  private static Map<Long, Boolean> entries() {
    return new LinkedHashMap<>() {
      private static final long serialVersionUID = 1L;

      @Override
      protected boolean removeEldestEntry(Map.Entry<Long, Boolean> eldest) {
        return size() > MAX_ENTRIES;
      }
    };
  }

  private static JsonArray messages(JsonObject body) {
    for (String field : List.of("messages", "contents", "input")) {
      if (body.getValue(field) instanceof JsonArray array) {
        return array;
      }
    }
    return new JsonArray();
  }
}
