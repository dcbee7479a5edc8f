package io.llmrelay.gateway.anthropic;

import io.llmrelay.chat.ContentPart;
import io.llmrelay.chat.ContentPart.Reasoning;
import io.llmrelay.chat.RawJson;
import io.llmrelay.gateway.front.RequestFields;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads the thinking of one answer. Anthropic's thinking keeps its place. The thinking of another
 * vendor is in blocks that the relay has signed; the signatures hold the vendor's details, each
 * with the length of its text.
 */
final class ThinkingReader {
  private final StringBuilder text = new StringBuilder();
  private final List<JsonObject> details = new ArrayList<>();
  private boolean foreign;

  /** Reads a block; returns {@code null} if it is another vendor's. */
  Reasoning read(RequestFields in) {
    if (in.requiredString("type").equals("redacted_thinking")) {
      String data = in.requiredString("data");
      return addDetails(data) ? null : new Reasoning(null, Reasoning.ANTHROPIC, null, null, data);
    }
    RawJson thinking = in.requiredText("thinking");
    String signature = in.string("signature");
    if (signature == null || signature.isEmpty()) {
      foreign = true; // Anthropic signs everything.
      text.append(thinking.string());
      return null;
    }
    if (addDetails(signature)) {
      text.append(thinking.string());
      return null;
    }
    return new Reasoning(thinking, Reasoning.ANTHROPIC, null, signature, null);
  }

  private boolean addDetails(String signature) {
    JsonArray added = RelayData.details(signature);
    if (added == null) {
      return false;
    }
    foreign = true;
    for (Object each : added) {
      if (each instanceof JsonObject detail) {
        details.add(detail);
      }
    }
    return true;
  }

  /** Returns whether there is thinking that Anthropic has not signed. */
  boolean isForeign() {
    return foreign;
  }

  /** Returns the thinking of another vendor. */
  List<ContentPart> foreign() {
    List<ContentPart> parts = new ArrayList<>();
    int from = 0;
    for (JsonObject detail : details) {
      int length = detail.getValue("length") instanceof Integer given ? Math.max(0, given) : 0;
      int to = Math.min(text.length() - from, length) + from;
      parts.add(
          new Reasoning(
              to > from ? RawJson.of(text.substring(from, to)) : null,
              string(detail, "format"),
              string(detail, "id"),
              string(detail, "signature"),
              string(detail, "data")));
      from = to;
    }
    if (from < text.length()) {
      parts.add(0, Reasoning.of(text.substring(from)));
    }
    return parts;
  }

  private static String string(JsonObject detail, String field) {
    return detail.getValue(field) instanceof String text ? text : null;
  }
}
