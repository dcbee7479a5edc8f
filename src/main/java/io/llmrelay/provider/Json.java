package io.llmrelay.provider;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.util.JsonRecyclerPools;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/** JSON in two speeds: a pull parser for what every chunk needs, and trees for everything else. */
public final class Json {
  /** Field names are not interned: a server chooses them, and the JVM would keep them. */
  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
          .recyclerPool(JsonRecyclerPools.threadLocalPool())
          .build();

  private static final double MAX_COUNT = 1e15;

  private Json() {}

  /** A parser of these bytes, before the first token. */
  public static JsonParser parser(byte[] bytes, int from, int to) throws IOException {
    return FACTORY.createParser(bytes, from, to - from);
  }

  /** Appends the string the parser stands at; anything else is skipped. */
  public static void append(JsonParser in, StringBuilder text) throws IOException {
    if (in.currentToken() == JsonToken.VALUE_STRING) {
      text.append(in.getTextCharacters(), in.getTextOffset(), in.getTextLength());
    } else {
      in.skipChildren();
    }
  }

  /** The string the parser stands at; anything else is skipped and {@code null}. */
  public static String string(JsonParser in) throws IOException {
    if (in.currentToken() == JsonToken.VALUE_STRING) {
      return in.getText();
    }
    in.skipChildren();
    return null;
  }

  /** The number the parser stands at; anything else is skipped and {@code otherwise}. */
  public static long number(JsonParser in, long otherwise) throws IOException {
    JsonToken token = in.currentToken();
    if (token == JsonToken.VALUE_NUMBER_INT || token == JsonToken.VALUE_NUMBER_FLOAT) {
      return in.getValueAsLong(otherwise);
    }
    in.skipChildren();
    return otherwise;
  }

  /**
   * The first JSON object in these bytes, alone or as the first element of an array, whatever
   * follows it; {@code null} if they do not begin with one.
   */
  public static JsonObject object(byte[] bytes, int from, int to) {
    try (JsonParser in = parser(bytes, from, to)) {
      JsonToken token = in.nextToken();
      if (token == JsonToken.START_ARRAY) {
        token = in.nextToken();
      }
      if (token != JsonToken.START_OBJECT) {
        return null;
      }
      int start = from + (int) in.currentTokenLocation().getByteOffset();
      in.skipChildren();
      int end = from + (int) in.currentLocation().getByteOffset();
      return new JsonObject(Buffer.buffer(Arrays.copyOfRange(bytes, start, end)));
    } catch (IOException | DecodeException e) {
      return null;
    }
  }

  /** The JSON object these bytes are, and nothing else. */
  public static JsonObject payload(byte[] bytes, int from, int to) throws IOException {
    try {
      return new JsonObject(Buffer.buffer(Arrays.copyOfRange(bytes, from, to)));
    } catch (DecodeException e) {
      throw new IOException("a payload is an object", e);
    }
  }

  /** The text at {@code key}, blank or not; empty where there is none. */
  public static String text(JsonObject json, String key) {
    return json.getValue(key) instanceof String s ? s : "";
  }

  /** The number of things at {@code key}, within reason; 0 where there is none. */
  public static long count(JsonObject json, String key) {
    return json.getValue(key) instanceof Number n
        ? (long) Math.max(0, Math.min(n.doubleValue(), MAX_COUNT))
        : 0;
  }

  /** The string at {@code key}, or {@code null} where there is none. */
  public static String string(JsonObject json, String key) {
    return json.getValue(key) instanceof String s && !s.isBlank() ? s : null;
  }

  /** The object at {@code key}, or an empty one. */
  public static JsonObject object(JsonObject json, String key) {
    return json.getValue(key) instanceof JsonObject o ? o : new JsonObject();
  }

  /** The array at {@code key}, or an empty one. */
  public static JsonArray array(JsonObject json, String key) {
    return json.getValue(key) instanceof JsonArray a ? a : new JsonArray();
  }

  /** The strings at {@code key} of the objects in the array at {@code array}. */
  public static List<String> strings(JsonObject json, String array, String key) {
    return array(json, array).stream()
        .map(entry -> entry instanceof JsonObject object ? string(object, key) : null)
        .filter(Objects::nonNull)
        .toList();
  }

  /** Puts a value that is there. */
  public static void put(JsonObject json, String key, Object value) {
    if (value != null) {
      json.put(key, value);
    }
  }
}
