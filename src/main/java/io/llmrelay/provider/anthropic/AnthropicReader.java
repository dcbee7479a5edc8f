package io.llmrelay.provider.anthropic;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
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
 * A reader of the events of a Messages API stream.
 *
 * <p>Each payload is parsed once and applied only if all of it is valid. Its {@code type} field
 * identifies it; the name of the event repeats it. Usage comes in two parts: the prompt with {@code
 * message_start}, the rest with {@code message_delta}, where some models repeat the prompt.
 */
final class AnthropicReader implements Dialect.Reader {
  private static final long NONE = -1;
  private static final byte[] DONE = "[DONE]".getBytes(StandardCharsets.US_ASCII);

  private final Answer answer;
  private final ContentBlocks blocks;
  private final ReceivedEvents events;
  private final StringBuilder text = new StringBuilder();
  private final StringBuilder thinking = new StringBuilder();
  private final StringBuilder signature = new StringBuilder();
  private final StringBuilder arguments = new StringBuilder();
  private final ChunkTemplate template = new ChunkTemplate();

  /** Offset of the text's opening quote within the payload. */
  private long quote;

  private String type;

  /** Whether the payload has a {@code type} field. */
  private boolean typed;

  /** The index of the payload's content block, and of the block that started last. */
  private long index;

  private long lastIndex = NONE;
  private String model;
  private String stopReason;
  private boolean error;

  /** Whether the payload has a citation. */
  private boolean citation;

  private long input;
  private long cacheRead;
  private long cacheWrite;
  private long output;
  private long reasoning;

  AnthropicReader(Answer answer) {
    this.answer = answer;
    this.blocks = new ContentBlocks(answer);
    this.events = new ReceivedEvents(answer);
  }

  @Override
  public void event(String name, byte[] bytes, int from, int to) throws IOException {
    if (template.matches(bytes, from, to)) {
      blocks.text(template.text(bytes), template.textFrom(), template.textTo());
      return;
    }
    if (Arrays.equals(bytes, from, to, DONE, 0, DONE.length)) {
      // OpenRouter sends it after message_stop.
      return;
    }
    text.setLength(0);
    thinking.setLength(0);
    signature.setLength(0);
    arguments.setLength(0);
    citation = false;
    type = name;
    typed = false;
    quote = -1;
    index = NONE;
    model = null;
    stopReason = null;
    error = false;
    try (JsonParser in = Json.parser(bytes, from, to)) {
      if (in.nextToken() != JsonToken.START_OBJECT) {
        throw new IOException("a payload is an object");
      }
      fields(in);
    }
    if (error || "error".equals(type)) {
      answer.error(bytes, from, to);
    } else {
      boolean blockEnds = "content_block_stop".equals(type);
      if (answer.passesEvents() && !blockEnds && !isContent()) {
        events.pass(type, bytes, from, to);
      }
      apply(bytes, from, to);
      if (answer.passesEvents() && blockEnds) {
        answer.event(bytes, from, to, true); // What the block passes on at its end comes before.
      }
      if (typed && "content_block_delta".equals(type) && isTextOnly()) {
        template.learn(bytes, from, to, quote, text);
      }
    }
  }

  /**
   * Returns whether the payload is the delta of a block before the last one. Blocks follow one
   * after the other; text alone could still be told apart, unless the client gets the events.
   */
  private boolean isOutOfOrder() {
    return index != NONE
        && index < lastIndex
        && (!arguments.isEmpty() || answer.passesEvents() && isContent());
  }

  /** Returns whether the payload is passed on as chunks of text, thinking or arguments. */
  private boolean isContent() {
    return "content_block_delta".equals(type)
        && signature.isEmpty()
        && !citation
        && (!text.isEmpty()
            || !thinking.isEmpty()
            || !arguments.isEmpty() && blocks.takesArguments());
  }

  private boolean isTextOnly() {
    return !text.isEmpty()
        && thinking.isEmpty()
        && signature.isEmpty()
        && arguments.isEmpty()
        && !citation;
  }

  /** Reads the fields of the payload and of its relevant objects; their names are unique. */
  private void fields(JsonParser in) throws IOException {
    boolean top = in.getParsingContext().getParent().inRoot();
    for (String field = in.nextFieldName(); field != null; field = in.nextFieldName()) {
      JsonToken token = in.nextToken();
      boolean object = token == JsonToken.START_OBJECT;
      switch (field) {
        case "type" -> {
          String value = Json.string(in);
          type = top ? value : type;
          typed |= top;
        }
        case "error" -> {
          error |= top && object;
          in.skipChildren();
        }
        case "index" -> index = top ? Json.count(in, NONE) : index;
        case "text" -> {
          quote = in.currentTokenLocation().getByteOffset();
          Json.append(in, text);
        }
        case "thinking" -> Json.append(in, thinking);
        case "signature" -> Json.append(in, signature);
        case "partial_json" -> Json.append(in, arguments);
        case "citation" -> {
          citation = object;
          in.skipChildren();
        }
        case "model" -> model = Json.string(in);
        case "stop_reason" -> stopReason = Json.string(in);
        case "delta", "message", "content_block", "usage", "output_tokens_details" -> {
          if (object) {
            fields(in);
          } else {
            in.skipChildren();
          }
        }
        case "input_tokens" -> input = count(in, input);
        case "cache_read_input_tokens" -> cacheRead = count(in, cacheRead);
        case "cache_creation_input_tokens" -> cacheWrite = count(in, cacheWrite);
        case "output_tokens" -> output = count(in, output);
        case "thinking_tokens" -> reasoning = count(in, reasoning);
        default -> in.skipChildren();
      }
    }
  }

  private static long count(JsonParser in, long before) throws IOException {
    return Math.max(before, Json.count(in, before));
  }

  private void apply(byte[] bytes, int from, int to) throws IOException {
    if (type == null) {
      return;
    }
    switch (type) {
      case "message_start" -> {
        answer.model(model);
        usage();
      }
      case "content_block_start" -> {
        lastIndex = index;
        template.forget();
        blocks.start(Json.object(Json.payload(bytes, from, to), "content_block"));
      }
      case "content_block_delta" -> {
        if (isOutOfOrder()) {
          answer.fail(
              FailureKind.MALFORMED_TOOL_CALL, "a content block goes on after the next has begun");
          return;
        }
        blocks.thinking(thinking);
        blocks.signature(signature);
        blocks.text(text);
        blocks.arguments(arguments);
        if (citation) {
          JsonObject delta = Json.object(Json.payload(bytes, from, to), "delta");
          blocks.citation(delta.getValue("citation"));
        }
      }
      case "content_block_stop" -> {
        if (index == NONE || index >= lastIndex) {
          blocks.stop();
        }
      }
      case "message_delta" -> {
        usage();
        if (stopReason != null) {
          answer.finish(finish(stopReason));
        }
      }
      case "message_stop" -> {
        blocks.stop();
        answer.end();
      }
      default -> {}
    }
  }

  private void usage() {
    answer.usage(
        new TokenUsage(
            input + cacheRead + cacheWrite,
            output,
            cacheRead,
            cacheWrite,
            reasoning,
            TokenUsage.Source.PROVIDER));
  }

  /**
   * Returns the finish reason. A paused turn is incomplete, since the relay does not continue it.
   */
  private FinishReason finish(String reason) {
    return switch (reason) {
      case "max_tokens", "model_context_window_exceeded", "pause_turn" -> FinishReason.LENGTH;
      case "tool_use" -> blocks.finishOfCall();
      case "refusal" -> FinishReason.CONTENT_FILTER;
      default -> FinishReason.STOP;
    };
  }

  @Override
  public boolean whole(JsonObject json) {
    if (!"message".equals(json.getValue("type"))) {
      return false;
    }
    events.start(json);
    int index = 0;
    for (Object block : Json.array(json, "content")) {
      if (block instanceof JsonObject object) {
        events.startBlock(index, object);
        blocks.start(object);
        blocks.stop();
        events.stopBlock(index++);
      }
    }
    events.stop(json);
    JsonObject usage = Json.object(json, "usage");
    input = Json.count(usage, "input_tokens");
    cacheRead = Json.count(usage, "cache_read_input_tokens");
    cacheWrite = Json.count(usage, "cache_creation_input_tokens");
    output = Json.count(usage, "output_tokens");
    reasoning = Json.count(Json.object(usage, "output_tokens_details"), "thinking_tokens");
    usage();
    answer.model(Json.string(json, "model"));
    String reason = Json.string(json, "stop_reason");
    if (reason != null) {
      answer.finish(finish(reason));
    }
    return true;
  }
}
