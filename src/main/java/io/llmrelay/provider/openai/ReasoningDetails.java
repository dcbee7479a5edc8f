package io.llmrelay.provider.openai;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.llmrelay.provider.Answer;
import io.llmrelay.provider.wire.Json;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * The entries of {@code reasoning_details}, which OpenRouter streams in fragments. Fragments are
 * joined and passed on as complete entries at the end of the answer, since the signature of an
 * entry covers all of its text.
 */
final class ReasoningDetails {
  private static final String FIELD = "reasoning_details";
  private static final List<String> TEXTS = List.of("text", "summary");

  /** The maximum bytes that are kept; if exceeded, entries are passed on in parts. */
  private static final int MAX_LENGTH = 1 << 20;

  private final List<JsonObject> entries = new ArrayList<>();

  /** The text of the last entry, which further fragments may continue. */
  private final StringBuilder text = new StringBuilder();

  /** The bytes of the entries that are kept. */
  private long length;

  /** The entries of one chunk. */
  static final class Entries {
    private final List<JsonObject> list = new ArrayList<>(0);
    private long bytes;

    void clear() {
      list.clear();
      bytes = 0;
    }

    boolean isEmpty() {
      return list.isEmpty();
    }

    /** Reads the entries of a chunk. Appends their text and summaries. */
    void read(JsonParser in, StringBuilder visible) throws IOException {
      if (in.currentToken() != JsonToken.START_ARRAY) {
        in.skipChildren();
        return;
      }
      long from = in.currentLocation().getByteOffset();
      while (in.nextToken() != JsonToken.END_ARRAY) {
        if (Json.tree(in) instanceof JsonObject entry) {
          list.add(entry);
          TEXTS.forEach(field -> visible.append(Json.stringOrNumber(entry, field)));
        }
      }
      bytes += in.currentLocation().getByteOffset() - from;
    }
  }

  /** Adds the entries of a chunk. */
  void add(Entries chunk, Answer answer) {
    length += chunk.bytes;
    for (JsonObject entry : chunk.list) {
      if (!entries.isEmpty() && continues(entries.get(entries.size() - 1), entry)) {
        join(entries.get(entries.size() - 1), entry);
      } else {
        close();
        entries.add(entry);
        TEXTS.forEach(field -> text.append(Json.text(entry, field)));
      }
    }
    if (length > MAX_LENGTH) {
      end(answer);
    }
  }

  /** Returns whether an entry is a fragment of the one before: of the same type, index and id. */
  private static boolean continues(JsonObject last, JsonObject next) {
    return isText(last)
        && isText(next)
        && last.getValue("type").equals(next.getValue("type"))
        && agree(last.getValue("index"), next.getValue("index"))
        && agree(last.getValue("id"), next.getValue("id"));
  }

  private static boolean isText(JsonObject entry) {
    return "reasoning.text".equals(entry.getValue("type"))
        || "reasoning.summary".equals(entry.getValue("type"));
  }

  private static boolean agree(Object one, Object other) {
    return one == null || other == null || one.toString().equals(other.toString());
  }

  private void join(JsonObject last, JsonObject next) {
    for (String field : next.fieldNames()) {
      if (TEXTS.contains(field)) {
        text.append(Json.text(next, field));
      } else if (next.getValue(field) != null) {
        last.put(field, next.getValue(field));
      }
    }
  }

  /** Completes the last entry with its joined text. */
  private void close() {
    if (!text.isEmpty()) {
      JsonObject last = entries.get(entries.size() - 1);
      boolean summary = "reasoning.summary".equals(last.getValue("type"));
      last.put(TEXTS.get(summary ? 1 : 0), text.toString());
      text.setLength(0);
    }
  }

  /** Passes on all entries, at the end of the answer. */
  void end(Answer answer) {
    if (!entries.isEmpty()) {
      close();
      answer.data(FIELD, new JsonArray(new ArrayList<>(entries)));
      entries.clear();
      length = 0;
    }
  }
}
