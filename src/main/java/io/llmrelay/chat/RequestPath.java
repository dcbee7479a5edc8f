package io.llmrelay.chat;

import static com.fasterxml.jackson.core.JsonToken.END_ARRAY;
import static com.fasterxml.jackson.core.JsonToken.START_ARRAY;
import static com.fasterxml.jackson.core.JsonToken.START_OBJECT;
import static com.fasterxml.jackson.core.JsonToken.VALUE_NULL;

import java.util.List;

/**
 * The path to an object of a request, for error messages, and the unknown fields found so far.
 *
 * @param prefix the path with a final dot, such as {@code messages[0].}; empty at the top level
 * @param unknown paths of fields that this version does not know, at most {@link #MAX_UNKNOWN}
 */
record RequestPath(String prefix, List<String> unknown) {
  static final int MAX_UNKNOWN = 20;

  /** Reads one element of an array. */
  interface Element {
    void read(RequestPath path);
  }

  /**
   * Reads an array of objects; JSON null counts as an empty one.
   *
   * @return the position after the array
   */
  int elements(JsonCursor in, String field, Element element) {
    if (in.at(VALUE_NULL)) {
      int end = in.tokenStart();
      in.next();
      return end;
    }
    if (!in.at(START_ARRAY)) {
      throw invalid(field, "must be an array");
    }
    in.next();
    for (int i = 0; !in.at(END_ARRAY); i++) {
      String at = field + "[" + i + "]";
      if (!in.at(START_OBJECT)) {
        throw invalid(at, "must be an object");
      }
      element.read(within(at));
    }
    int end = in.tokenStart() + 1;
    in.next();
    return end;
  }

  RequestPath within(String field) {
    return new RequestPath(prefix + field + ".", unknown);
  }

  /** Records a field that this version does not know; JSON null counts as absent. */
  void unknown(String field, RawJson value) {
    if (value != null && unknown.size() < MAX_UNKNOWN) {
      unknown.add(prefix + FieldReader.shown(field));
    }
  }

  LlmException invalid(String field, String problem) {
    String path = prefix + field;
    return Failure.invalid(path, path + " " + problem).toException();
  }
}
