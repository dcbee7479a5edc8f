package io.llmrelay.provider.cohere;

import io.llmrelay.chat.BlockKind;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.FinishReason;
import io.llmrelay.chat.TokenUsage;
import io.llmrelay.provider.Answer;
import io.llmrelay.provider.Dialect;
import io.llmrelay.provider.wire.Json;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;

/**
 * A reader of Cohere's events. An event without a type is an error. The finish reason may be an
 * error or a timeout. The plan of a tool call counts as reasoning.
 */
final class CohereReader implements Dialect.Reader {
  private final Answer answer;

  CohereReader(Answer answer) {
    this.answer = answer;
  }

  @Override
  public void event(String name, byte[] bytes, int from, int to) throws IOException {
    JsonObject event = Json.payload(bytes, from, to);
    if (event.isEmpty()) {
      return;
    }
    JsonObject delta = Json.object(event, "delta");
    JsonObject message = Json.object(delta, "message");
    switch (Json.text(event, "type")) {
      case "" -> answer.error(bytes, from, to);
      case "content-start", "content-delta" -> {
        content(Json.object(message, "content"));
        logprobs(JsonArray.of(event.getValue("logprobs")));
      }
      case "tool-plan-delta" -> plan(message);
      case "tool-call-start" -> call(Json.object(message, "tool_calls"));
      case "tool-call-delta" -> arguments(Json.object(message, "tool_calls"));
      case "tool-call-end" -> answer.endArguments();
      case "citation-start" -> citations(JsonArray.of(Json.object(message, "citations")));
      case "message-end" -> end(delta);
      default -> {}
    }
  }

  @Override
  public boolean whole(JsonObject json) {
    JsonObject message = Json.object(json, "message");
    plan(message);
    for (Object content : Json.array(message, "content")) {
      if (content instanceof JsonObject block) {
        content(block);
      }
    }
    for (Object call : Json.array(message, "tool_calls")) {
      if (call instanceof JsonObject each) {
        call(each);
        answer.endArguments();
      }
    }
    logprobs(Json.array(json, "logprobs"));
    citations(Json.array(message, "citations"));
    if (Json.text(json, "finish_reason").isEmpty()) {
      return false;
    }
    end(json);
    return true;
  }

  private void plan(JsonObject message) {
    answer.text(BlockKind.REASONING, Json.stringOrNumber(message, "tool_plan"));
  }

  private void content(JsonObject content) {
    answer.text(BlockKind.REASONING, Json.stringOrNumber(content, "thinking"));
    answer.text(BlockKind.TEXT, Json.stringOrNumber(content, "text"));
  }

  private void call(JsonObject call) {
    String name = Json.string(Json.object(call, "function"), "name");
    if (name == null) {
      answer.fail(FailureKind.MALFORMED_TOOL_CALL, "a tool call names no tool");
      return;
    }
    answer.call(Json.string(call, "id"), name, null);
    arguments(call);
  }

  private void arguments(JsonObject call) {
    answer.arguments(Json.text(Json.object(call, "function"), "arguments"));
  }

  private void logprobs(JsonArray items) {
    JsonArray content = CohereExtras.logprobs(items);
    if (!content.isEmpty()) {
      answer.data("logprobs", new JsonObject().put("content", content));
    }
  }

  private void citations(JsonArray citations) {
    JsonArray annotations = CohereExtras.annotations(citations);
    if (!annotations.isEmpty()) {
      answer.data("annotations", annotations);
    }
  }

  private void end(JsonObject end) {
    JsonObject usage = Json.object(end, "usage");
    String counted = usage.containsKey("tokens") ? "tokens" : "billed_units";
    JsonObject tokens = Json.object(usage, counted);
    answer.usage(
        new TokenUsage(
            Json.count(tokens, "input_tokens"),
            Json.count(tokens, "output_tokens"),
            Json.count(usage, "cached_tokens"),
            0,
            0,
            TokenUsage.Source.PROVIDER));
    String reason = Json.text(end, "finish_reason");
    switch (reason) {
      case "" -> {}
      case "COMPLETE", "STOP_SEQUENCE" -> answer.finish(FinishReason.STOP);
      case "MAX_TOKENS" -> answer.finish(FinishReason.LENGTH);
      case "TOOL_CALL" -> answer.finish(FinishReason.TOOL_CALLS);
      default -> failed(reason, end);
    }
    answer.end();
  }

  private void failed(String reason, JsonObject end) {
    JsonObject error = new JsonObject().put("type", reason);
    Json.put(error, "message", Json.string(end, "error"));
    byte[] bytes = new JsonObject().put("error", error).toBuffer().getBytes();
    answer.error(bytes, 0, bytes.length);
  }
}
