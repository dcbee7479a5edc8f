package io.llmrelay.provider.openai;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.llmrelay.chat.TokenUsage;
import io.llmrelay.provider.wire.Json;
import java.io.IOException;
import java.util.Arrays;

/** One parsed chat completion chunk. The object is reused for the next chunk. */
final class OpenAiPayload {
  final StringBuilder content = new StringBuilder();
  final StringBuilder refusal = new StringBuilder();

  /** Text of {@code reasoning_details}, which duplicate the reasoning fields if both are sent. */
  final StringBuilder detailsText = new StringBuilder();

  final ReasoningDetails.Entries details = new ReasoningDetails.Entries();
  final ToolCallDeltas deltas = new ToolCallDeltas();

  /** Offset of the opening quote of content or reasoning within the payload, or -1. */
  long quote;

  /** Slices of the payload: start and end, which are equal if there is none. */
  final long[] logprobs = new long[2];

  final long[] annotations = new long[2];
  final long[] images = new long[2];
  final long[] citations = new long[2];

  String finish;
  boolean error;
  TokenUsage usage;
  String model;

  private final ServerTraits traits;

  /**
   * Text by reasoning field of the server; the last element is for thinking parts of the content.
   */
  private final StringBuilder[] reasoning;

  private boolean first;

  OpenAiPayload(ServerTraits traits) {
    this.traits = traits;
    this.reasoning = new StringBuilder[traits.reasoning().size() + 1];
    Arrays.setAll(reasoning, i -> new StringBuilder());
  }

  /** Parses a chunk in place of the one before. */
  void parse(byte[] bytes, int from, int to) throws IOException {
    clear();
    try (JsonParser in = Json.parser(bytes, from, to)) {
      payload(in);
    }
  }

  /** Returns whether there is nothing but content, reasoning and tool calls. */
  boolean isDeltaOnly() {
    return refusal.isEmpty()
        && detailsText.isEmpty()
        && finish == null
        && usage == null
        && isEmpty(logprobs)
        && isEmpty(annotations)
        && isEmpty(images);
  }

  static boolean isEmpty(long[] slice) {
    return slice[0] == slice[1];
  }

  private void clear() {
    clearChoice();
    first = false;
    error = false;
    usage = null;
    model = null;
    Arrays.fill(citations, 0);
  }

  private void clearChoice() {
    content.setLength(0);
    refusal.setLength(0);
    for (StringBuilder text : reasoning) {
      text.setLength(0);
    }
    detailsText.setLength(0);
    details.clear();
    deltas.clear();
    finish = null;
    quote = -1;
    Arrays.fill(logprobs, 0);
    Arrays.fill(annotations, 0);
    Arrays.fill(images, 0);
  }

  /** Returns the reasoning of this payload, from the first field that holds some. */
  StringBuilder reasoningText() {
    for (StringBuilder text : reasoning) {
      if (!text.isEmpty()) {
        return text;
      }
    }
    return detailsText;
  }

  private void payload(JsonParser in) throws IOException {
    if (in.nextToken() != JsonToken.START_OBJECT) {
      throw new IOException("a payload is an object");
    }
    for (String field = in.nextFieldName(); field != null; field = in.nextFieldName()) {
      in.nextToken();
      switch (field) {
        case "choices" -> choices(in);
        case "usage" -> usage(in);
        case "x_groq" -> groq(in);
        case "model" -> model = Json.string(in);
        case "citations" -> slice(in, JsonToken.START_ARRAY, citations);
        case "object" -> error |= "error".equals(Json.string(in));
        case "error" -> error(in);
        default -> in.skipChildren();
      }
    }
  }

  private void error(JsonParser in) throws IOException {
    JsonToken token = in.currentToken();
    error |=
        token == JsonToken.VALUE_STRING
            ? in.getTextLength() > 0
            : token != JsonToken.VALUE_NULL && token != JsonToken.VALUE_FALSE;
    in.skipChildren();
  }

  private void groq(JsonParser in) throws IOException {
    if (in.currentToken() != JsonToken.START_OBJECT) {
      in.skipChildren();
      return;
    }
    for (String field = in.nextFieldName(); field != null; field = in.nextFieldName()) {
      in.nextToken();
      switch (field) {
        case "usage" -> usage(in);
        case "error" -> error(in);
        default -> in.skipChildren();
      }
    }
  }

  private void choices(JsonParser in) throws IOException {
    if (in.currentToken() != JsonToken.START_ARRAY) {
      in.skipChildren();
      return;
    }
    while (in.nextToken() != JsonToken.END_ARRAY) {
      if (in.currentToken() == JsonToken.START_OBJECT && !first) {
        choice(in);
      } else {
        in.skipChildren();
      }
    }
  }

  /** Reads one choice. Only index 0 is used, and the index may be its last field. */
  private void choice(JsonParser in) throws IOException {
    TokenUsage before = usage;
    first = true;
    for (String field = in.nextFieldName(); field != null; field = in.nextFieldName()) {
      in.nextToken();
      switch (field) {
        case "index" -> first = Json.number(in, 0) == 0;
        case "delta", "message" -> delta(in);
        case "text" -> text(in, content);
        case "usage" -> usage(in);
        case "logprobs" -> slice(in, JsonToken.START_OBJECT, logprobs);
        case "finish_reason" -> {
          String reason = Json.string(in);
          finish = reason == null || reason.isEmpty() ? null : reason;
        }
        default -> in.skipChildren();
      }
    }
    if (!first) {
      clearChoice();
      usage = before;
    }
  }

  private void delta(JsonParser in) throws IOException {
    if (in.currentToken() != JsonToken.START_OBJECT) {
      in.skipChildren();
      return;
    }
    for (String field = in.nextFieldName(); field != null; field = in.nextFieldName()) {
      in.nextToken();
      switch (field) {
        case "content" -> content(in);
        case "refusal" -> Json.append(in, refusal);
        case "tool_calls" -> deltas.read(in);
        case "function_call" -> deltas.readFunction(in);
        case "reasoning_details" -> details.read(in, detailsText);
        case "annotations" -> slice(in, JsonToken.START_ARRAY, annotations);
        case "images" -> slice(in, JsonToken.START_ARRAY, images);
        default -> {
          int i = traits.reasoning().indexOf(field);
          if (i >= 0) {
            text(in, reasoning[i]);
          } else {
            in.skipChildren();
          }
        }
      }
    }
  }

  /** Skips a value, and remembers where it is unless it is of another kind or empty. */
  private static void slice(JsonParser in, JsonToken kind, long[] slice) throws IOException {
    if (in.currentToken() == kind) {
      long from = in.currentTokenLocation().getByteOffset();
      in.skipChildren();
      long to = in.currentLocation().getByteOffset();
      if (to - from > "[]".length()) {
        slice[0] = from;
        slice[1] = to;
      }
    } else {
      in.skipChildren();
    }
  }

  /** Reads a string that a template may be made of. */
  private void text(JsonParser in, StringBuilder text) throws IOException {
    long offset = in.currentTokenLocation().getByteOffset();
    int length = text.length();
    Json.append(in, text);
    if (text.length() > length) {
      quote = offset;
    }
  }

  /** Reads a string, or an array of text and thinking parts. */
  private void content(JsonParser in) throws IOException {
    if (in.currentToken() != JsonToken.START_ARRAY) {
      text(in, content);
      return;
    }
    parts(in, content);
  }

  private void parts(JsonParser in, StringBuilder text) throws IOException {
    while (in.nextToken() != JsonToken.END_ARRAY) {
      if (in.currentToken() == JsonToken.START_OBJECT) {
        part(in, text);
      } else {
        in.skipChildren();
      }
    }
  }

  private void part(JsonParser in, StringBuilder text) throws IOException {
    for (String field = in.nextFieldName(); field != null; field = in.nextFieldName()) {
      JsonToken token = in.nextToken();
      switch (field) {
        case "text" -> Json.append(in, text);
        case "thinking" -> {
          if (token == JsonToken.START_ARRAY) {
            parts(in, thinking());
          } else {
            Json.append(in, thinking());
          }
        }
        default -> in.skipChildren();
      }
    }
  }

  private StringBuilder thinking() {
    return reasoning[reasoning.length - 1];
  }

  private void usage(JsonParser in) throws IOException {
    TokenUsage read = Usages.read(in);
    if (read != null) {
      usage = usage == null ? read : usage.max(read);
    }
  }
}
