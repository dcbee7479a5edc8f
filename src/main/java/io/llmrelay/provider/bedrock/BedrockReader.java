package io.llmrelay.provider.bedrock;

import io.llmrelay.chat.BlockKind;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.FinishReason;
import io.llmrelay.chat.TokenUsage;
import io.llmrelay.provider.Answer;
import io.llmrelay.provider.Dialect;
import io.llmrelay.provider.wire.AwsEventStreamDecoder;
import io.llmrelay.provider.wire.EventDecoder;
import io.llmrelay.provider.wire.Json;
import io.vertx.core.json.JsonObject;
import java.io.IOException;

/**
 * A reader of ConverseStream's events. The name of an event is its type; usage follows the stop
 * reason. The count of input tokens excludes those read from a cache or written to it.
 */
final class BedrockReader implements Dialect.Reader {
  private final Answer answer;
  private boolean stopped;

  BedrockReader(Answer answer) {
    this.answer = answer;
  }

  @Override
  public EventDecoder decoder(EventDecoder.Handler handler) {
    return new AwsEventStreamDecoder(handler);
  }

  @Override
  public void event(String name, byte[] bytes, int from, int to) throws IOException {
    JsonObject event = Json.payload(bytes, from, to);
    switch (name == null ? "" : name) {
      case "contentBlockStart" -> content(Json.object(event, "start"));
      case "contentBlockDelta" -> content(Json.object(event, "delta"));
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

  private void content(JsonObject content) {
    JsonObject reasoning = Json.object(content, "reasoningContent");
    answer.text(BlockKind.REASONING, Json.stringOrNumber(reasoning, "text"));
    // A whole response nests it one level deeper.
    answer.text(
        BlockKind.REASONING, Json.stringOrNumber(Json.object(reasoning, "reasoningText"), "text"));
    answer.text(BlockKind.TEXT, Json.stringOrNumber(content, "text"));
    if (content.containsKey("toolUse")) {
      answer.toolCalls();
    }
  }

  private void stop(String reason) {
    stopped = true;
    switch (reason) {
      case "end_turn", "stop_sequence" -> answer.finish(FinishReason.STOP);
      case "max_tokens", "model_context_window_exceeded" -> answer.finish(FinishReason.LENGTH);
      case "tool_use" -> answer.finish(FinishReason.TOOL_CALLS);
      case "guardrail_intervened", "content_filtered" -> answer.finish(FinishReason.CONTENT_FILTER);
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
        content(content);
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
