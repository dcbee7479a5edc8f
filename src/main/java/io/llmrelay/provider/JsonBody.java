package io.llmrelay.provider;

import io.llmrelay.chat.BodyBuilder;
import io.llmrelay.chat.RawJson;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.Json;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Map;

/**
 * Encodes the body of a request. Besides the usual values, the tree may contain {@link RawJson} and
 * {@link Buffer}, whose bytes are copied as encoded JSON, and {@link DataUrl}, whose base64 text is
 * copied: long texts and images are neither decoded nor encoded.
 */
public final class JsonBody {
  private JsonBody() {}

  /** Encodes a body. */
  public static Buffer encode(JsonObject body) {
    BodyBuilder out = new BodyBuilder();
    append(body, out);
    return out.toBuffer();
  }

  private static void append(Object value, BodyBuilder out) {
    if (value instanceof RawJson raw) {
      raw.appendTo(out);
    } else if (value instanceof Buffer encoded) {
      out.append(encoded);
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
      out.append('"').append(text).append('"');
    } else {
      out.append(Json.encodeToBuffer(value));
    }
  }

  /** Returns whether a text needs no escape in JSON. */
  private static boolean isPlain(String text) {
    return text.chars().allMatch(c -> c >= ' ' && c < 0x7f && c != '"' && c != '\\');
  }

  private static void appendFields(Map<?, ?> fields, BodyBuilder out) {
    char separator = '{';
    for (Map.Entry<?, ?> field : fields.entrySet()) {
      out.append(separator);
      append(field.getKey(), out);
      out.append(':');
      append(field.getValue(), out);
      separator = ',';
    }
    out.append(fields.isEmpty() ? "{}" : "}");
  }

  private static void appendElements(List<?> elements, BodyBuilder out) {
    char separator = '[';
    for (Object element : elements) {
      out.append(separator);
      append(element, out);
      separator = ',';
    }
    out.append(elements.isEmpty() ? "[]" : "]");
  }
}
