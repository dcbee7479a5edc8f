package io.llmrelay.gateway.responses;

import io.llmrelay.chat.BodyBuilder;
import io.llmrelay.chat.ContentPart;
import io.llmrelay.chat.ContentPart.Reasoning;
import io.llmrelay.chat.RawJson;
import io.llmrelay.gateway.front.RequestFields;
import io.vertx.core.json.Json;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads reasoning items. What OpenAI has encrypted is its own; what the relay has put there stands
 * for the reasoning of another vendor, and is removed from what OpenAI gets.
 */
final class ReasoningReader {
  private static final String ENCRYPTED = "encrypted_content";
  private static final String INPUT = "input";

  private final Map<String, JsonObject> calls = new HashMap<>();
  private boolean foreign;

  /** Returns whether there was reasoning of another vendor. */
  boolean isForeign() {
    return foreign;
  }

  /** Returns the id that a call has at its provider. */
  String callId(String id) {
    return RelayData.call(calls, id).getString("id", id);
  }

  /** Returns the provider's own data of a call; {@code null} if there is none. */
  RawJson extra(String id) {
    return RelayData.call(calls, id).getValue("extra") instanceof JsonObject extra
        ? RawJson.of(extra)
        : null;
  }

  /** Reads an item. */
  List<ContentPart> read(RequestFields in) {
    List<String> texts = new ArrayList<>();
    String id = in.string("id");
    String encrypted = in.string(ENCRYPTED);
    for (String field : List.of("summary", "content")) {
      for (RequestFields part : in.objects(field)) {
        part.raw("type");
        texts.add(part.requiredText("text").string());
        part.nothingElse();
      }
    }
    in.raw("status");
    in.nothingElse();
    RelayData data = RelayData.of(encrypted);
    if (data != null) {
      foreign = true;
      data.calls()
          .forEach(
              call -> {
                if (call.getValue() instanceof JsonObject own) {
                  calls.put(call.getKey(), own);
                }
              });
      return foreign(data.details(), String.join("\n\n", texts));
    }
    List<ContentPart> parts = new ArrayList<>();
    String origin = encrypted == null ? null : Reasoning.OPENAI;
    for (String text : texts) {
      parts.add(new Reasoning(RawJson.of(text), origin, origin == null ? null : id, null, null));
    }
    if (encrypted != null) {
      parts.add(new Reasoning(null, origin, id, null, encrypted));
    }
    return parts;
  }

  private static List<ContentPart> foreign(JsonArray details, String visible) {
    List<ContentPart> parts = new ArrayList<>();
    boolean text = false;
    for (Object each : details) {
      if (each instanceof JsonObject detail) {
        Object words = detail.getValue("text", detail.getValue("summary"));
        text |= words instanceof String;
        parts.add(
            new Reasoning(
                words instanceof String said ? RawJson.of(said) : null,
                string(detail, "format"),
                string(detail, "id"),
                string(detail, "signature"),
                string(detail, "data")));
      }
    }
    if (!text && !visible.isEmpty()) {
      parts.add(0, Reasoning.of(visible));
    }
    return parts;
  }

  private static String string(JsonObject detail, String field) {
    return detail.getValue(field) instanceof String text ? text : null;
  }

  /** Returns a body without the reasoning of other vendors. */
  static RawJson withoutForeign(RawJson body) {
    BodyBuilder out = new BodyBuilder();
    String separator = "{";
    for (Map.Entry<String, RawJson> field : body.fields().entrySet()) {
      out.append(separator).append(Json.encode(field.getKey())).append(":");
      if (field.getKey().equals(INPUT)) {
        items(field.getValue(), out);
      } else if (field.getValue() == null) {
        out.append("null");
      } else {
        field.getValue().appendTo(out);
      }
      separator = ",";
    }
    return RawJson.read(out.append("}").toBuffer().getBytes());
  }

  private static void items(RawJson items, BodyBuilder out) {
    String separator = "[";
    for (RawJson item : items.elements()) {
      RawJson encrypted = item.fields().get(ENCRYPTED);
      if (encrypted == null || RelayData.of(encrypted.string()) == null) {
        item.appendTo(out.append(separator));
        separator = ",";
      }
    }
    out.append(separator.equals("[") ? "[]" : "]");
  }
}
