package io.llmrelay.sandbox.anthropic;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.llmrelay.sandbox.dialect.JsonText;
import io.llmrelay.sandbox.dialect.Quirk;
import io.llmrelay.sandbox.dialect.SandboxError;
import io.llmrelay.sandbox.dialect.ScriptedAnswer;
import io.llmrelay.sandbox.dialect.ScriptedAnswer.Finish;
import io.llmrelay.sandbox.dialect.ScriptedToolCall;
import io.llmrelay.sandbox.dialect.Sse;
import io.llmrelay.sandbox.dialect.WireFormat;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/**
 * The format of Messages: named events and numbered content blocks, cumulative usage in
 * message_delta.
 */
final class AnthropicFormat implements WireFormat {

  private static final String SIGNED = "sandbox";

  private final long number;
  private final String model;
  private final ScriptedAnswer answer;
  private final boolean thinks;
  private final boolean hasText;

  AnthropicFormat(long number, String model, ScriptedAnswer answer) {
    this.number = number;
    this.model = model;
    this.answer = answer;
    this.thinks = answer.hasReasoning();
    this.hasText = !answer.refusal() && answer.hasText();
  }

  /** Returns the signature of thinking that follows a number of tool calls. */
  static String signature(int calls) {
    String signed = calls == 0 ? SIGNED : SIGNED + calls;
    return Base64.getEncoder().encodeToString(signed.getBytes(UTF_8));
  }

  /** Returns whether this is a signature of the sandbox. */
  static boolean isSignature(String signature) {
    return signature.startsWith(signature(0).substring(0, SIGNED.length()));
  }

  @Override
  public Buffer opening() {
    return Sse.join(usage(), firstBlock(), ping());
  }

  private Buffer firstBlock() {
    return thinks ? thinkingStart(0) : hasText ? textStart() : NONE;
  }

  private static Buffer thinkingStart(int index) {
    return start(index, block("thinking").put("thinking", "").put("signature", ""));
  }

  @Override
  public Buffer reasoning(String chunk) {
    return delta(0, block("thinking_delta").put("thinking", chunk));
  }

  @Override
  public Buffer afterReasoning() {
    Buffer end = thinkingEnd(0, 0);
    return hasText ? Sse.join(end, textStart()) : end;
  }

  private static Buffer thinkingEnd(int index, int calls) {
    JsonObject signature = block("signature_delta").put("signature", signature(calls));
    return Sse.join(delta(index, signature), stop(index));
  }

  /** Returns nothing for a refusal, which has only a stop reason in this dialect. */
  @Override
  public Buffer token(String chunk) {
    if (answer.refusal()) {
      return NONE;
    }
    JsonObject delta = block("text_delta").put("text", chunk);
    String json = deltaJson(textIndex(), delta).encode();
    return Sse.event(
        "content_block_delta", answer.has(Quirk.NUMBERS) ? JsonText.unquote(json, chunk) : json);
  }

  @Override
  public List<Buffer> toolCalls() {
    List<Buffer> frames = new ArrayList<>();
    int index = textIndex() + (hasText ? 1 : 0);
    for (int i = 0; i < answer.toolCalls().size(); i++, index++) {
      ScriptedToolCall call = answer.toolCalls().get(i);
      if (i > 0 && interleaved()) {
        JsonObject thinking = block("thinking_delta").put("thinking", answer.reasoningText());
        frames.add(Sse.join(thinkingStart(index), delta(index, thinking), thinkingEnd(index, i)));
        index++;
      }
      Buffer start = start(index, toolUse(i, call, new JsonObject()));
      frames.add(i == 0 && hasText ? Sse.join(stop(textIndex()), start) : start);
      List<String> fragments =
          call.fragments().isEmpty() ? List.of(call.arguments()) : call.fragments();
      for (String fragment : fragments) {
        frames.add(delta(index, block("input_json_delta").put("partial_json", fragment)));
      }
      frames.add(stop(index));
    }
    return frames;
  }

  private boolean interleaved() {
    return thinks && answer.has(Quirk.INTERLEAVED);
  }

  @Override
  public Buffer finish() {
    if (answer.finish() == null) {
      return NONE;
    }
    JsonObject delta = new JsonObject().put("stop_reason", stopReason()).putNull("stop_sequence");
    if (answer.refusal()) {
      delta.put("stop_details", block("refusal").put("category", "cyber"));
    }
    JsonObject data = new JsonObject().put("delta", delta);
    if (answer.usage()) {
      data.put("usage", counts(answer.completionTokens()));
    }
    Buffer end = event("message_delta", data);
    return hasText && !answer.hasToolCalls() ? Sse.join(stop(textIndex()), end) : end;
  }

  @Override
  public Buffer usage() {
    JsonObject message = message(new JsonArray(), null);
    if (answer.usage()) {
      message.put("usage", counts(1));
    }
    return event("message_start", new JsonObject().put("message", message));
  }

  @Override
  public Buffer terminator() {
    return event("message_stop", new JsonObject());
  }

  @Override
  public Buffer ping() {
    return event("ping", new JsonObject());
  }

  @Override
  public Buffer error(SandboxError error) {
    return Sse.event("error", AnthropicDialect.errorJson(error).encode());
  }

  @Override
  public String whole(String text) {
    JsonArray content = new JsonArray();
    if (thinks) {
      content.add(thinking(0));
    }
    if (hasText) {
      content.add(block("text").put("text", text));
    }
    for (int i = 0; i < answer.toolCalls().size(); i++) {
      if (i > 0 && interleaved()) {
        content.add(thinking(i));
      }
      content.add(toolUse(i, answer.toolCalls().get(i), JsonText.placeholder(i)));
    }
    JsonObject message = message(content, answer.finish() == null ? null : stopReason());
    if (answer.usage()) {
      message.put("usage", counts(answer.completionTokens()));
    }
    return JsonText.encode(message, answer.toolCalls());
  }

  private JsonObject thinking(int calls) {
    return block("thinking")
        .put("thinking", answer.reasoningText())
        .put("signature", signature(calls));
  }

  private String stopReason() {
    Finish finish = answer.finishToSend();
    if (answer.refusal()) {
      return "refusal";
    }
    return switch (finish) {
      case STOP -> "end_turn";
      case LENGTH -> "max_tokens";
      case CONTENT_FILTER -> "refusal";
      case TOOL_CALLS -> "tool_use";
    };
  }

  private int textIndex() {
    return thinks ? 1 : 0;
  }

  private Buffer textStart() {
    return start(textIndex(), block("text").put("text", ""));
  }

  private JsonObject message(JsonArray content, String stopReason) {
    return new JsonObject()
        .put("id", "msg_" + number)
        .put("type", "message")
        .put("role", "assistant")
        .put("model", model)
        .put("content", content)
        .put("stop_reason", stopReason)
        .putNull("stop_sequence");
  }

  private JsonObject counts(int output) {
    return new JsonObject()
        .put("input_tokens", answer.promptTokens())
        .put("cache_creation_input_tokens", 0)
        .put("cache_read_input_tokens", 0)
        .put("output_tokens", output);
  }

  private JsonObject toolUse(int index, ScriptedToolCall call, Object input) {
    JsonObject block = block("tool_use");
    if (!answer.has(Quirk.NO_IDS)) {
      block.put("id", call.idOr("toolu_", number, index));
    }
    return block.put("name", call.name()).put("input", input);
  }

  private static Buffer start(int index, JsonObject block) {
    JsonObject data = new JsonObject().put("index", index).put("content_block", block);
    return event("content_block_start", data);
  }

  private static Buffer delta(int index, JsonObject delta) {
    return Sse.event("content_block_delta", deltaJson(index, delta).encode());
  }

  private static JsonObject deltaJson(int index, JsonObject delta) {
    return block("content_block_delta").put("index", index).put("delta", delta);
  }

  private static Buffer stop(int index) {
    return event("content_block_stop", new JsonObject().put("index", index));
  }

  private static JsonObject block(String type) {
    return new JsonObject().put("type", type);
  }

  private static Buffer event(String type, JsonObject data) {
    return Sse.event(type, block(type).mergeIn(data).encode());
  }
}
