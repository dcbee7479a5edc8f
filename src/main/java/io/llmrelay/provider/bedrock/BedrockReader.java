package io.llmrelay.provider.bedrock;

import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.FinishReason;
import io.llmrelay.chat.TokenUsage;
import io.llmrelay.provider.Answer;
import io.llmrelay.provider.Dialect;
import io.llmrelay.provider.anthropic.ContentBlocks;
import io.llmrelay.provider.wire.AwsEventStreamDecoder;
import io.llmrelay.provider.wire.EventDecoder;
import io.llmrelay.provider.wire.Json;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * A reader of ConverseStream's events. The name of an event is its type; usage follows the stop
 * reason. The count of input tokens excludes those read from a cache or written to it.
 */
final class BedrockReader implements Dialect.Reader {
  private final Answer answer;
  private final ContentBlocks blocks;
  private boolean stopped;

  BedrockReader(Answer answer) {
    this.answer = answer;
    this.blocks = new ContentBlocks(answer);
  }

  @Override
  public EventDecoder decoder(EventDecoder.Handler handler) {
    return new AwsEventStreamDecoder(handler);
  }

  @Override
  public void event(String name, byte[] bytes, int from, int to) throws IOException {
    JsonObject event = Json.payload(bytes, from, to);
    switch (name == null ? "" : name) {
      case "contentBlockStart" -> start(Json.object(event, "start"));
      case "contentBlockDelta" -> delta(Json.object(event, "delta"));
      case "contentBlockStop" -> blocks.stop();
      case "messageStop" -> stop(Json.text(event, "stopReason"));
      case "metadata" -> {
        usage(Json.object(event, "usage"));
        if (stopped) {
          answer.end();
        }
      }
      default -> {}
    }
  }

  private void start(JsonObject start) {
    JsonObject call = Json.object(start, "toolUse");
    if (start.containsKey("toolUse")) {
      call(call);
    } else {
      blocks.stop();
    }
  }

  private void call(JsonObject call) {
    String type = Json.text(call, "type").isEmpty() ? "tool_use" : Json.text(call, "type");
    blocks.start(
        new JsonObject()
            .put("type", type)
            .put("id", Json.string(call, "toolUseId"))
            .put("name", Json.text(call, "name"))
            .put("input", Json.object(call, "input")));
  }

  private void delta(JsonObject delta) {
    reasoning(Json.object(delta, "reasoningContent"));
    blocks.text(Json.stringOrNumber(delta, "text"));
    blocks.arguments(Json.stringOrNumber(Json.object(delta, "toolUse"), "input"));
    citation(delta.getValue("citation"));
  }

  private void reasoning(JsonObject reasoning) {
    blocks.thinking(Json.stringOrNumber(reasoning, "text"));
    blocks.signature(Json.text(reasoning, "signature"));
    String redacted = Json.text(reasoning, "redactedContent");
    if (!redacted.isEmpty()) {
      blocks.start(new JsonObject().put("type", "redacted_thinking").put("data", redacted));
    }
  }

  /** Reads a block of a whole answer. */
  private void block(JsonObject block) {
    blocks.stop();
    if (block.containsKey("toolUse")) {
      call(Json.object(block, "toolUse"));
    }
    JsonObject reasoning = Json.object(block, "reasoningContent");
    reasoning(reasoning);
    reasoning(Json.object(reasoning, "reasoningText"));
    blocks.text(Json.stringOrNumber(block, "text"));
    JsonObject cited = Json.object(block, "citationsContent");
    texts(cited, "content").forEach(blocks::text);
    Json.array(cited, "citations").forEach(this::citation);
  }

  /** Passes a citation on in the form of the Messages API. */
  private void citation(Object value) {
    if (!(value instanceof JsonObject citation)) {
      return;
    }
    JsonObject location = Json.object(citation, "location");
    JsonObject web = Json.object(location, "web");
    JsonObject same = new JsonObject();
    if (web.isEmpty()) {
      for (String kind : location.fieldNames()) {
        same.mergeIn(Json.object(location, kind)).put("type", kind);
      }
      Json.put(same, "source", Json.string(citation, "source"));
    } else {
      same.mergeIn(web).put("type", "web_search_result_location");
    }
    Json.put(same, "title", Json.string(citation, "title"));
    same.put("cited_text", String.join("", texts(citation, "sourceContent")));
    blocks.citation(same);
  }

  private static List<String> texts(JsonObject json, String key) {
    List<String> texts = new ArrayList<>();
    for (Object part : Json.array(json, key)) {
      if (part instanceof JsonObject object) {
        texts.add(Json.stringOrNumber(object, "text"));
      }
    }
    return texts;
  }

  private void stop(String reason) {
    stopped = true;
    blocks.stop();
    switch (reason) {
      case "end_turn", "stop_sequence" -> answer.finish(FinishReason.STOP);
      case "max_tokens", "model_context_window_exceeded" -> answer.finish(FinishReason.LENGTH);
      case "tool_use" -> answer.finish(blocks.finishOfCall());
      case "guardrail_intervened", "content_filtered" -> answer.finish(FinishReason.CONTENT_FILTER);
      case "malformed_tool_use" ->
          answer.fail(FailureKind.MALFORMED_TOOL_CALL, "stop reason \"" + reason + "\"");
      default -> answer.fail(FailureKind.SERVER_ERROR, "stop reason \"" + reason + "\"");
    }
  }

  private void usage(JsonObject usage) {
    long read = Json.count(usage, "cacheReadInputTokens");
    long written = Json.count(usage, "cacheWriteInputTokens");
    answer.usage(
        new TokenUsage(
            Json.count(usage, "inputTokens") + read + written,
            Json.count(usage, "outputTokens"),
            read,
            written,
            0,
            TokenUsage.Source.PROVIDER));
  }

  @Override
  public boolean whole(JsonObject json) {
    JsonObject message = Json.object(Json.object(json, "output"), "message");
    for (Object block : Json.array(message, "content")) {
      if (block instanceof JsonObject content) {
        block(content);
      }
    }
    usage(Json.object(json, "usage"));
    String reason = Json.text(json, "stopReason");
    if (reason.isEmpty()) {
      return false;
    }
    stop(reason);
    return true;
  }
}
