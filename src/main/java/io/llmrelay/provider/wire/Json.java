package io.llmrelay.provider.wire;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.util.JsonRecyclerPools;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** JSON parsing: a pull parser for the fields of every chunk, and lenient trees for the rest. */
public final class Json {
  /** Field names are not interned, since servers choose them and the JVM would keep them. */
  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
          .recyclerPool(JsonRecyclerPools.threadLocalPool())
          .build();

  private static final double MAX_COUNT = 1e15;
  private static final int MAX_DIGITS = 15;

  private Json() {}

  /** Returns a parser of these bytes, before the first token. */
  public static JsonParser parser(byte[] bytes, int from, int to) throws IOException {
    return FACTORY.createParser(bytes, from, to - from);
  }

  /**
   * Appends the current string, or number as it is written, since some servers send numeric tokens
   * as numbers. Skips any other value.
   */
  public static void append(JsonParser in, StringBuilder text) throws IOException {
    if (in.currentToken() == JsonToken.VALUE_STRING || in.currentToken().isNumeric()) {
      text.append(in.getTextCharacters(), in.getTextOffset(), in.getTextLength());
    } else {
      in.skipChildren();
    }
  }

  /** Returns the current string. Skips any other value and returns {@code null}. */
  public static String string(JsonParser in) throws IOException {
    if (in.currentToken() == JsonToken.VALUE_STRING) {
      return in.getText();
    }
    in.skipChildren();
    return null;
  }

  /** Returns the current number. Skips any other value and returns {@code otherwise}. */
  public static long number(JsonParser in, long otherwise) throws IOException {
    JsonToken token = in.currentToken();
    if (token == JsonToken.VALUE_NUMBER_INT || token == JsonToken.VALUE_NUMBER_FLOAT) {
      return in.getValueAsLong(otherwise);
    }
    in.skipChildren();
    return otherwise;
  }

  /**
   * Returns the current count, a number or a string of digits, capped at 10<sup>15</sup>. Skips any
   * other value, or a negative number, and returns {@code otherwise}.
   */
  public static long count(JsonParser in, long otherwise) throws IOException {
    if (in.currentToken().isNumeric()) {
      double number = in.getDoubleValue();
      return number >= 0 ? count(number) : otherwise;
    }
    String text = string(in);
    return isCount(text) ? Long.parseLong(text) : otherwise;
  }

  private static long count(double number) {
    return (long) Math.max(0, Math.min(number, MAX_COUNT));
  }

  private static boolean isCount(String text) {
    return text != null
        && !text.isEmpty()
        && text.length() <= MAX_DIGITS
        && text.chars().allMatch(c -> c >= '0' && c <= '9');
  }

  /**
   * Returns the JSON object that these bytes begin with, alone or as the first element of an array;
   * {@code null} if there is none. Ignores what follows.
   */
  public static JsonObject object(byte[] bytes, int from, int to) {
    try (JsonParser in = parser(bytes, from, to)) {
      JsonToken token = in.nextToken();
      if (token == JsonToken.START_ARRAY) {
        token = in.nextToken();
      }
      return token == JsonToken.START_OBJECT ? new JsonObject(fields(in)) : null;
    } catch (IOException e) {
      return null;
    }
  }

  /** Parses these bytes, which must be one JSON object and nothing else. */
  public static JsonObject payload(byte[] bytes, int from, int to) throws IOException {
    try (JsonParser in = parser(bytes, from, to)) {
      if (in.nextToken() != JsonToken.START_OBJECT) {
        throw new IOException("a payload is an object");
      }
      JsonObject json = new JsonObject(fields(in));
      if (in.nextToken() != null) {
        throw new IOException("a payload is one object");
      }
      return json;
    }
  }

  /**
   * Decodes the current value, with what belongs to it: a {@link JsonObject}, a {@link JsonArray},
   * or a scalar.
   */
  public static Object tree(JsonParser in) throws IOException {
    return switch (in.currentToken()) {
      case START_OBJECT -> new JsonObject(fields(in));
      case START_ARRAY -> new JsonArray(elements(in));
      default -> value(in);
    };
  }

  private static Map<String, Object> fields(JsonParser in) throws IOException {
    Map<String, Object> fields = new LinkedHashMap<>();
    for (String field = in.nextFieldName(); field != null; field = in.nextFieldName()) {
      in.nextToken();
      fields.put(field, value(in));
    }
    return fields;
  }

  private static List<Object> elements(JsonParser in) throws IOException {
    List<Object> elements = new ArrayList<>();
    while (in.nextToken() != JsonToken.END_ARRAY) {
      elements.add(value(in));
    }
    return elements;
  }

  private static Object value(JsonParser in) throws IOException {
    return switch (in.currentToken()) {
      case START_OBJECT -> fields(in);
      case START_ARRAY -> elements(in);
      case VALUE_STRING -> in.getText();
      case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> number(in);
      case VALUE_TRUE -> true;
      case VALUE_FALSE -> false;
      default -> null;
    };
  }

  private static Number number(JsonParser in) throws IOException {
    Number number = in.getNumberValue();
    String text = in.getText();
    return number.toString().equals(text) ? number : new LiteralNumber(number, text);
  }

  /** A number that keeps the text it was written with, such as {@code 1.0e2}. */
  private static final class LiteralNumber extends Number {
    private static final long serialVersionUID = 1;

    private final Number number;
    private final String text;

    LiteralNumber(Number number, String text) {
      this.number = number;
      this.text = text;
    }

    @Override
    public int intValue() {
      return number.intValue();
    }

    @Override
    public long longValue() {
      return number.longValue();
    }

    @Override
    public float floatValue() {
      return number.floatValue();
    }

    @Override
    public double doubleValue() {
      return number.doubleValue();
    }

    @Override
    public String toString() {
      return text;
    }
  }

  /** Encodes a value that was parsed here, without spaces and with its numbers as written. */
  public static String encode(Object value) {
    StringWriter text = new StringWriter();
    try (JsonGenerator out = FACTORY.createGenerator(text)) {
      write(value, out);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return text.toString();
  }

  private static void write(Object value, JsonGenerator out) throws IOException {
    if (value instanceof JsonObject || value instanceof Map<?, ?>) {
      out.writeStartObject();
      Map<?, ?> fields = value instanceof JsonObject json ? json.getMap() : (Map<?, ?>) value;
      for (Map.Entry<?, ?> field : fields.entrySet()) {
        out.writeFieldName(field.getKey().toString());
        write(field.getValue(), out);
      }
      out.writeEndObject();
    } else if (value instanceof JsonArray || value instanceof List<?>) {
      out.writeStartArray();
      for (Object element : value instanceof JsonArray array ? array.getList() : (List<?>) value) {
        write(element, out);
      }
      out.writeEndArray();
    } else if (value instanceof Number) {
      out.writeNumber(value.toString());
    } else if (value instanceof Boolean flag) {
      out.writeBoolean(flag);
    } else if (value == null) {
      out.writeNull();
    } else {
      out.writeString(value.toString());
    }
  }

  /**
   * Returns the string at {@code key}, or the number as it is written; empty if there is neither.
   */
  public static String stringOrNumber(JsonObject json, String key) {
    Object value = json.getValue(key);
    return value instanceof String || value instanceof Number ? value.toString() : "";
  }

  /** Returns the string at {@code key}, or an empty one. */
  public static String text(JsonObject json, String key) {
    return json.getValue(key) instanceof String s ? s : "";
  }

  /**
   * Returns the count at {@code key}, a number or a string of digits, capped at 10<sup>15</sup>; 0
   * if there is none.
   */
  public static long count(JsonObject json, String key) {
    Object value = json.getValue(key);
    if (value instanceof Number number) {
      return count(number.doubleValue());
    }
    return value instanceof String text && isCount(text) ? Long.parseLong(text) : 0;
  }

  /** Returns the string at {@code key}, or {@code null} if there is none or it is blank. */
  public static String string(JsonObject json, String key) {
    return json.getValue(key) instanceof String s && !s.isBlank() ? s : null;
  }

  /** Returns the object at {@code key}, or an empty one. */
  public static JsonObject object(JsonObject json, String key) {
    return json.getValue(key) instanceof JsonObject o ? o : new JsonObject();
  }

  /** Returns the array at {@code key}, or an empty one. */
  public static JsonArray array(JsonObject json, String key) {
    return json.getValue(key) instanceof JsonArray a ? a : new JsonArray();
  }

  /** Returns the strings at {@code key} of the objects in the array at {@code array}. */
  public static List<String> strings(JsonObject json, String array, String key) {
    return array(json, array).stream()
        .map(entry -> entry instanceof JsonObject object ? string(object, key) : null)
        .filter(Objects::nonNull)
        .toList();
  }

  /** Puts a value unless it is {@code null}. */
  public static void put(JsonObject json, String key, Object value) {
    if (value != null) {
      json.put(key, value);
    }
  }
}
