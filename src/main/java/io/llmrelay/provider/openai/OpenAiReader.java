package io.llmrelay.provider.openai;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.llmrelay.chat.Block;
import io.llmrelay.chat.BlockKind;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.FinishReason;
import io.llmrelay.chat.TokenUsage;
import io.llmrelay.provider.Answer;
import io.llmrelay.provider.Dialect;
import io.llmrelay.provider.wire.ChunkTemplate;
import io.llmrelay.provider.wire.Json;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A reader of chat completion chunks.
 *
 * <p>Each payload is parsed once into the fields below. It is applied only if all of it is valid
 * and has no error, so that a truncated payload never yields text.
 *
 * <p>A payload that differs from the previous one only in a fragment of text, reasoning or
 * arguments is matched against a template and not parsed.
 */
final class OpenAiReader implements Dialect.Reader {
  private static final byte[] DONE = "[DONE]".getBytes(StandardCharsets.US_ASCII);

  private final Answer answer;
  private final ServerTraits traits;
  private final StringBuilder content = new StringBuilder();
  private final StringBuilder refusal = new StringBuilder();

  /**
   * The text of each reasoning field of the server; the last element is for thinking parts of the
   * content.
   */
  private final StringBuilder[] reasoning;

  /**
   * The text of {@code reasoning_details}, which duplicate the reasoning fields if both are sent.
   */
  private final StringBuilder detailsText = new StringBuilder();

  private final ReasoningDetails details = new ReasoningDetails();
  private final ToolCallDeltas deltas = new ToolCallDeltas();
  private final ToolCalls calls;
  private final ChunkTemplate template = new ChunkTemplate();

  /** The kind of the text in payloads that match the template. */
  private BlockKind templateKind;

  /** Whether this stream has sent reasoning outside of {@code reasoning_details}. */
  private boolean hasReasoningField;

  /** The offset of the opening quote of content or reasoning within the payload, or -1. */
  private long quote = -1;

  /** Slices of the payload, each as its start and end, which are equal if it is absent. */
  private final long[] logprobs = new long[2];

  private final long[] annotations = new long[2];
  private final long[] images = new long[2];
  private final long[] citations = new long[2];

  /** The last {@code citations}, which every chunk repeats. */
  private byte[] lastCitations;

  private String finish;
  private boolean first;
  private boolean error;
  private TokenUsage usage;
  private String model;

  OpenAiReader(Answer answer, ServerTraits traits) {
    this.answer = answer;
    this.traits = traits;
    this.calls = new ToolCalls(answer);
    this.reasoning = new StringBuilder[traits.reasoning().size() + 1];
    Arrays.setAll(reasoning, i -> new StringBuilder());
  }

  @Override
  public void event(String name, byte[] bytes, int from, int to) throws IOException {
    if (Arrays.equals(bytes, from, to, DONE, 0, DONE.length)) {
      end();
      answer.end();
      return;
    }
    if (template.matches(bytes, from, to)) {
      if (templateKind == BlockKind.TOOL_CALL) {
        answer.arguments(template.text(), template.textFrom(), template.textTo());
      } else {
        answer.text(templateKind, template.text(), template.textFrom(), template.textTo());
      }
      return;
    }
    clear();
    try (JsonParser in = Json.parser(bytes, from, to)) {
      payload(in);
    }
    if (usage != null) {
      answer.usage(usage);
    }
    if (error) {
      answer.error(bytes, from, to);
    } else {
      apply(bytes, from);
      learn(bytes, from, to);
    }
  }

  /** Makes a template of a payload with one text and no other relevant field. */
  private void learn(byte[] bytes, int from, int to) {
    StringBuilder thought = reasoningText();
    boolean nothingElse =
        refusal.isEmpty()
            && detailsText.isEmpty()
            && finish == null
            && usage == null
            && isEmpty(logprobs)
            && isEmpty(annotations)
            && isEmpty(images);
    if (deltas.size() > 0) {
      template.forget();
      if (nothingElse && content.isEmpty() && thought.isEmpty() && calls.areArgumentsOnly(deltas)) {
        templateKind = BlockKind.TOOL_CALL;
        template.learn(bytes, from, to, deltas.get(0).quote, deltas.get(0).arguments);
      }
    } else if (nothingElse && content.isEmpty() != thought.isEmpty()) {
      BlockKind kind = content.isEmpty() ? BlockKind.REASONING : BlockKind.TEXT;
      if (template.learn(bytes, from, to, quote, content.isEmpty() ? thought : content)) {
        templateKind = kind;
      }
    }
  }

  private static boolean isEmpty(long[] slice) {
    return slice[0] == slice[1];
  }

  @Override
  public boolean whole(JsonObject json) {
    if (json.getValue("error") != null || Json.array(json, "choices").isEmpty()) {
      return false;
    }
    byte[] bytes = json.toBuffer().getBytes();
    try {
      event(null, bytes, 0, bytes.length);
      end();
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /** Passes on the tool calls and data that are kept until the end. */
  @Override
  public void end() {
    calls.end();
    details.end(answer);
    if (lastCitations != null) {
      answer.data("citations", lastCitations, 0, lastCitations.length);
      lastCitations = null;
    }
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

  /** Skips a value, and records its slice unless it is empty or of another kind. */
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

  /** Reads a string that may become the text of a template. */
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

  /** Returns the reasoning of this payload, from the first field that is not empty. */
  private StringBuilder reasoningText() {
    for (StringBuilder text : reasoning) {
      if (!text.isEmpty()) {
        return text;
      }
    }
    return detailsText;
  }

  private void apply(byte[] bytes, int from) {
    StringBuilder thought = reasoningText();
    if (thought != detailsText || !hasReasoningField) {
      hasReasoningField |= thought != detailsText;
      answer.text(BlockKind.REASONING, thought);
    }
    details.apply(answer);
    answer.text(BlockKind.TEXT, content);
    answer.text(BlockKind.REFUSAL, refusal);
    data(Block.IMAGES, images, bytes, from);
    if (deltas.size() > 0) {
      calls.add(deltas);
    }
    data("logprobs", logprobs, bytes, from);
    data("annotations", annotations, bytes, from);
    if (!isEmpty(citations)) {
      int start = from + (int) citations[0];
      lastCitations = Arrays.copyOfRange(bytes, start, from + (int) citations[1]);
    }
    answer.model(model);
    if (finish != null) {
      end();
      finish(finish);
    }
  }

  private void data(String field, long[] slice, byte[] bytes, int from) {
    if (!isEmpty(slice)) {
      answer.data(field, bytes, from + (int) slice[0], from + (int) slice[1]);
    }
  }

  /**
   * Reads the finish reason. After tool calls, a stop counts as {@link FinishReason#TOOL_CALLS}.
   */
  private void finish(String reason) {
    switch (reason) {
      case "length", "model_length", "max_tokens" -> answer.finish(FinishReason.LENGTH);
      case "content_filter" -> answer.finish(FinishReason.CONTENT_FILTER);
      case "error", "abort" ->
          answer.fail(FailureKind.SERVER_ERROR, "finish reason \"" + reason + "\"");
      case "insufficient_system_resource" ->
          answer.fail(FailureKind.OVERLOADED, "finish reason \"" + reason + "\"");
      default -> answer.finish(FinishReason.STOP);
    }
  }
}
