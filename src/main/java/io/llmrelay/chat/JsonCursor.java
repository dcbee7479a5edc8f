package io.llmrelay.chat;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;

/**
 * A position in the JSON of a request, with the path to it. Strings are not decoded unless asked
 * for: they are validated when the cursor moves on.
 *
 * <p>Each method that reads a value expects the cursor at its first token, and leaves it at the
 * token after the value.
 */
final class JsonCursor implements AutoCloseable {
  private final byte[] bytes;
  private final int start;
  private final JsonParser in;
  private JsonToken token;

  JsonCursor(byte[] bytes, int from, int to) throws IOException {
    this.bytes = bytes;
    this.start = from;
    this.in = RawJson.parser(bytes, from, to);
    this.token = in.nextToken();
  }

  boolean at(JsonToken expected) {
    return token == expected;
  }

  boolean atEnd() {
    return token == null;
  }

  void next() throws IOException {
    token = in.nextToken();
  }

  /** Returns the name of the field at the cursor, and moves to its value. */
  String field() throws IOException {
    String name = in.currentName();
    next();
    return name;
  }

  /** Reads a value without decoding it; {@code null} for JSON null. */
  RawJson raw() throws IOException {
    JsonToken first = token;
    int from = start + (int) in.currentTokenLocation().getByteOffset();
    if (first == JsonToken.START_OBJECT || first == JsonToken.START_ARRAY) {
      in.skipChildren();
      int to = start + (int) in.currentLocation().getByteOffset();
      next();
      return RawJson.slice(bytes, from, to);
    }
    next();
    if (first == JsonToken.VALUE_NULL) {
      return null;
    }
    return RawJson.slice(bytes, from, endBefore(tokenStart()));
  }

  /** Returns the position of the token at the cursor. */
  int tokenStart() {
    return start + (int) in.currentTokenLocation().getByteOffset();
  }

  RawJson slice(int from, int to) {
    return RawJson.slice(bytes, from, to);
  }

  /** Returns the bytes from a position to the end of the object that closes at the cursor. */
  RawJson closedSince(int from) {
    return RawJson.slice(bytes, from, tokenStart() + 1);
  }

  /** Returns the end of the scalar that precedes a token, without comma and white space. */
  private int endBefore(int next) {
    int end = next;
    while (bytes[end - 1] == ',' || bytes[end - 1] <= ' ') {
      end--;
    }
    return end;
  }

  /** Reads and decodes a value; {@code null} for JSON null. */
  Object value() throws IOException {
    Object value = RawJson.decode(in);
    next();
    return value;
  }

  void skip() throws IOException {
    in.skipChildren();
    next();
  }

  @Override
  public void close() throws IOException {
    in.close();
  }

  /** Returns where a syntax error is, without the parser's message, which quotes the JSON. */
  static String location(JsonProcessingException error) {
    JsonLocation at = error.getLocation();
    return at == null ? "" : ": line " + at.getLineNr() + ", column " + at.getColumnNr();
  }
}
