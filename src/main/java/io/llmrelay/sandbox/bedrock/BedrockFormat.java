package io.llmrelay.sandbox.bedrock;

import io.llmrelay.sandbox.dialect.JsonText;
import io.llmrelay.sandbox.dialect.Quirk;
import io.llmrelay.sandbox.dialect.SandboxError;
import io.llmrelay.sandbox.dialect.ScriptedAnswer;
import io.llmrelay.sandbox.dialect.ScriptedToolCall;
import io.llmrelay.sandbox.dialect.WireFormat;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The format of Converse and ConverseStream: binary events around numbered content blocks. Only
 * blocks of tool calls have a start; usage follows the stop reason.
 */
final class BedrockFormat implements WireFormat {

  /** The signature of every reasoning block. */
  static final String SIGNATURE = "c2FuZGJveA==";

  private static final String DELTA = "contentBlockDelta";

  private final long number;
  private final ScriptedAnswer answer;

  BedrockFormat(long number, ScriptedAnswer answer) {
    this.number = number;
    this.answer = answer;
  }

  @Override
  public String contentType() {
    return "application/vnd.amazon.eventstream";
  }

  @Override
  public Buffer opening() {
    return event("messageStart", new JsonObject().put("role", "assistant"));
  }

  @Override
  public Buffer reasoning(String chunk) {
    return reasoningDelta(new JsonObject().put("text", chunk));
  }

  private static Buffer reasoningDelta(JsonObject content) {
    return event(DELTA, delta(0, new JsonObject().put("reasoningContent", content)));
  }

  @Override
  public Buffer afterReasoning() {
    return reasoningDelta(new JsonObject().put("signature", SIGNATURE)).appendBuffer(stop(0));
  }

  @Override
  public Buffer token(String chunk) {
    return EventFrame.event(DELTA, tokenPayload(chunk));
  }

  private String tokenPayload(String chunk) {
    String json = delta(textIndex(), new JsonObject().put("text", chunk)).encode();
    return answer.has(Quirk.NUMBERS) ? JsonText.unquote(json, chunk) : json;
  }

  @Override
  public List<Buffer> around(long bytes) {
    List<Buffer> payload = WireFormat.split(Buffer.buffer(tokenPayload(SPLIT_MARK)));
    return EventFrame.around(DELTA, payload, bytes);
  }

  @Override
  public List<Buffer> toolCalls() {
    List<Buffer> frames = new ArrayList<>();
    for (int i = 0; i < answer.toolCalls().size(); i++) {
      ScriptedToolCall call = answer.toolCalls().get(i);
      int index = textIndex() + (answer.hasText() ? 1 : 0) + i;
      JsonObject start = new JsonObject().put("contentBlockIndex", index);
      start.put("start", new JsonObject().put("toolUse", toolUse(i, call)));
      Buffer frame = event("contentBlockStart", start);
      frames.add(i == 0 && answer.hasText() ? stop(textIndex()).appendBuffer(frame) : frame);
      List<String> fragments =
          call.fragments().isEmpty() ? List.of(call.arguments()) : call.fragments();
      for (String fragment : fragments) {
        JsonObject input = new JsonObject().put("input", fragment);
        frames.add(event(DELTA, delta(index, new JsonObject().put("toolUse", input))));
      }
      frames.add(stop(index));
    }
    return frames;
  }

  private JsonObject toolUse(int index, ScriptedToolCall call) {
    JsonObject json = new JsonObject();
    if (!answer.has(Quirk.NO_IDS)) {
      json.put("toolUseId", call.idOr("tooluse_", number, index));
    }
    return json.put("name", call.name());
  }

  @Override
  public Buffer finish() {
    if (answer.finish() == null) {
      return NONE;
    }
    Buffer end = event("messageStop", new JsonObject().put("stopReason", stopReason()));
    if (answer.usage()) {
      end.appendBuffer(usage());
    }
    boolean open = answer.hasText() && !answer.hasToolCalls();
    return open ? stop(textIndex()).appendBuffer(end) : end;
  }

  @Override
  public Buffer usage() {
    JsonObject metrics = new JsonObject().put("latencyMs", 1);
    return event("metadata", new JsonObject().put("usage", counts()).put("metrics", metrics));
  }

  @Override
  public Buffer terminator() {
    return NONE;
  }

  @Override
  public Buffer ping() {
    return event("ping", new JsonObject());
  }

  @Override
  public Buffer comment() {
    return ping();
  }

  @Override
  public List<Buffer> noise() {
    return List.of(ping());
  }

  @Override
  public Buffer malformed() {
    return EventFrame.event(DELTA, "{\"contentBlockIndex\":0,\"delta\":{");
  }

  @Override
  public Buffer error(SandboxError error) {
    String type = error.type();
    String name = type.substring(0, 1).toLowerCase(Locale.ROOT) + type.substring(1);
    return EventFrame.exception(name, new JsonObject().put("message", error.message()).encode());
  }

  @Override
  public Buffer rawError(String body) {
    return EventFrame.exception("modelStreamErrorException", body);
  }

  @Override
  public String whole(String text) {
    JsonArray content = new JsonArray();
    if (answer.hasReasoning()) {
      JsonObject reasoning =
          new JsonObject().put("text", answer.reasoningText()).put("signature", SIGNATURE);
      content.add(
          new JsonObject()
              .put("reasoningContent", new JsonObject().put("reasoningText", reasoning)));
    }
    if (answer.hasText()) {
      content.add(new JsonObject().put("text", text));
    }
    for (int i = 0; i < answer.toolCalls().size(); i++) {
      JsonObject use = toolUse(i, answer.toolCalls().get(i)).put("input", JsonText.placeholder(i));
      content.add(new JsonObject().put("toolUse", use));
    }
    JsonObject message = new JsonObject().put("role", "assistant").put("content", content);
    JsonObject body = new JsonObject().put("output", new JsonObject().put("message", message));
    body.put("stopReason", answer.finish() == null ? null : stopReason());
    if (answer.usage()) {
      body.put("usage", counts());
    }
    body.put("metrics", new JsonObject().put("latencyMs", 1));
    return JsonText.encode(body, answer.toolCalls());
  }

  private String stopReason() {
    return switch (answer.finishToSend()) {
      case STOP -> answer.refusal() ? "content_filtered" : "end_turn";
      case LENGTH -> "max_tokens";
      case CONTENT_FILTER -> "content_filtered";
      case TOOL_CALLS -> "tool_use";
    };
  }

  private int textIndex() {
    return answer.hasReasoning() ? 1 : 0;
  }

  private JsonObject counts() {
    return new JsonObject()
        .put("inputTokens", answer.promptTokens())
        .put("outputTokens", answer.completionTokens())
        .put("totalTokens", answer.promptTokens() + answer.completionTokens());
  }

  private static JsonObject delta(int index, JsonObject delta) {
    return new JsonObject().put("contentBlockIndex", index).put("delta", delta);
  }

  private static Buffer stop(int index) {
    return event("contentBlockStop", new JsonObject().put("contentBlockIndex", index));
  }

  private static Buffer event(String type, JsonObject payload) {
    return EventFrame.event(type, payload.encode());
  }
}
