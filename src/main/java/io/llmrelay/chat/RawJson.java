package io.llmrelay.chat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.util.JsonRecyclerPools;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.Json;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * A JSON value of a request: a slice of the body it was received in, decoded on demand, or a value
 * built in code, encoded on demand. Immutable.
 *
 * <p>A slice keeps the whole body reachable.
 */
public final class RawJson {
  /** Long strings are expected: a body is bounded, its images are strings. */
  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
          .recyclerPool(JsonRecyclerPools.threadLocalPool())
          .streamReadConstraints(
              StreamReadConstraints.builder().maxStringLength(Integer.MAX_VALUE).build())
          .build();

  private final byte[] bytes;
  private final int from;
  private final int to;
  private final Object value;

  private RawJson(byte[] bytes, int from, int to, Object value) {
    this.bytes = bytes;
    this.from = from;
    this.to = to;
    this.value = value;
  }

  /**
   * Wraps a value built in code.
   *
   * @param value a string, number, boolean, {@link JsonObject} or {@link JsonArray}; not changed
   *     afterwards
   */
  public static RawJson of(Object value) {
    return new RawJson(null, 0, 0, Objects.requireNonNull(value));
  }

  /** Wraps the bytes of one valid JSON value. */
  static RawJson slice(byte[] bytes, int from, int to) {
    return new RawJson(bytes, from, to, null);
  }

  static JsonParser parser(byte[] bytes, int from, int to) throws IOException {
    return FACTORY.createParser(bytes, from, to - from);
  }

  public boolean isString() {
    return bytes == null ? value instanceof String : bytes[from] == '"';
  }

  boolean isObject() {
    return bytes == null ? value instanceof JsonObject : bytes[from] == '{';
  }

  /** Returns whether the value is a string that starts with ASCII text without escapes. */
  public boolean stringStartsWith(String ascii) {
    if (bytes == null) {
      return value instanceof String text && text.startsWith(ascii);
    }
    if (!isString() || to - from < ascii.length() + 2) {
      return false;
    }
    for (int i = 0; i < ascii.length(); i++) {
      if (bytes[from + 1 + i] != ascii.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  /** Returns a cursor at the value, which was received. */
  JsonCursor cursor() throws IOException {
    return new JsonCursor(bytes, from, to);
  }

  /** Returns the decoded string; {@code null} if the value is no string. */
  public String string() {
    return isString() ? (String) value() : null;
  }

  /**
   * Decodes the value.
   *
   * @return a string, number, boolean, {@link JsonObject} or {@link JsonArray}; {@code null} for
   *     JSON null
   */
  public Object value() {
    if (bytes == null) {
      return value instanceof JsonObject object
          ? object.copy()
          : value instanceof JsonArray array ? array.copy() : value;
    }
    try (JsonParser in = parser(bytes, from, to)) {
      in.nextToken();
      return decode(in);
    } catch (IOException e) {
      throw new IllegalStateException("a slice of valid JSON is not valid", e);
    }
  }

  /** Decodes the value of the current token, with what belongs to it. */
  static Object decode(JsonParser in) throws IOException {
    Object value = plain(in);
    return value instanceof Map<?, ?>
        ? new JsonObject(cast(value))
        : value instanceof List<?> list ? new JsonArray(list) : value;
  }

  @SuppressWarnings("unchecked")
  private static Map<String, Object> cast(Object value) {
    return (Map<String, Object>) value;
  }

  private static Object plain(JsonParser in) throws IOException {
    return switch (in.currentToken()) {
      case START_OBJECT -> {
        Map<String, Object> fields = new LinkedHashMap<>();
        for (String field = in.nextFieldName(); field != null; field = in.nextFieldName()) {
          in.nextToken();
          fields.put(field, plain(in));
        }
        yield fields;
      }
      case START_ARRAY -> {
        List<Object> elements = new ArrayList<>();
        while (in.nextToken() != JsonToken.END_ARRAY) {
          elements.add(plain(in));
        }
        yield elements;
      }
      case VALUE_STRING -> in.getText();
      case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> in.getNumberValue();
      case VALUE_TRUE -> true;
      case VALUE_FALSE -> false;
      default -> null;
    };
  }

  /** Returns the length of the encoded value in bytes; of a string built in code, in characters. */
  public int length() {
    if (bytes != null) {
      return to - from;
    }
    return value instanceof String text ? text.length() + 2 : encoded().length();
  }

  /**
   * Counts the characters of a string without decoding it; of any other value, those of its encoded
   * form.
   */
  public long characters() {
    if (bytes == null) {
      return value instanceof String text ? text.length() : encoded().length();
    }
    return isString()
        ? Characters.count(bytes, from + 1, to - 1)
        : Characters.count(bytes, from, to);
  }

  /** Appends the encoded value. */
  public void appendTo(Buffer out) {
    if (bytes == null) {
      out.appendBuffer(encoded());
    } else {
      out.appendBytes(bytes, from, to - from);
    }
  }

  private Buffer encoded() {
    return Json.encodeToBuffer(value);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof RawJson json && Objects.equals(json.value(), value());
  }

  @Override
  public int hashCode() {
    return Objects.hashCode(value());
  }

  /** Leaves the value out: it may be part of a prompt. */
  @Override
  public String toString() {
    return "RawJson[" + length() + " bytes]";
  }
}
