package io.llmrelay.chat;

import com.fasterxml.jackson.core.JsonToken;
import io.vertx.core.json.DecodeException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * A position in the JSON of a request. Validates every byte it passes, and decodes only values that
 * are read decoded.
 *
 * <p>A request may be megabytes long, most of it in strings, so strings are scanned in words of
 * eight bytes. Escapes are frequent and irregular, which defeats branch prediction: a word with
 * two-byte escapes takes the same branch as one without. The scan also counts the bytes in excess
 * of one per character.
 *
 * <p>Each method that reads a value expects the cursor at its first token, and leaves it at the
 * token after the value. A syntax error is a {@link DecodeException}, which does not quote the
 * JSON.
 */
final class JsonCursor {
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final long ONES = 0x0101010101010101L;
  private static final long HIGHS = 0x8080808080808080L;
  private static final long QUOTES = '"' * ONES;
  private static final long BACKSLASHES = '\\' * ONES;

  /** Added to an ASCII word, sets the high bit of every byte except control characters. */
  private static final long CONTROLS = (0x80 - ' ') * ONES;

  /** Limits of the JSON parser that decodes values; the depth also bounds its recursion. */
  private static final int MAX_DEPTH = 1_000;

  private static final int TAIL = 64;
  private static final int MAX_NAME = 50_000;
  private static final int MAX_NUMBER = 1_000;

  /** The ASCII characters that follow the backslash of a two-byte escape. */
  private static final boolean[] ESCAPED = new boolean[128];

  static {
    "\"\\/bfnrt".chars().forEach(c -> ESCAPED[c] = true);
  }

  private enum Expected {
    VALUE,
    VALUE_OR_END,
    NAME,
    NAME_OR_END,
    COMMA_OR_END,
  }

  private final byte[] bytes;
  private final int end;
  private int at;
  private JsonToken token;
  private int tokenStart;
  private int nameEnd;

  /** The bytes of the last string in excess of one per character. */
  private int surplus;

  private Expected expected = Expected.VALUE;

  /** For each open container whether it is an object; the last one is at {@code depth - 1}. */
  private boolean[] objects = new boolean[16];

  private int depth;

  JsonCursor(byte[] bytes, int from, int to) {
    this.bytes = bytes;
    this.at = from;
    this.end = to;
    next();
  }

  boolean at(JsonToken expected) {
    return token == expected;
  }

  boolean atEnd() {
    return token == null;
  }

  /** Returns the name of the field at the cursor, and moves to its value. */
  String field() {
    String name = RawJson.string(bytes, tokenStart, nameEnd);
    next();
    return name;
  }

  /** Reads a value without decoding it; {@code null} for JSON null. */
  RawJson raw() {
    JsonToken first = token;
    int from = tokenStart;
    skipContent();
    int to = at;
    int characters = first == JsonToken.VALUE_STRING ? to - from - 2 - surplus : to - from;
    next();
    return first == JsonToken.VALUE_NULL ? null : RawJson.slice(bytes, from, to, characters);
  }

  /** Reads and decodes a value; {@code null} for JSON null. */
  Object value() {
    RawJson value = raw();
    return value == null ? null : value.value();
  }

  /** Moves to the last token of the value at the cursor. */
  private void skipContent() {
    if (token == JsonToken.START_OBJECT || token == JsonToken.START_ARRAY) {
      int outside = depth - 1;
      while (depth > outside) {
        next();
      }
    }
  }

  /** Passes the array at the cursor if these are its bytes. */
  boolean passArray(byte[] array) {
    int to = tokenStart + array.length;
    int tail = Math.min(TAIL, array.length); // Sets of one agent often begin alike.
    if (token != JsonToken.START_ARRAY
        || to > end
        || !Arrays.equals(bytes, to - tail, to, array, array.length - tail, array.length)
        || !Arrays.equals(bytes, tokenStart, to, array, 0, array.length)) {
      return false;
    }
    depth--;
    at = to;
    expected = Expected.COMMA_OR_END;
    next();
    return true;
  }

  /** Returns the position of the token at the cursor. */
  int tokenStart() {
    return tokenStart;
  }

  RawJson slice(int from, int to) {
    return RawJson.slice(bytes, from, to, to - from);
  }

  /** Returns the bytes from a position to the end of the object that closes at the cursor. */
  RawJson closedSince(int from) {
    return slice(from, tokenStart + 1);
  }

  /** Moves to the next token. */
  void next() {
    skipSpace();
    if (expected == Expected.COMMA_OR_END && depth == 0) {
      tokenStart = at;
      token = null;
      if (at < end) {
        token = JsonToken.NOT_AVAILABLE; // Something follows the only value.
      }
      return;
    }
    if (at == end) {
      if (depth == 0 && token == null) {
        return; // There is nothing at all.
      }
      throw error(at);
    }
    if (expected == Expected.COMMA_OR_END && bytes[at] == ',') {
      at++;
      expected = objects[depth - 1] ? Expected.NAME : Expected.VALUE;
      skipSpace();
      if (at == end) {
        throw error(at);
      }
    }
    tokenStart = at;
    switch (expected) {
      case VALUE -> value(bytes[at]);
      case VALUE_OR_END -> {
        if (bytes[at] == ']') {
          close();
        } else {
          value(bytes[at]);
        }
      }
      case NAME -> name();
      case NAME_OR_END -> {
        if (bytes[at] == '}') {
          close();
        } else {
          name();
        }
      }
      case COMMA_OR_END -> {
        if (bytes[at] != (objects[depth - 1] ? '}' : ']')) {
          throw error(at);
        }
        close();
      }
    }
  }

  private void name() {
    if (bytes[at] != '"') {
      throw error(at);
    }
    string();
    nameEnd = at;
    if (nameEnd - tokenStart > MAX_NAME) {
      throw error(tokenStart);
    }
    skipSpace();
    if (at == end || bytes[at] != ':') {
      throw error(at);
    }
    at++;
    token = JsonToken.FIELD_NAME;
    expected = Expected.VALUE;
  }

  private void value(byte first) {
    switch (first) {
      case '{' -> open(true);
      case '[' -> open(false);
      case '"' -> {
        string();
        token = JsonToken.VALUE_STRING;
        expected = Expected.COMMA_OR_END;
      }
      case 't' -> literal("true", JsonToken.VALUE_TRUE);
      case 'f' -> literal("false", JsonToken.VALUE_FALSE);
      case 'n' -> literal("null", JsonToken.VALUE_NULL);
      default -> number();
    }
  }

  private void open(boolean object) {
    if (depth == MAX_DEPTH) {
      throw error(at);
    }
    if (depth == objects.length) {
      objects = Arrays.copyOf(objects, 2 * depth);
    }
    objects[depth++] = object;
    at++;
    token = object ? JsonToken.START_OBJECT : JsonToken.START_ARRAY;
    expected = object ? Expected.NAME_OR_END : Expected.VALUE_OR_END;
  }

  private void close() {
    token = objects[--depth] ? JsonToken.END_OBJECT : JsonToken.END_ARRAY;
    at++;
    expected = Expected.COMMA_OR_END;
  }

  private void literal(String text, JsonToken literal) {
    for (int i = 0; i < text.length(); i++, at++) {
      if (at == end || bytes[at] != text.charAt(i)) {
        throw error(at);
      }
    }
    scalar(literal);
  }

  private void number() {
    boolean whole = true;
    skip('-');
    if (!skip('0')) {
      digits();
    }
    if (skip('.')) {
      whole = false;
      digits();
    }
    if (skip('e') || skip('E')) {
      whole = false;
      if (!skip('+')) {
        skip('-');
      }
      digits();
    }
    if (at - tokenStart > MAX_NUMBER) {
      throw error(tokenStart);
    }
    scalar(whole ? JsonToken.VALUE_NUMBER_INT : JsonToken.VALUE_NUMBER_FLOAT);
  }

  private boolean skip(char c) {
    boolean there = at < end && bytes[at] == c;
    at += there ? 1 : 0;
    return there;
  }

  private void digits() {
    int from = at;
    while (at < end && bytes[at] >= '0' && bytes[at] <= '9') {
      at++;
    }
    if (at == from) {
      throw error(at);
    }
  }

  /** Checks that a scalar other than a string is followed by a byte that cannot be part of it. */
  private void scalar(JsonToken scalar) {
    if (at < end && (Character.isLetterOrDigit(bytes[at]) || bytes[at] == '"')) {
      throw error(at);
    }
    token = scalar;
    expected = Expected.COMMA_OR_END;
  }

  private void skipSpace() {
    while (at < end
        && (bytes[at] == ' ' || bytes[at] == '\n' || bytes[at] == '\r' || bytes[at] == '\t')) {
      at++;
    }
  }

  /** Moves over a string, from its opening quote to the byte after its closing quote. */
  private void string() {
    byte[] in = bytes;
    int last = end - Long.BYTES;
    int multiple = 0;
    long afterBackslash = 0;
    int i = at + 1;
    while (i <= last) {
      long word = (long) LONG.get(in, i);
      long notQuote = differs(word, QUOTES);
      long notBackslash = differs(word, BACKSLASHES);
      long backslashes = ~notBackslash & HIGHS;
      long escaped = backslashes << 8 | afterBackslash;
      if ((escaped & backslashes) != 0) {
        escaped = escaped(backslashes, afterBackslash);
      }
      long notSimple =
          notQuote
              & notBackslash
              & differs(word, 'n' * ONES)
              & differs(word, 'r' * ONES)
              & differs(word, 't' * ONES);
      if (((word | ~(word + CONTROLS)) & HIGHS | escaped & notSimple) == 0) {
        long quotes = ~notQuote & ~escaped & HIGHS;
        if (quotes != 0) {
          at = i + (Long.numberOfTrailingZeros(quotes) >>> 3) + 1;
          surplus = multiple + Long.bitCount(escaped & (quotes - 1));
          return;
        }
        multiple += Long.bitCount(escaped);
        afterBackslash = (backslashes & ~escaped) >>> 56;
        i += Long.BYTES;
        continue;
      }
      int stop = i + Long.BYTES;
      for (i -= afterBackslash == 0 ? 0 : 1; i < stop; ) {
        byte b = in[i];
        if (b == '"') {
          at = i + 1;
          surplus = multiple;
          return;
        }
        int length = b >= ' ' && b != '\\' ? 1 : character(i);
        multiple += length - 1;
        i += length;
      }
      afterBackslash = 0;
    }
    rest(afterBackslash == 0 ? i : i - 1, multiple);
  }

  /** Moves over the rest of a string at the end of the JSON, where no whole word is left. */
  private void rest(int from, int multiple) {
    int i = from;
    surplus = multiple;
    while (i < end && bytes[i] != '"') {
      int length = character(i);
      surplus += length - 1;
      i += length;
    }
    if (i >= end) {
      throw error(end);
    }
    at = i + 1;
  }

  /** Marks the bytes of an ASCII word that differ from a pattern; other bits are undefined. */
  private static long differs(long word, long pattern) {
    return (word ^ pattern) + ~HIGHS;
  }

  /** Marks the bytes that follow an unescaped backslash. */
  private static long escaped(long backslashes, long afterBackslash) {
    long escaped = afterBackslash;
    for (int shift = 8; shift < Long.SIZE; shift += 8) {
      escaped |= (backslashes & ~escaped) << 8 & 0x80L << shift;
    }
    return escaped;
  }

  /** Returns the length of the character or escape at a position within a string. */
  private int character(int i) {
    int b = bytes[i];
    if (b < 0) {
      return multibyte(i);
    }
    if (b < ' ') {
      throw error(i);
    }
    if (b != '\\') {
      return 1;
    }
    boolean simple = i + 1 < end && bytes[i + 1] >= 0 && ESCAPED[bytes[i + 1]];
    return simple ? 2 : unicodeEscape(i);
  }

  private int unicodeEscape(int i) {
    if (i + 6 > end || bytes[i + 1] != 'u') {
      throw error(i);
    }
    for (int digit = i + 2; digit < i + 6; digit++) {
      if (Character.digit(bytes[digit], 16) < 0) {
        throw error(digit);
      }
    }
    return 6;
  }

  /** Returns the length of a character outside ASCII, in bytes. */
  private int multibyte(int i) {
    int lead = bytes[i] & 0xFF;
    int length = lead < 0xC0 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF8 ? 4 : 0;
    if (length == 0 || i + length > end) {
      throw error(i);
    }
    for (int next = i + 1; next < i + length; next++) {
      if ((bytes[next] & 0xC0) != 0x80) {
        throw error(next);
      }
    }
    return length;
  }

  /** Returns an error that names the position and does not quote the JSON. */
  private DecodeException error(int position) {
    int line = 1;
    int column = 1;
    for (int i = 0; i < position; i++) {
      column++;
      if (bytes[i] == '\n') {
        line++;
        column = 1;
      }
    }
    String what = position < end ? "is not valid JSON" : "ends before its JSON does";
    return new DecodeException("the body " + what + ": line " + line + ", column " + column);
  }
}
