package io.llmrelay.provider;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;

/** Resolves references within a JSON document, such as {@code #/$defs/address}. */
final class JsonPointers {
  private static final Pattern INDEX = Pattern.compile("0|[1-9]\\d{0,5}");

  private JsonPointers() {}

  /** Returns the object that a reference points to, or {@code null} if there is none. */
  static JsonObject resolve(JsonObject root, String reference) {
    if (reference.equals("#")) {
      return root;
    }
    if (!reference.startsWith("#/")) {
      return null;
    }
    Object at = root;
    for (String step : reference.substring(2).split("/", -1)) {
      at = child(at, unescaped(step));
    }
    return at instanceof JsonObject object ? object : null;
  }

  private static Object child(Object at, String step) {
    if (at instanceof JsonObject object) {
      return object.getValue(step);
    }
    if (at instanceof JsonArray array && INDEX.matcher(step).matches()) {
      int index = Integer.parseInt(step);
      return index < array.size() ? array.getValue(index) : null;
    }
    return null;
  }

  private static String unescaped(String step) {
    String pointer = step.replace("~1", "/").replace("~0", "~");
    try {
      return URLDecoder.decode(pointer.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException notEncoded) {
      return pointer;
    }
  }
}
