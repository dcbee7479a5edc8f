package io.llmrelay.provider.gemini;

import io.llmrelay.provider.wire.Json;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.BitSet;
import java.util.List;

/**
 * Translates the sources of an answer into OpenAI's annotations. Gemini counts positions in bytes
 * of UTF-8, OpenAI in characters, so the text is kept, up to a limit, to convert them.
 */
final class GeminiSources {
  /** The maximum characters of text kept; later positions are reduced to it. */
  private static final int MAX_TEXT = 256 * 1024;

  private static final int MAX_ANNOTATIONS = 1_000;
  private static final List<String> KINDS = List.of("web", "maps", "retrievedContext", "image");

  private final StringBuilder text = new StringBuilder();
  private JsonObject grounding = new JsonObject();

  /** Adds text of the answer. */
  void text(String more) {
    text.append(more, 0, Math.min(more.length(), MAX_TEXT - text.length()));
  }

  /** Records the sources known so far, which replace earlier ones. */
  void read(JsonObject metadata) {
    if (!Json.array(metadata, "groundingChunks").isEmpty()) {
      grounding = metadata;
    }
  }

  /** Returns an annotation for each source of each passage, and for each source without one. */
  JsonArray annotations() {
    JsonArray annotations = new JsonArray();
    JsonArray chunks = Json.array(grounding, "groundingChunks");
    BitSet used = new BitSet();
    for (Object entry : Json.array(grounding, "groundingSupports")) {
      if (entry instanceof JsonObject support) {
        JsonObject segment = Json.object(support, "segment");
        int start = position(Json.count(segment, "startIndex"));
        int end = position(Json.count(segment, "endIndex"));
        for (Object index : Json.array(support, "groundingChunkIndices")) {
          if (index instanceof Number number && number.intValue() >= 0) {
            used.set(Math.min(number.intValue(), chunks.size()));
            add(annotations, chunks, number.intValue(), start, end);
          }
        }
      }
    }
    for (int i = used.nextClearBit(0); i < chunks.size(); i = used.nextClearBit(i + 1)) {
      add(annotations, chunks, i, 0, 0);
    }
    return annotations;
  }

  private static void add(JsonArray annotations, JsonArray chunks, int index, int start, int end) {
    if (index >= chunks.size()
        || annotations.size() >= MAX_ANNOTATIONS
        || !(chunks.getValue(index) instanceof JsonObject chunk)) {
      return;
    }
    for (String kind : KINDS) {
      JsonObject source = Json.object(chunk, kind);
      String url = Json.string(source, kind.equals("image") ? "sourceUri" : "uri");
      if (url != null) {
        annotations.add(
            new JsonObject()
                .put("type", "url_citation")
                .put(
                    "url_citation",
                    new JsonObject()
                        .put("start_index", start)
                        .put("end_index", end)
                        .put("url", url)
                        .put("title", Json.text(source, "title"))));
      }
    }
  }

  /** Converts a position in bytes into one in characters. */
  private int position(long bytes) {
    long passed = 0;
    int i = 0;
    while (i < text.length() && passed < bytes) {
      int c = text.codePointAt(i);
      passed += c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
      i += Character.charCount(c);
    }
    return i;
  }
}
