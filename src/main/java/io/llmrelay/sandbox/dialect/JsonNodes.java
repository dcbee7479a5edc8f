package io.llmrelay.sandbox.dialect;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/** Access to parts of JSON that may be absent or of another type. */
public final class JsonNodes {

  private JsonNodes() {}

  /** Returns a text; empty if absent. */
  public static String text(JsonObject json, String key) {
    return json.getValue(key) instanceof String text ? text : "";
  }

  /** Returns an object; empty if absent. */
  public static JsonObject object(JsonObject json, String key) {
    return json.getValue(key) instanceof JsonObject object ? object : new JsonObject();
  }

  /** Returns an array; empty if absent. */
  public static JsonArray array(JsonObject json, String key) {
    return json.getValue(key) instanceof JsonArray array ? array : new JsonArray();
  }

  /**
   * Returns the elements of an array; an element that is not an object is replaced by an empty one.
   */
  public static List<JsonObject> objects(JsonObject json, String key) {
    return objects(array(json, key));
  }

  /**
   * Returns the elements of an array; an element that is not an object is replaced by an empty one.
   */
  public static List<JsonObject> objects(JsonArray array) {
    List<JsonObject> objects = new ArrayList<>();
    array.forEach(item -> objects.add(item instanceof JsonObject o ? o : new JsonObject()));
    return objects;
  }

  /** Returns a text that is a string or an array of parts with a {@code text}. */
  public static String content(Object content) {
    if (content instanceof String text) {
      return text;
    }
    StringBuilder text = new StringBuilder();
    if (content instanceof JsonArray parts) {
      objects(parts).forEach(part -> text.append(text(part, "text")));
    }
    return text.toString();
  }

  /** Returns whether a content has neither text nor parts. */
  public static boolean isEmpty(Object content) {
    return content == null
        || "".equals(content)
        || (content instanceof JsonArray parts && parts.isEmpty());
  }

  /** Returns whether a text is base64. */
  public static boolean isBase64(String text) {
    try {
      Base64.getDecoder().decode(text);
      return true;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  /** Returns the name of the type of a value, for error messages. */
  public static String typeOf(Object value) {
    if (value == null) {
      return "null";
    }
    return value instanceof String
        ? "string"
        : value instanceof Boolean
            ? "boolean"
            : value instanceof Number ? "number" : value instanceof JsonArray ? "array" : "object";
  }
}
