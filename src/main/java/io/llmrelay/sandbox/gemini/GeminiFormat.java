package io.llmrelay.sandbox.gemini;

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
import java.util.Collections;
import java.util.List;

/**
 * The format of generateContent: each event is a response with the next parts, and there is no end
 * marker. A tool call is sent in one part; if its arguments are invalid, it is replaced by a finish
 * reason.
 */
final class GeminiFormat implements WireFormat {

  /** The thought signature of the first tool call, or of the text that follows thoughts. */
  static final String SIGNATURE = "c2FuZGJveA==";

  private final long number;
  private final String model;
  private final ScriptedAnswer answer;

  GeminiFormat(long number, String model, ScriptedAnswer answer) {
    this.number = number;
    this.model = model;
    this.answer = answer;
  }

  @Override
  public Buffer opening() {
    return NONE;
  }

  @Override
  public Buffer reasoning(String chunk) {
    return frame(response(thought(chunk)));
  }

  private static JsonObject thought(String text) {
    return new JsonObject().put("text", text).put("thought", true);
  }

  @Override
  public Buffer afterReasoning() {
    return NONE;
  }

  /** Returns no frame for a refusal, which is only a finish reason in this dialect. */
  @Override
  public Buffer token(String chunk) {
    if (answer.refusal()) {
      return NONE;
    }
    String json = response(new JsonObject().put("text", chunk)).encode();
    return frame(answer.has(Quirk.NUMBERS) ? JsonText.unquote(json, chunk) : json);
  }

  @Override
  public List<Buffer> images() {
    return Collections.nCopies(answer.images(), frame(response(image())));
  }

  private static JsonObject image() {
    JsonObject data =
        new JsonObject().put("mimeType", "image/png").put("data", ScriptedAnswer.IMAGE);
    return new JsonObject().put("inlineData", data);
  }

  @Override
  public List<Buffer> toolCalls() {
    List<Buffer> frames = new ArrayList<>();
    if (answer.hasValidArguments()) {
      for (int i = 0; i < answer.toolCalls().size(); i++) {
        frames.add(frame(JsonText.encode(response(functionCall(i)), answer.toolCalls())));
      }
    }
    return frames;
  }

  private JsonObject functionCall(int index) {
    ScriptedToolCall call = answer.toolCalls().get(index);
    JsonObject json = new JsonObject();
    if (call.id() != null) {
      json.put("id", call.id());
    }
    json.put("name", call.name()).put("args", JsonText.placeholder(index));
    JsonObject part = new JsonObject().put("functionCall", json);
    return index == 0 ? part.put("thoughtSignature", SIGNATURE) : part;
  }

  @Override
  public Buffer finish() {
    if (answer.finish() == null) {
      return NONE;
    }
    JsonObject last = new JsonObject().put("text", "");
    if (answer.hasReasoning() && !answer.hasToolCalls()) {
      last.put("thoughtSignature", SIGNATURE);
    }
    JsonObject response = response(last);
    response.getJsonArray("candidates").getJsonObject(0).put("finishReason", finishReason());
    return frame(withUsage(response));
  }

  @Override
  public Buffer usage() {
    return frame(withUsage(metadata()));
  }

  @Override
  public Buffer terminator() {
    return NONE;
  }

  @Override
  public Buffer ping() {
    return frame(metadata());
  }

  @Override
  public Buffer error(SandboxError error) {
    return frame(GeminiDialect.errorJson(error));
  }

  @Override
  public String whole(String text) {
    JsonArray parts = new JsonArray();
    if (answer.hasReasoning()) {
      parts.add(thought(answer.reasoningText()));
    }
    if (answer.hasText() && !answer.refusal()) {
      JsonObject part = new JsonObject().put("text", text);
      boolean signed = answer.hasReasoning() && !answer.hasToolCalls();
      parts.add(signed ? part.put("thoughtSignature", SIGNATURE) : part);
    }
    for (int i = 0; i < answer.images(); i++) {
      parts.add(image());
    }
    if (answer.hasValidArguments()) {
      for (int i = 0; i < answer.toolCalls().size(); i++) {
        parts.add(functionCall(i));
      }
    }
    JsonObject candidate = candidate(parts);
    if (answer.finish() != null) {
      candidate.put("finishReason", finishReason());
    }
    JsonObject response = metadata().put("candidates", JsonArray.of(candidate));
    return JsonText.encode(withUsage(response), answer.toolCalls());
  }

  private String finishReason() {
    if (!answer.hasValidArguments()) {
      return "MALFORMED_FUNCTION_CALL";
    }
    return switch (answer.finish()) {
      case STOP -> answer.refusal() ? "SAFETY" : "STOP";
      case LENGTH -> "MAX_TOKENS";
      case CONTENT_FILTER -> "SAFETY";
      case TOOL_CALLS -> "STOP";
    };
  }

  private JsonObject response(JsonObject part) {
    JsonArray candidates = JsonArray.of(candidate(JsonArray.of(part)));
    return new JsonObject().put("candidates", candidates).mergeIn(metadata());
  }

  private static JsonObject candidate(JsonArray parts) {
    JsonObject content = new JsonObject().put("parts", parts).put("role", "model");
    return new JsonObject().put("content", content).put("index", 0);
  }

  private JsonObject metadata() {
    return new JsonObject().put("modelVersion", model).put("responseId", "sandbox" + number);
  }

  private JsonObject withUsage(JsonObject response) {
    if (!answer.usage()) {
      return response;
    }
    int thoughts = answer.reasoning().size();
    int total = answer.promptTokens() + answer.completionTokens();
    JsonObject usage =
        new JsonObject()
            .put("promptTokenCount", answer.promptTokens())
            .put("candidatesTokenCount", answer.completionTokens() - thoughts)
            .put("totalTokenCount", total);
    if (thoughts > 0) {
      usage.put("thoughtsTokenCount", thoughts);
    }
    return response.put("usageMetadata", usage);
  }

  private static Buffer frame(JsonObject json) {
    return frame(json.encode());
  }

  private static Buffer frame(String json) {
    return Buffer.buffer("data: " + json + "\r\n\r\n");
  }
}
