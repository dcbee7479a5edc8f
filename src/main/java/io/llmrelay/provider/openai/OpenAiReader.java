package io.llmrelay.provider.openai;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
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
 */
final class OpenAiReader implements Dialect.Reader {
  private static final byte[] DONE = "[DONE]".getBytes(StandardCharsets.US_ASCII);

  private final Answer answer;
  private final ServerTraits traits;
  private final StringBuilder content = new StringBuilder();
  private final StringBuilder refusal = new StringBuilder();

  /**
   * Text by reasoning field of the server; the last element is for thinking parts of the content.
   */
  private final StringBuilder[] reasoning;

  /** Text of {@code reasoning_details}, which duplicate the reasoning fields if both are sent. */
  private final StringBuilder details = new StringBuilder();

  private final ChunkTemplate template = new ChunkTemplate();

  /** Whether this stream has sent reasoning outside of {@code reasoning_details}. */
  private boolean hasReasoningField;

  /** Offset of the content's opening quote within the payload, or -1 if it is not a string. */
  private long quote = -1;

  private String finish;
  private boolean first;
  private boolean toolCalls;
  private boolean error;
  private TokenUsage usage;
  private String model;

  OpenAiReader(Answer answer, ServerTraits traits) {
    this.answer = answer;
    this.traits = traits;
    this.reasoning = new StringBuilder[traits.reasoning().size() + 1];
    Arrays.setAll(reasoning, i -> new StringBuilder());
  }

  @Override
  public void event(String name, byte[] bytes, int from, int to) throws IOException {
    if (Arrays.equals(bytes, from, to, DONE, 0, DONE.length)) {
      answer.end();
      return;
    }
    if (template.matches(bytes, from, to)) {
      answer.text(BlockKind.TEXT, bytes, template.textFrom(from), template.textTo(to));
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
      apply();
      if (isTextOnly()) {
        template.learn(bytes, from, to, quote, content);
      }
    }
  }

  /** Whether the payload holds text and nothing else of interest. */
  private boolean isTextOnly() {
    return quote >= 0
        && !content.isEmpty()
        && refusal.isEmpty()
        && reasoningText().isEmpty()
        && !toolCalls
        && finish == null
        && usage == null;
  }

  @Override
  public boolean whole(JsonObject json) {
    if (json.getValue("error") != null || Json.array(json, "choices").isEmpty()) {
      return false;
    }
    byte[] bytes = json.toBuffer().getBytes();
    try {
      event(null, bytes, 0, bytes.length);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  private void clear() {
    clearChoice();
    first = false;
    error = false;
    usage = null;
    model = null;
  }

  private void clearChoice() {
    content.setLength(0);
    refusal.setLength(0);
    for (StringBuilder text : reasoning) {
      text.setLength(0);
    }
    details.setLength(0);
    finish = null;
    toolCalls = false;
    quote = -1;
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
        case "tool_calls" -> toolCalls(in);
        case "reasoning_details" -> details(in);
        case "function_call" -> {
          toolCalls |= in.currentToken() == JsonToken.START_OBJECT;
          in.skipChildren();
        }
        default -> {
          int i = traits.reasoning().indexOf(field);
          if (i >= 0) {
            Json.append(in, reasoning[i]);
          } else {
            in.skipChildren();
          }
        }
      }
    }
  }

  private void toolCalls(JsonParser in) throws IOException {
    if (in.currentToken() != JsonToken.START_ARRAY) {
      in.skipChildren();
      return;
    }
    while (in.nextToken() != JsonToken.END_ARRAY) {
      toolCalls = true;
      in.skipChildren();
    }
  }

  /** Reads the text or the summary of each entry; encrypted entries have neither. */
  private void details(JsonParser in) throws IOException {
    if (in.currentToken() != JsonToken.START_ARRAY) {
      in.skipChildren();
      return;
    }
    while (in.nextToken() != JsonToken.END_ARRAY) {
      if (in.currentToken() == JsonToken.START_OBJECT) {
        detail(in);
      } else {
        in.skipChildren();
      }
    }
  }

  private void detail(JsonParser in) throws IOException {
    for (String field = in.nextFieldName(); field != null; field = in.nextFieldName()) {
      in.nextToken();
      switch (field) {
        case "text", "summary" -> Json.append(in, details);
        default -> in.skipChildren();
      }
    }
  }

  /** Reads a string, or an array of text and thinking parts. */
  private void content(JsonParser in) throws IOException {
    if (in.currentToken() != JsonToken.START_ARRAY) {
      quote = in.currentTokenLocation().getByteOffset();
      Json.append(in, content);
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

  /** Returns the reasoning of this payload, from the first field that holds some. */
  private StringBuilder reasoningText() {
    for (StringBuilder text : reasoning) {
      if (!text.isEmpty()) {
        return text;
      }
    }
    return details;
  }

  private void apply() {
    StringBuilder thought = reasoningText();
    if (thought != details || !hasReasoningField) {
      hasReasoningField |= thought != details;
      answer.text(BlockKind.REASONING, thought);
    }
    answer.text(BlockKind.TEXT, content);
    answer.text(BlockKind.REFUSAL, refusal);
    if (toolCalls) {
      answer.toolCalls();
    }
    answer.model(model);
    if (finish != null) {
      finish(finish);
    }
  }

  private void finish(String reason) {
    switch (reason) {
      case "length", "model_length", "max_tokens" -> answer.finish(FinishReason.LENGTH);
      case "tool_calls", "function_call" -> answer.finish(FinishReason.TOOL_CALLS);
      case "content_filter" -> answer.finish(FinishReason.CONTENT_FILTER);
      case "error", "abort" ->
          answer.fail(FailureKind.SERVER_ERROR, "finish reason \"" + reason + "\"");
      case "insufficient_system_resource" ->
          answer.fail(FailureKind.OVERLOADED, "finish reason \"" + reason + "\"");
      default -> answer.finish(FinishReason.STOP);
    }
  }
}
