package io.llmrelay.sandbox.cohere;

import io.llmrelay.sandbox.dialect.JsonText;
import io.llmrelay.sandbox.dialect.Quirk;
import io.llmrelay.sandbox.dialect.SandboxError;
import io.llmrelay.sandbox.dialect.ScriptedAnswer;
import io.llmrelay.sandbox.dialect.ScriptedToolCall;
import io.llmrelay.sandbox.dialect.Sse;
import io.llmrelay.sandbox.dialect.WireFormat;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;

/**
 * The format of Chat, version 2: named events around numbered contents. A text before tool calls is
 * their plan.
 */
final class CohereFormat implements WireFormat {
  private final long number;
  private final ScriptedAnswer answer;

  CohereFormat(long number, ScriptedAnswer answer) {
    this.number = number;
    this.answer = answer;
  }

  @Override
  public Buffer opening() {
    JsonObject message =
        new JsonObject()
            .put("role", "assistant")
            .put("content", new JsonArray())
            .put("tool_plan", "")
            .put("tool_calls", new JsonArray())
            .put("citations", new JsonArray());
    JsonObject start =
        new JsonObject()
            .put("id", "sandbox-" + number)
            .put("type", "message-start")
            .put("delta", new JsonObject().put("message", message));
    Buffer opening = Sse.event("message-start", start.encode());
    Buffer first = answer.hasReasoning() ? contentStart(0, "thinking") : textStart();
    return Sse.join(opening, first);
  }

  private boolean plans() {
    return answer.hasToolCalls();
  }

  private int textIndex() {
    return answer.hasReasoning() ? 1 : 0;
  }

  private Buffer textStart() {
    return answer.hasText() && !plans() ? contentStart(textIndex(), "text") : NONE;
  }

  private static Buffer contentStart(int index, String type) {
    JsonObject content = new JsonObject().put("type", type).put(type, "");
    return event("content-start", index, new JsonObject().put("content", content));
  }

  @Override
  public Buffer reasoning(String chunk) {
    JsonObject content = new JsonObject().put("thinking", chunk);
    return event("content-delta", 0, new JsonObject().put("content", content));
  }

  @Override
  public Buffer afterReasoning() {
    return Sse.join(event("content-end", 0, null), textStart());
  }

  @Override
  public Buffer token(String chunk) {
    JsonObject message =
        plans()
            ? new JsonObject().put("tool_plan", chunk)
            : new JsonObject().put("content", new JsonObject().put("text", chunk));
    String type = plans() ? "tool-plan-delta" : "content-delta";
    String json = json(type, plans() ? -1 : textIndex(), message).encode();
    return Sse.event(type, answer.has(Quirk.NUMBERS) ? JsonText.unquote(json, chunk) : json);
  }

  @Override
  public List<Buffer> toolCalls() {
    List<Buffer> frames = new ArrayList<>();
    for (int i = 0; i < answer.toolCalls().size(); i++) {
      ScriptedToolCall call = answer.toolCalls().get(i);
      boolean whole = call.fragments().isEmpty();
      JsonObject start = toolCall(i, call, whole ? call.arguments() : "");
      frames.add(event("tool-call-start", i, new JsonObject().put("tool_calls", start)));
      for (String fragment : call.fragments()) {
        JsonObject function = new JsonObject().put("arguments", fragment);
        JsonObject delta = new JsonObject().put("function", function);
        frames.add(event("tool-call-delta", i, new JsonObject().put("tool_calls", delta)));
      }
      frames.add(event("tool-call-end", i, null));
    }
    return frames;
  }

  private JsonObject toolCall(int index, ScriptedToolCall call, String arguments) {
    JsonObject json = new JsonObject();
    if (!answer.has(Quirk.NO_IDS)) {
      json.put("id", call.idOr(call.name() + "_", number, index));
    }
    JsonObject function = new JsonObject().put("name", call.name()).put("arguments", arguments);
    return json.put("type", "function").put("function", function);
  }

  @Override
  public Buffer finish() {
    if (answer.finish() == null) {
      return NONE;
    }
    JsonObject delta = new JsonObject().put("finish_reason", finishReason());
    if (answer.usage()) {
      delta.put("usage", counts());
    }
    JsonObject end = new JsonObject().put("type", "message-end").put("delta", delta);
    Buffer last = Sse.event("message-end", end.encode());
    boolean open = answer.hasText() && !plans();
    return open ? Sse.join(event("content-end", textIndex(), null), last) : last;
  }

  @Override
  public Buffer usage() {
    JsonObject delta = new JsonObject().put("usage", counts());
    JsonObject end = new JsonObject().put("type", "message-end").put("delta", delta);
    return Sse.event("message-end", end.encode());
  }

  @Override
  public Buffer terminator() {
    return Sse.DONE;
  }

  @Override
  public Buffer ping() {
    return Sse.event("debug", new JsonObject().put("type", "debug").encode());
  }

  @Override
  public Buffer error(SandboxError error) {
    JsonObject delta = new JsonObject().put("finish_reason", "ERROR").put("error", error.message());
    JsonObject end = new JsonObject().put("type", "message-end").put("delta", delta);
    return Sse.event("message-end", end.encode());
  }

  @Override
  public String whole(String text) {
    JsonObject message = new JsonObject().put("role", "assistant");
    JsonArray content = new JsonArray();
    if (answer.hasReasoning()) {
      content.add(new JsonObject().put("type", "thinking").put("thinking", answer.reasoningText()));
    }
    if (answer.hasText() && plans()) {
      message.put("tool_plan", text);
    } else if (answer.hasText()) {
      content.add(new JsonObject().put("type", "text").put("text", text));
    }
    if (!content.isEmpty()) {
      message.put("content", content);
    }
    if (plans()) {
      JsonArray calls = new JsonArray();
      for (int i = 0; i < answer.toolCalls().size(); i++) {
        ScriptedToolCall call = answer.toolCalls().get(i);
        calls.add(toolCall(i, call, call.arguments()));
      }
      message.put("tool_calls", calls);
    }
    JsonObject body = new JsonObject().put("id", "sandbox-" + number).put("message", message);
    body.put("finish_reason", answer.finish() == null ? null : finishReason());
    return (answer.usage() ? body.put("usage", counts()) : body).encode();
  }

  private String finishReason() {
    return switch (answer.finishToSend()) {
      case STOP -> "COMPLETE";
      case LENGTH -> "MAX_TOKENS";
      case CONTENT_FILTER -> "ERROR";
      case TOOL_CALLS -> "TOOL_CALL";
    };
  }

  private JsonObject counts() {
    JsonObject tokens =
        new JsonObject()
            .put("input_tokens", answer.promptTokens())
            .put("output_tokens", answer.completionTokens());
    return new JsonObject().put("billed_units", tokens).put("tokens", tokens.copy());
  }

  private static Buffer event(String type, int index, JsonObject message) {
    return Sse.event(type, json(type, index, message).encode());
  }

  private static JsonObject json(String type, int index, JsonObject message) {
    JsonObject json = new JsonObject().put("type", type);
    if (index >= 0) {
      json.put("index", index);
    }
    return message == null ? json : json.put("delta", new JsonObject().put("message", message));
  }
}
