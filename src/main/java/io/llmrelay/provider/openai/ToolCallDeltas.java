package io.llmrelay.provider.openai;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.llmrelay.provider.wire.Json;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** The tool call deltas of one chunk. The objects are reused for the next chunk. */
final class ToolCallDeltas {
  /** The index of a delta that has none. */
  static final int NO_INDEX = -1;

  /** A fragment of a tool call. */
  static final class Delta {
    int index;
    String id;
    String name;
    boolean custom;
    JsonObject extra;

    /** A fragment of the arguments, or of the input of a custom tool. */
    final StringBuilder arguments = new StringBuilder();

    /** The offset of the opening quote of the arguments within the payload, or -1. */
    long quote;

    private void clear() {
      index = NO_INDEX;
      id = "";
      name = "";
      custom = false;
      extra = null;
      arguments.setLength(0);
      quote = -1;
    }

    boolean isEmpty() {
      return id.isEmpty() && name.isEmpty() && arguments.isEmpty() && extra == null;
    }
  }

  private final List<Delta> deltas = new ArrayList<>();
  private int size;

  void clear() {
    size = 0;
  }

  int size() {
    return size;
  }

  Delta get(int i) {
    return deltas.get(i);
  }

  private Delta add() {
    if (size == deltas.size()) {
      deltas.add(new Delta());
    }
    Delta delta = deltas.get(size++);
    delta.clear();
    return delta;
  }

  /** Reads {@code tool_calls}, an array; some servers send a single object. */
  void read(JsonParser in) throws IOException {
    if (in.currentToken() == JsonToken.START_OBJECT) {
      call(in, add());
    } else if (in.currentToken() == JsonToken.START_ARRAY) {
      while (in.nextToken() != JsonToken.END_ARRAY) {
        if (in.currentToken() == JsonToken.START_OBJECT) {
          call(in, add());
        } else {
          in.skipChildren();
        }
      }
    } else {
      in.skipChildren();
    }
  }

  /** Reads {@code function_call}, the deprecated form of a single tool call. */
  void readFunction(JsonParser in) throws IOException {
    if (in.currentToken() == JsonToken.START_OBJECT) {
      function(in, add());
    } else {
      in.skipChildren();
    }
  }

  private static void call(JsonParser in, Delta delta) throws IOException {
    for (String field = in.nextFieldName(); field != null; field = in.nextFieldName()) {
      JsonToken token = in.nextToken();
      switch (field) {
        case "index" -> delta.index = (int) Json.count(in, NO_INDEX);
        case "id" -> delta.id = text(in);
        case "type" -> delta.custom |= "custom".equals(Json.string(in));
        case "extra_content" -> delta.extra = object(in);
        case "function", "custom" -> {
          if (token == JsonToken.START_OBJECT) {
            delta.custom |= field.equals("custom");
            function(in, delta);
          } else {
            in.skipChildren();
          }
        }
        default -> in.skipChildren();
      }
    }
  }

  private static void function(JsonParser in, Delta delta) throws IOException {
    for (String field = in.nextFieldName(); field != null; field = in.nextFieldName()) {
      JsonToken token = in.nextToken();
      switch (field) {
        case "name" -> delta.name = text(in);
        case "arguments", "input" -> {
          if (token == JsonToken.START_OBJECT || token == JsonToken.START_ARRAY) {
            delta.arguments.append(Json.encode(Json.tree(in)));
          } else {
            delta.quote = in.currentTokenLocation().getByteOffset();
            Json.append(in, delta.arguments);
          }
        }
        default -> in.skipChildren();
      }
    }
  }

  private static String text(JsonParser in) throws IOException {
    if (in.currentToken() == JsonToken.VALUE_STRING || in.currentToken().isNumeric()) {
      return in.getText();
    }
    in.skipChildren();
    return "";
  }

  private static JsonObject object(JsonParser in) throws IOException {
    return Json.tree(in) instanceof JsonObject object ? object : null;
  }
}
