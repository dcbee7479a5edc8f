package io.llmrelay.provider.gemini;

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
 * A reader of Gemini's chunks, each of which is a whole response with the next part of the text.
 *
 * <p>There is no end marker, and a finish reason does not mark the end: with code execution the
 * first STOP precedes the text. So the last reason applies once the body is complete; a connection
 * that breaks before that is a failure. Usage is cumulative; thoughts are counted separately from
 * the candidates, and tool results separately from the prompt.
 */
final class GeminiReader implements Dialect.Reader {
  private final Answer answer;
  private String finish = "";

  GeminiReader(Answer answer) {
    this.answer = answer;
  }

  @Override
  public void event(String name, byte[] bytes, int from, int to) throws IOException {
    JsonObject chunk = Json.payload(bytes, from, to);
    if (chunk.getValue("error") != null) {
      answer.error(bytes, from, to);
    } else {
      chunk(chunk);
    }
  }

  @Override
  public boolean whole(JsonObject json) {
    chunk(json);
    end();
    return !finish.isEmpty();
  }

  private void chunk(JsonObject chunk) {
    for (Object candidate : Json.array(chunk, "candidates")) {
      if (candidate instanceof JsonObject json && Json.count(json, "index") == 0) {
        candidate(json);
      }
    }
    if (!Json.text(Json.object(chunk, "promptFeedback"), "blockReason").isEmpty()) {
      finish = "SAFETY";
    }
    usage(Json.object(chunk, "usageMetadata"));
    answer.model(Json.string(chunk, "modelVersion"));
  }

  private void candidate(JsonObject candidate) {
    JsonArray parts = Json.array(Json.object(candidate, "content"), "parts");
    for (Object entry : parts) {
      if (entry instanceof JsonObject part) {
        boolean thought = Boolean.TRUE.equals(part.getValue("thought"));
        answer.text(
            thought ? BlockKind.REASONING : BlockKind.TEXT, Json.stringOrNumber(part, "text"));
        if (part.containsKey("functionCall")) {
          answer.toolCalls();
        }
      }
    }
    String reason = Json.text(candidate, "finishReason");
    finish = reason.isEmpty() ? finish : reason;
  }

  private void usage(JsonObject usage) {
    long thoughts = Json.count(usage, "thoughtsTokenCount");
    answer.usage(
        new TokenUsage(
            Json.count(usage, "promptTokenCount") + Json.count(usage, "toolUsePromptTokenCount"),
            Json.count(usage, "candidatesTokenCount") + thoughts,
            Json.count(usage, "cachedContentTokenCount"),
            0,
            thoughts,
            TokenUsage.Source.PROVIDER));
  }

  @Override
  public void end() {
    switch (finish) {
      case "", "FINISH_REASON_UNSPECIFIED" -> {}
      case "STOP" -> answer.finish(FinishReason.STOP);
      case "MAX_TOKENS" -> answer.finish(FinishReason.LENGTH);
      case "SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "MODEL_ARMOR" ->
          answer.finish(FinishReason.CONTENT_FILTER);
      default -> {
        if (finish.startsWith("IMAGE_")) {
          answer.finish(FinishReason.CONTENT_FILTER);
        } else {
          // Malformed calls, an unsupported language, and unknown reasons.
          answer.fail(FailureKind.SERVER_ERROR, "finish reason \"" + finish + "\"");
        }
      }
    }
  }
}
