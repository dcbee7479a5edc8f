package io.llmrelay.provider;

import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.RawJson;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.Json;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Map;

/**
 * Encodes the body of a request. Beside the usual values, the tree may contain {@link RawJson},
 * whose bytes are copied, {@link DataUrl}, of which the base64 text is copied, and {@link Buffer},
 * which holds encoded JSON: long texts and images are neither decoded nor encoded.
 */
public final class JsonBody {
  /** Room for the fields beside messages and tools, in bytes. */
  private static final int FIELDS = 4_096;

  private JsonBody() {}

  /** Encodes the body that a dialect has made of a request. */
  public static Buffer encode(JsonObject body, ChatRequest request) {
    Buffer out = Buffer.buffer(FIELDS + (int) Math.min(request.size(), 1 << 28));
    append(body, out);
    return out;
  }

  private static void append(Object value, Buffer out) {
    if (value instanceof RawJson raw) {
      raw.appendTo(out);
    } else if (value instanceof Buffer encoded) {
      out.appendBuffer(encoded);
    } else if (value instanceof DataUrl url) {
      url.appendData(out);
    } else if (value instanceof JsonObject object) {
      appendFields(object.getMap(), out);
    } else if (value instanceof Map<?, ?> fields) {
      appendFields(fields, out);
    } else if (value instanceof JsonArray array) {
      appendElements(array.getList(), out);
    } else if (value instanceof List<?> elements) {
      appendElements(elements, out);
    } else if (value instanceof String text && isPlain(text)) {
      out.appendByte((byte) '"').appendString(text).appendByte((byte) '"');
    } else {
      out.appendBuffer(Json.encodeToBuffer(value));
    }
  }

  /** Returns whether a text is written in JSON as it is. */
  private static boolean isPlain(String text) {
    return text.chars().allMatch(c -> c >= ' ' && c < 0x7f && c != '"' && c != '\\');
  }

  private static void appendFields(Map<?, ?> fields, Buffer out) {
    char separator = '{';
    for (Map.Entry<?, ?> field : fields.entrySet()) {
      out.appendByte((byte) separator);
      append(field.getKey(), out);
      out.appendByte((byte) ':');
      append(field.getValue(), out);
      separator = ',';
    }
    out.appendString(fields.isEmpty() ? "{}" : "}");
  }

  private static void appendElements(List<?> elements, Buffer out) {
    char separator = '[';
    for (Object element : elements) {
      out.appendByte((byte) separator);
      append(element, out);
      separator = ',';
    }
    out.appendString(elements.isEmpty() ? "[]" : "]");
  }
}
