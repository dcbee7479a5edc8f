package io.llmrelay.sandbox.responses;

import io.llmrelay.sandbox.dialect.JsonNodes;
import io.llmrelay.sandbox.dialect.JsonText;
import io.llmrelay.sandbox.dialect.Quirk;
import io.llmrelay.sandbox.dialect.SandboxError;
import io.llmrelay.sandbox.dialect.SandboxRequest;
import io.llmrelay.sandbox.dialect.ScriptedAnswer;
import io.llmrelay.sandbox.dialect.ScriptedAnswer.Finish;
import io.llmrelay.sandbox.dialect.ScriptedToolCall;
import io.llmrelay.sandbox.dialect.Sse;
import io.llmrelay.sandbox.dialect.WireFormat;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;

/**
 * The format of Responses: named events of items, the last of which has the whole response. Events
 * are numbered in the order in which they are made.
 */
final class ResponsesFormat implements WireFormat {
  /** 2026-01-01T00:00:00Z; constant, so that a scenario always gives the same bytes. */
  private static final long CREATED = 1767225600L;

  /** The encrypted content of every reasoning item. */
  static final String ENCRYPTED = "c2FuZGJveA==";

  private final JsonObject request;
  private final long number;
  private final String model;
  private final ScriptedAnswer answer;
  private final boolean encrypts;
  private int sequence;

  ResponsesFormat(SandboxRequest request, String model, ScriptedAnswer answer) {
    this.request = request.body();
    this.number = request.number();
    this.model = model;
    this.answer = answer;
    this.encrypts =
        JsonNodes.array(request.body(), "include").contains("reasoning.encrypted_content");
  }

  @Override
  public Buffer opening() {
    return Sse.join(
        event("response.created", response("in_progress")),
        event("response.in_progress", response("in_progress")),
        answer.hasReasoning() ? reasoningStart() : answer.hasText() ? messageStart() : NONE);
  }

  private Buffer reasoningStart() {
    return Sse.join(
        item("added", 0, reasoningItem(new JsonArray(), "in_progress")),
        event("response.reasoning_summary_part.added", summary().put("part", summaryText(""))));
  }

  private JsonObject reasoningItem(JsonArray summary, String status) {
    JsonObject item = typed("reasoning").put("id", "rs_" + number).put("summary", summary);
    if (encrypts) {
      item.put("encrypted_content", status.equals("in_progress") ? "" : ENCRYPTED);
    }
    return item;
  }

  private JsonObject summary() {
    return at("rs_" + number, 0).put("summary_index", 0);
  }

  private static JsonObject summaryText(String text) {
    return typed("summary_text").put("text", text);
  }

  @Override
  public Buffer reasoning(String chunk) {
    return event("response.reasoning_summary_text.delta", summary().put("delta", chunk));
  }

  @Override
  public Buffer afterReasoning() {
    JsonObject text = summaryText(answer.reasoningText());
    return Sse.join(
        event(
            "response.reasoning_summary_text.done", summary().put("text", answer.reasoningText())),
        event("response.reasoning_summary_part.done", summary().put("part", text)),
        item("done", 0, reasoningItem(JsonArray.of(text.copy()), "completed")),
        answer.hasText() ? messageStart() : NONE);
  }

  private int messageIndex() {
    return answer.hasReasoning() ? 1 : 0;
  }

  private Buffer messageStart() {
    return Sse.join(
        item("added", messageIndex(), message(new JsonArray(), "in_progress")),
        event("response.content_part.added", content().put("part", part(""))));
  }

  private JsonObject message(JsonArray content, String status) {
    return typed("message")
        .put("id", "msg_" + number)
        .put("status", status)
        .put("role", "assistant")
        .put("content", content);
  }

  private JsonObject content() {
    return at("msg_" + number, messageIndex()).put("content_index", 0);
  }

  private JsonObject part(String text) {
    return answer.refusal()
        ? typed("refusal").put("refusal", text)
        : typed("output_text")
            .put("annotations", new JsonArray())
            .put("logprobs", new JsonArray())
            .put("text", text);
  }

  @Override
  public Buffer token(String chunk) {
    JsonObject delta = content().put("delta", chunk);
    String type = "response.refusal.delta";
    if (!answer.refusal()) {
      type = "response.output_text.delta";
      delta.put("logprobs", new JsonArray());
    }
    String json = json(type, delta).encode();
    return Sse.event(type, answer.has(Quirk.NUMBERS) ? JsonText.unquote(json, chunk) : json);
  }

  private Buffer messageEnd() {
    if (!answer.hasText()) {
      return NONE;
    }
    JsonObject done = content();
    if (answer.refusal()) {
      done.put("refusal", answer.text());
    } else {
      done.put("text", answer.text()).put("logprobs", new JsonArray());
    }
    return Sse.join(
        event(answer.refusal() ? "response.refusal.done" : "response.output_text.done", done),
        event("response.content_part.done", content().put("part", part(answer.text()))),
        item("done", messageIndex(), wholeMessage(answer.text())));
  }

  private JsonObject wholeMessage(String text) {
    return message(JsonArray.of(part(text)), isCut() ? "incomplete" : "completed");
  }

  @Override
  public List<Buffer> toolCalls() {
    List<Buffer> frames = new ArrayList<>();
    for (int i = 0; i < answer.toolCalls().size(); i++) {
      ScriptedToolCall call = answer.toolCalls().get(i);
      int index = messageIndex() + (answer.hasText() ? 1 : 0) + i;
      Buffer start = item("added", index, toolCall(i, call, "", "in_progress"));
      frames.add(i == 0 ? Sse.join(messageEnd(), start) : start);
      for (String fragment : call.fragments()) {
        frames.add(
            event(
                "response.function_call_arguments.delta",
                at(callId(i), index).put("delta", fragment)));
      }
      JsonObject done = at(callId(i), index).put("name", call.name());
      frames.add(
          Sse.join(
              event(
                  "response.function_call_arguments.done", done.put("arguments", call.arguments())),
              item("done", index, toolCall(i, call, call.arguments(), "completed"))));
    }
    return frames;
  }

  private String callId(int index) {
    return "fc_" + number + "_" + index;
  }

  private JsonObject toolCall(int index, ScriptedToolCall call, String arguments, String status) {
    JsonObject item = typed(Items.FUNCTION_CALL).put("id", callId(index)).put("status", status);
    if (!answer.has(Quirk.NO_IDS)) {
      item.put("call_id", call.idOr("call_", number, index));
    }
    return item.put("name", call.name()).put("arguments", arguments);
  }

  @Override
  public Buffer finish() {
    if (answer.finish() == null) {
      return NONE;
    }
    Buffer end = event("response." + status(), finalResponse(answer.text()));
    return answer.hasToolCalls() ? end : Sse.join(messageEnd(), end);
  }

  private boolean isCut() {
    return answer.finish() == Finish.LENGTH || answer.finish() == Finish.CONTENT_FILTER;
  }

  private String status() {
    return answer.finish() == null ? "in_progress" : isCut() ? "incomplete" : "completed";
  }

  private JsonObject finalResponse(String text) {
    JsonObject json = response(status());
    JsonObject response = json.getJsonObject("response");
    JsonArray output = response.getJsonArray("output");
    if (answer.hasReasoning()) {
      output.add(reasoningItem(JsonArray.of(summaryText(answer.reasoningText())), "completed"));
    }
    if (answer.hasText()) {
      output.add(wholeMessage(text));
    }
    for (int i = 0; i < answer.toolCalls().size(); i++) {
      ScriptedToolCall call = answer.toolCalls().get(i);
      output.add(toolCall(i, call, call.arguments(), "completed"));
    }
    if (isCut()) {
      boolean length = answer.finish() == Finish.LENGTH;
      response.put(
          "incomplete_details",
          new JsonObject().put("reason", length ? "max_output_tokens" : "content_filter"));
    }
    if (answer.usage()) {
      response.put("usage", counts());
    }
    return json;
  }

  @Override
  public Buffer usage() {
    JsonObject json = response("in_progress");
    json.getJsonObject("response").put("usage", counts());
    return event("response.in_progress", json);
  }

  /** Returns nothing: the last event is the end. */
  @Override
  public Buffer terminator() {
    return NONE;
  }

  @Override
  public Buffer ping() {
    return event("keepalive", new JsonObject());
  }

  @Override
  public Buffer error(SandboxError error) {
    JsonObject failed = response("failed");
    failed
        .getJsonObject("response")
        .put(
            "error",
            new JsonObject()
                .put("code", error.code() == null ? "server_error" : error.code())
                .put("message", error.message()));
    return Sse.join(
        event("error", new JsonObject().put("error", ResponsesDialect.errorJson(error))),
        event("response.failed", failed));
  }

  @Override
  public String whole(String text) {
    return finalResponse(text).getJsonObject("response").encode();
  }

  private JsonObject counts() {
    int input = answer.promptTokens();
    int output = answer.completionTokens();
    return new JsonObject()
        .put("input_tokens", input)
        .put(
            "input_tokens_details",
            new JsonObject()
                .put("cached_tokens", answer.cachedTokens())
                .put("cache_write_tokens", 0))
        .put("output_tokens", output)
        .put(
            "output_tokens_details",
            new JsonObject().put("reasoning_tokens", answer.reasoning().size()))
        .put("total_tokens", input + output);
  }

  /** Returns a response, which repeats the request. */
  private JsonObject response(String status) {
    JsonObject json =
        new JsonObject()
            .put("id", "resp_" + number)
            .put("object", "response")
            .put("created_at", CREATED)
            .put("status", status)
            .put("background", false)
            .putNull("error")
            .putNull("incomplete_details")
            .put("instructions", request.getValue("instructions"))
            .put("max_output_tokens", request.getValue("max_output_tokens"))
            .put("model", model)
            .put("output", new JsonArray())
            .put("parallel_tool_calls", request.getValue("parallel_tool_calls", true))
            .putNull("previous_response_id")
            .put("reasoning", request.getValue("reasoning", new JsonObject().putNull("effort")))
            .put("store", request.getValue("store", true))
            .put("temperature", request.getValue("temperature", 1.0))
            .put("text", request.getValue("text", new JsonObject().put("format", typed("text"))))
            .put("tool_choice", request.getValue("tool_choice", "auto"))
            .put("tools", JsonNodes.array(request, "tools").copy())
            .put("top_p", request.getValue("top_p", 1.0))
            .put("truncation", request.getValue("truncation", "disabled"))
            .put("metadata", JsonNodes.object(request, "metadata").copy());
    return new JsonObject().put("response", json);
  }

  private static JsonObject typed(String type) {
    return new JsonObject().put("type", type);
  }

  private static JsonObject at(String item, int index) {
    return new JsonObject().put("item_id", item).put("output_index", index);
  }

  private Buffer item(String verb, int index, JsonObject item) {
    return event(
        "response.output_item." + verb,
        new JsonObject().put("output_index", index).put("item", item));
  }

  private JsonObject json(String type, JsonObject data) {
    return typed(type).mergeIn(data).put("sequence_number", sequence++);
  }

  private Buffer event(String type, JsonObject data) {
    return Sse.event(type, json(type, data).encode());
  }
}
