package io.llmrelay.chat;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.util.JsonRecyclerPools;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.Json;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * A JSON value of a request: a slice of the body it was received in, decoded on demand, or a value
 * built in code, encoded on demand. Immutable.
 *
 * <p>A slice keeps the whole body reachable.
 */
public final class RawJson {
  /** Has no limit for the length of strings: the body is bounded, and images are strings. */
  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
          .recyclerPool(JsonRecyclerPools.threadLocalPool())
          .streamReadConstraints(
              StreamReadConstraints.builder().maxStringLength(Integer.MAX_VALUE).build())
          .build();

  /** How deep {@link #read(byte[], Set)} looks into a value. */
  private static final int MAX_KNOWN_DEPTH = 10;

  /** ASCII without escapes that precedes the text of a string in {@link #bytes}; or empty. */
  private final String prefix;

  private final byte[] bytes;
  private final int from;
  private final int to;
  private final int characters;
  private final Object value;

  /** The fields of an object, or the elements of an array; {@code null} if they are not known. */
  private final Object parts;

  private RawJson(
      String prefix, byte[] bytes, int from, int to, int characters, Object value, Object parts) {
    this.prefix = prefix;
    this.bytes = bytes;
    this.from = from;
    this.to = to;
    this.characters = characters;
    this.value = value;
    this.parts = parts;
  }

  /**
   * Wraps a value built in code.
   *
   * @param value a string, number, boolean, {@link JsonObject} or {@link JsonArray}; not changed
   *     afterwards
   */
  public static RawJson of(Object value) {
    return new RawJson("", null, 0, 0, 0, Objects.requireNonNull(value), null);
  }

  /**
   * Wraps the bytes of one valid JSON value.
   *
   * @param characters the decoded characters of a string; for any other value, its bytes
   */
  static RawJson slice(byte[] bytes, int from, int to, int characters) {
    return new RawJson("", bytes, from, to, characters, null, null);
  }

  /**
   * Checks a body and wraps it. All of it is passed once: its objects and arrays know their parts.
   *
   * @param body becomes part of the value, and must not be changed afterwards
   * @param opaque names of fields whose parts are not asked for, such as a schema
   * @throws DecodeException if it is not one JSON value other than null; the message does not quote
   *     it
   */
  public static RawJson read(byte[] body, Set<String> opaque) {
    JsonCursor in = new JsonCursor(body, 0, body.length);
    RawJson value = in.atEnd() ? null : read(in, opaque, MAX_KNOWN_DEPTH);
    if (value == null || !in.atEnd()) {
      throw new DecodeException(
          value == null ? "the body is empty" : "the body has more than one JSON value");
    }
    return value;
  }

  /** As {@link #read(byte[], Set)}, without looking into any part yet. */
  public static RawJson read(byte[] body) {
    JsonCursor in = new JsonCursor(body, 0, body.length);
    RawJson value = in.atEnd() ? null : in.raw();
    if (value == null || !in.atEnd()) {
      throw new DecodeException(
          value == null ? "the body is empty" : "the body has more than one JSON value");
    }
    return value;
  }

  private static RawJson read(JsonCursor in, Set<String> opaque, int depth) {
    int from = in.tokenStart();
    if (depth > 0 && in.at(JsonToken.START_OBJECT)) {
      Map<String, RawJson> fields = new LinkedHashMap<>();
      in.next();
      while (!in.at(JsonToken.END_OBJECT)) {
        String name = in.field();
        fields.put(name, opaque.contains(name) ? in.raw() : read(in, opaque, depth - 1));
      }
      return closed(in, from, Collections.unmodifiableMap(fields));
    }
    if (depth > 0 && in.at(JsonToken.START_ARRAY)) {
      List<RawJson> elements = new ArrayList<>();
      in.next();
      while (!in.at(JsonToken.END_ARRAY)) {
        elements.add(read(in, opaque, depth - 1));
      }
      return closed(in, from, Collections.unmodifiableList(elements));
    }
    return in.raw();
  }

  private static RawJson closed(JsonCursor in, int from, Object parts) {
    RawJson slice = in.closedSince(from);
    in.next();
    return new RawJson("", slice.bytes, slice.from, slice.to, slice.characters, null, parts);
  }

  /**
   * Returns a string that consists of a prefix and this string, which is not copied.
   *
   * @param ascii printable ASCII without quotes and backslashes
   */
  public RawJson withPrefix(String ascii) {
    if (bytes == null) {
      return of(ascii + value);
    }
    String both = ascii + prefix;
    return new RawJson(both, bytes, from, to, characters + ascii.length(), null, null);
  }

  /** Decodes a valid JSON string. */
  static String string(byte[] bytes, int from, int to) {
    for (int i = from; i < to; i++) {
      if (bytes[i] == '\\') {
        return (String) decode(bytes, from, to);
      }
    }
    return new String(bytes, from + 1, to - from - 2, UTF_8);
  }

  /** Returns whether the value is a string. */
  public boolean isString() {
    return bytes == null ? value instanceof String : bytes[from] == '"';
  }

  /** Returns whether the value is an object. */
  public boolean isObject() {
    return bytes == null ? value instanceof JsonObject : bytes[from] == '{';
  }

  /** Returns whether the value is an array. */
  public boolean isArray() {
    return bytes == null ? value instanceof JsonArray : bytes[from] == '[';
  }

  /** Returns whether the value is a string that starts with ASCII text without escapes. */
  public boolean stringStartsWith(String ascii) {
    if (bytes == null) {
      return value instanceof String text && text.startsWith(ascii);
    }
    if (!prefix.isEmpty()) {
      return asciiHead(ascii.length()).equals(ascii);
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

  /**
   * Returns the ASCII text that a string begins with, without decoding the rest.
   *
   * @param max the most characters
   */
  public String asciiHead(int max) {
    StringBuilder head = new StringBuilder();
    if (bytes == null) {
      String text = value instanceof String string ? string : "";
      for (int i = 0; i < text.length() && i < max && text.charAt(i) < 0x80; i++) {
        head.append(text.charAt(i));
      }
      return head.toString();
    }
    head.append(prefix, 0, Math.min(prefix.length(), max));
    for (int i = from + 1; isString() && i < to - 1 && head.length() < max; i++) {
      boolean slash = bytes[i] == '\\' && bytes[i + 1] == '/';
      if (bytes[i] < 0 || bytes[i] == '\\' && !slash) {
        break;
      }
      i += slash ? 1 : 0;
      head.append((char) bytes[i]);
    }
    return head.toString();
  }

  /**
   * Appends a string without its first characters, without decoding it.
   *
   * @param characters how many of {@link #asciiHead} to omit
   */
  public void appendAfter(int characters, BodyBuilder out) {
    if (bytes == null) {
      out.append(Json.encodeToBuffer(((String) value).substring(characters)));
      return;
    }
    int begin = from + 1;
    for (int i = prefix.length(); i < characters; i++) {
      begin += bytes[begin] == '\\' ? 2 : 1;
    }
    out.append('"').append(prefix.substring(Math.min(characters, prefix.length())));
    out.append(bytes, begin, to);
  }

  /**
   * Returns the beginning and the end of a string as it was received, without decoding it. Equal
   * strings that were received in the same form have equal samples.
   *
   * @param max the most bytes of each
   */
  public String sample(int max) {
    if (bytes == null) {
      String text = String.valueOf(value);
      int length = text.length();
      return length <= 2 * max ? text : text.substring(0, max) + text.substring(length - max);
    }
    int length = to - from;
    return length <= 2 * max
        ? prefix + new String(bytes, from, length, ISO_8859_1)
        : prefix
            + new String(bytes, from, max, ISO_8859_1)
            + new String(bytes, to - max, max, ISO_8859_1);
  }

  /** Returns a cursor at the value, which was received. */
  JsonCursor cursor() {
    return new JsonCursor(bytes, from, to);
  }

  /**
   * Returns the beginning of a decoded string, without decoding the rest.
   *
   * @param max the most bytes to decode, or characters of a string built in code
   */
  public String head(int max) {
    if (bytes == null) {
      String text = string();
      boolean whole = text.length() <= max;
      return whole ? text : text.substring(0, max - (isSplit(text, max) ? 1 : 0));
    }
    int last = Math.min(to - 1, from + 1 + max);
    int end = from + 1;
    for (int next = end; next <= last; next += encodedLength(next)) {
      end = next;
    }
    byte[] head = Arrays.copyOfRange(bytes, from, end + 1);
    head[head.length - 1] = '"';
    return prefix + string(head, 0, head.length);
  }

  private static boolean isSplit(String text, int at) {
    return at > 0 && Character.isHighSurrogate(text.charAt(at - 1));
  }

  /** Returns the bytes of the character or the escape that begins here. */
  private int encodedLength(int at) {
    byte first = bytes[at];
    if (first == '\\') {
      return bytes[at + 1] == 'u' ? 6 : 2;
    }
    return first >= 0 ? 1 : (first & 0xE0) == 0xC0 ? 2 : (first & 0xF0) == 0xE0 ? 3 : 4;
  }

  /** Returns the decoded string; {@code null} if the value is not a string. */
  public String string() {
    if (bytes == null) {
      return value instanceof String text ? text : null;
    }
    return isString() ? prefix + string(bytes, from, to) : null;
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
    return isString() ? string() : decode(bytes, from, to);
  }

  private static Object decode(byte[] bytes, int from, int to) {
    try (JsonParser in = FACTORY.createParser(bytes, from, to - from)) {
      in.nextToken();
      Object value = plain(in);
      return value instanceof Map<?, ?>
          ? new JsonObject(cast(value))
          : value instanceof List<?> list ? new JsonArray(list) : value;
    } catch (IOException e) {
      throw new IllegalStateException("a slice of valid JSON is not valid", e);
    }
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

  /**
   * Returns the fields of an object in order, undecoded; a field that is JSON null has the value
   * {@code null}.
   */
  @SuppressWarnings("unchecked")
  public Map<String, RawJson> fields() {
    if (parts != null) {
      return (Map<String, RawJson>) parts;
    }
    Map<String, RawJson> fields = new LinkedHashMap<>();
    if (bytes == null) {
      for (Map.Entry<String, Object> field : (JsonObject) value) {
        fields.put(field.getKey(), field.getValue() == null ? null : of(field.getValue()));
      }
      return fields;
    }
    JsonCursor in = cursor();
    in.next();
    while (!in.at(JsonToken.END_OBJECT)) {
      fields.put(in.field(), in.raw());
    }
    return fields;
  }

  /** Returns whether the value is an array of integers, with at least one. */
  boolean isTokens() {
    if (!isArray()) {
      return false;
    }
    if (bytes == null) {
      JsonArray array = (JsonArray) value;
      return !array.isEmpty() && array.stream().allMatch(each -> each instanceof Integer);
    }
    JsonCursor in = cursor();
    in.next();
    boolean any = false;
    while (in.at(JsonToken.VALUE_NUMBER_INT)) {
      any = true;
      in.next();
    }
    return any && in.at(JsonToken.END_ARRAY);
  }

  /** Returns the elements of an array in order, undecoded; JSON null is {@code null}. */
  @SuppressWarnings("unchecked")
  public List<RawJson> elements() {
    if (parts != null) {
      return (List<RawJson>) parts;
    }
    List<RawJson> elements = new ArrayList<>();
    if (bytes == null) {
      for (Object element : (JsonArray) value) {
        elements.add(element == null ? null : of(element));
      }
      return elements;
    }
    JsonCursor in = cursor();
    in.next();
    while (!in.at(JsonToken.END_ARRAY)) {
      elements.add(in.raw());
    }
    return elements;
  }

  /** Returns the length of the encoded value in bytes; of a string built in code, in characters. */
  public int length() {
    if (bytes != null) {
      return prefix.length() + to - from;
    }
    return value instanceof String text ? text.length() + 2 : encoded().length();
  }

  /** Returns the length of the body that a slice keeps reachable; else that of the value. */
  int sourceLength() {
    return bytes == null ? length() : bytes.length;
  }

  /** Returns the characters of a string; of any other value, the bytes of its encoded form. */
  public long characters() {
    if (bytes == null) {
      return value instanceof String text ? text.length() : encoded().length();
    }
    return characters;
  }

  /** Appends the encoded value; a large slice is shared. */
  public void appendTo(BodyBuilder out) {
    if (bytes == null) {
      out.append(encoded());
    } else if (prefix.isEmpty()) {
      out.append(bytes, from, to);
    } else {
      appendAfter(0, out);
    }
  }

  /** Returns the encoded value. */
  public String encode() {
    BodyBuilder out = new BodyBuilder();
    appendTo(out);
    return out.toBuffer().toString();
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

  /** Omits the value, which may be part of a prompt. */
  @Override
  public String toString() {
    return "RawJson[" + length() + " bytes]";
  }
}
