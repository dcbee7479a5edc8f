package io.llmrelay.sandbox.cloudflare;

import io.llmrelay.sandbox.dialect.JsonText;
import io.llmrelay.sandbox.dialect.Quirk;
import io.llmrelay.sandbox.dialect.SandboxError;
import io.llmrelay.sandbox.dialect.ScriptedAnswer;
import io.llmrelay.sandbox.dialect.Sse;
import io.llmrelay.sandbox.dialect.WireFormat;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;

/**
 * The native format: events with a piece of the response, then usage, then {@code [DONE]}, without
 * a finish reason. It has no field for reasoning, which is omitted. A tool call is sent in one
 * event, and arguments that are not valid JSON are sent as a string.
 */
final class CloudflareFormat implements WireFormat {
  private static final String PADDING = "abcdefgh";

  private final ScriptedAnswer answer;

  CloudflareFormat(ScriptedAnswer answer) {
    this.answer = answer;
  }

  @Override
  public Buffer opening() {
    return NONE;
  }

  @Override
  public Buffer reasoning(String chunk) {
    return NONE;
  }

  @Override
  public Buffer afterReasoning() {
    return NONE;
  }

  @Override
  public Buffer token(String chunk) {
    String json = response(chunk).put("p", PADDING).encode();
    return Sse.data(answer.has(Quirk.NUMBERS) ? JsonText.unquote(json, chunk) : json);
  }

  private static JsonObject response(String text) {
    return new JsonObject().put("response", text);
  }

  @Override
  public List<Buffer> toolCalls() {
    List<Buffer> frames = new ArrayList<>();
    for (int i = 0; i < answer.toolCalls().size(); i++) {
      JsonObject json = response("").put("tool_calls", JsonArray.of(toolCall(i)));
      frames.add(Sse.data(JsonText.encode(json.put("p", PADDING), answer.toolCalls())));
    }
    return frames;
  }

  private JsonObject toolCall(int index) {
    String name = answer.toolCalls().get(index).name();
    return new JsonObject().put("name", name).put("arguments", JsonText.placeholder(index));
  }

  @Override
  public Buffer finish() {
    return answer.usage() && answer.finish() != null ? usage() : NONE;
  }

  @Override
  public Buffer usage() {
    return Sse.data(response("").put("usage", counts()));
  }

  @Override
  public Buffer terminator() {
    return Sse.DONE;
  }

  @Override
  public Buffer ping() {
    return Sse.data(response(""));
  }

  @Override
  public Buffer error(SandboxError error) {
    return Sse.data(CloudflareDialect.errorJson(error));
  }

  @Override
  public String whole(String text) {
    JsonObject result = response(answer.hasText() ? text : "");
    JsonArray calls = new JsonArray();
    for (int i = 0; i < answer.toolCalls().size(); i++) {
      calls.add(toolCall(i));
    }
    if (!calls.isEmpty()) {
      result.put("tool_calls", calls);
    }
    if (answer.usage()) {
      result.put("usage", counts());
    }
    JsonObject body =
        new JsonObject()
            .put("result", result)
            .put("success", true)
            .put("errors", new JsonArray())
            .put("messages", new JsonArray());
    return JsonText.encode(body, answer.toolCalls());
  }

  private JsonObject counts() {
    return new JsonObject()
        .put("prompt_tokens", answer.promptTokens())
        .put("completion_tokens", answer.completionTokens())
        .put("total_tokens", answer.promptTokens() + answer.completionTokens());
  }
}
