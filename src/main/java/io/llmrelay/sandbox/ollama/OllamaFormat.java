package io.llmrelay.sandbox.ollama;

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

/**
 * The format of {@code /api/chat} and {@code /api/generate}: lines of JSON, the last one with the
 * reason of the end and the usage. A tool call is sent whole; one with invalid arguments is an
 * error.
 */
final class OllamaFormat implements WireFormat {
  private static final String CREATED = "2026-01-01T00:00:00Z";

  private final long number;
  private final String model;
  private final ScriptedAnswer answer;
  private final boolean generate;

  /**
   * @param generate whether the text is in a line itself, as {@code /api/generate} has it
   */
  OllamaFormat(long number, String model, ScriptedAnswer answer, boolean generate) {
    this.number = number;
    this.model = model;
    this.answer = answer;
    this.generate = generate;
  }

  @Override
  public String contentType() {
    return "application/x-ndjson";
  }

  @Override
  public Buffer opening() {
    return NONE;
  }

  @Override
  public Buffer reasoning(String chunk) {
    return line(part(message("").put("thinking", chunk)).encode());
  }

  @Override
  public Buffer afterReasoning() {
    return NONE;
  }

  @Override
  public Buffer token(String chunk) {
    String json = part(message(chunk)).encode();
    return line(answer.has(Quirk.NUMBERS) ? JsonText.unquote(json, chunk) : json);
  }

  @Override
  public List<Buffer> toolCalls() {
    List<Buffer> lines = new ArrayList<>();
    for (int i = 0; i < answer.toolCalls().size(); i++) {
      ScriptedToolCall call = answer.toolCalls().get(i);
      if (!call.isValid()) {
        lines.add(error(failure()));
        return lines;
      }
      JsonObject message = message("").put("tool_calls", JsonArray.of(toolCall(i, call)));
      lines.add(line(JsonText.encode(part(message), answer.toolCalls())));
    }
    return lines;
  }

  @Override
  public SandboxError failure() {
    for (ScriptedToolCall call : answer.toolCalls()) {
      if (!call.isValid()) {
        String raw = "error parsing tool call: raw='" + call.arguments() + "'";
        String message = raw + ", err=unexpected end of JSON input";
        return new SandboxError(500, null, null, null, message);
      }
    }
    return null;
  }

  private JsonObject toolCall(int index, ScriptedToolCall call) {
    JsonObject json = new JsonObject();
    if (!answer.has(Quirk.NO_IDS)) {
      json.put("id", call.idOr("call_", number, index));
    }
    JsonObject function =
        new JsonObject()
            .put("index", index)
            .put("name", call.name())
            .put("arguments", JsonText.placeholder(index));
    return json.put("function", function);
  }

  @Override
  public Buffer finish() {
    return answer.finish() == null || !answer.hasValidArguments()
        ? NONE
        : line(done(message("")).encode());
  }

  @Override
  public Buffer usage() {
    return line(withUsage(part(message(""))).encode());
  }

  @Override
  public Buffer terminator() {
    return NONE;
  }

  @Override
  public Buffer ping() {
    return line(part(message("")).encode());
  }

  @Override
  public Buffer comment() {
    return Buffer.buffer("\n");
  }

  @Override
  public List<Buffer> noise() {
    return List.of(Buffer.buffer("\n"), Buffer.buffer("\r\n"));
  }

  @Override
  public Buffer malformed() {
    return line("{\"model\":\"broken\",\"message\":{");
  }

  @Override
  public Buffer error(SandboxError error) {
    return line(OllamaDialect.errorJson(error).encode());
  }

  @Override
  public Buffer rawError(String body) {
    return line(body);
  }

  @Override
  public String whole(String text) {
    JsonObject message = message(answer.hasText() ? text : "");
    if (answer.hasReasoning()) {
      message.put("thinking", answer.reasoningText());
    }
    JsonArray calls = new JsonArray();
    for (int i = 0; i < answer.toolCalls().size(); i++) {
      ScriptedToolCall call = answer.toolCalls().get(i);
      calls.add(toolCall(i, call));
    }
    if (!calls.isEmpty()) {
      message.put("tool_calls", calls);
    }
    return JsonText.encode(
        answer.finish() == null ? part(message) : done(message), answer.toolCalls());
  }

  private static JsonObject message(String content) {
    return new JsonObject().put("role", "assistant").put("content", content);
  }

  private JsonObject part(JsonObject message) {
    JsonObject line = new JsonObject().put("model", model).put("created_at", CREATED);
    if (generate) {
      line.put("response", message.getValue("content"));
    } else {
      line.put("message", message);
    }
    return line.put("done", false);
  }

  private JsonObject done(JsonObject message) {
    boolean length = answer.finish() == ScriptedAnswer.Finish.LENGTH;
    JsonObject json =
        part(message).put("done", true).put("done_reason", length ? "length" : "stop");
    return withUsage(json.put("total_duration", 1_000_000).put("load_duration", 1_000));
  }

  private JsonObject withUsage(JsonObject json) {
    if (!answer.usage()) {
      return json;
    }
    return json.put("prompt_eval_count", answer.promptTokens())
        .put("prompt_eval_duration", 1_000)
        .put("eval_count", answer.completionTokens())
        .put("eval_duration", 1_000);
  }

  private static Buffer line(String json) {
    return Buffer.buffer(json + "\n");
  }
}
