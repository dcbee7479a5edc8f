package io.llmrelay.provider.gemini;

import io.llmrelay.chat.BlockKind;
import io.llmrelay.chat.ContentPart.Reasoning;
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
 * A reader of Gemini's chunks, each of which is a whole response with the next parts of the answer.
 *
 * <p>A tool call arrives complete in one part. Its signature is passed on with the call. The
 * signature of a text becomes an entry of {@code reasoning_details} after the text; that of an
 * image becomes one with the image's id, and that of a thought one together with the thought.
 *
 * <p>There is no end marker, and a finish reason does not mark the end: with code execution the
 * first STOP precedes the text. So the last reason applies once the body is complete; if the
 * connection is lost before that, the answer fails. Usage is cumulative; thoughts are counted
 * separately from the candidates, and tool results separately from the prompt.
 */
final class GeminiReader implements Dialect.Reader {
  private final Answer answer;
  private final GeminiSources sources = new GeminiSources();
  private String finish = "";
  private int details;

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
    for (Object entry : Json.array(Json.object(candidate, "content"), "parts")) {
      if (entry instanceof JsonObject part) {
        part(part);
      }
    }
    JsonArray logprobs = GeminiLogprobs.read(Json.object(candidate, "logprobsResult"));
    if (!logprobs.isEmpty()) {
      answer.data("logprobs", new JsonObject().put("content", logprobs));
    }
    sources.read(Json.object(candidate, "groundingMetadata"));
    String reason = Json.text(candidate, "finishReason");
    finish = reason.isEmpty() ? finish : reason;
  }

  private void part(JsonObject part) {
    String signature = Json.string(part, "thoughtSignature");
    if (part.getValue("functionCall") instanceof JsonObject call) {
      call(call, signature);
      return;
    }
    boolean thought = Boolean.TRUE.equals(part.getValue("thought"));
    String text = Json.stringOrNumber(part, "text");
    answer.text(thought ? BlockKind.REASONING : BlockKind.TEXT, text);
    String image = thought ? null : image(Json.object(part, "inlineData"));
    if (signature != null) {
      detail(thought ? text : "", image, signature);
    }
    if (!thought) {
      sources.text(text);
    }
  }

  private void call(JsonObject call, String signature) {
    String name = Json.string(call, "name");
    if (name == null || call.containsKey("partialArgs") || call.containsKey("willContinue")) {
      answer.fail(
          FailureKind.MALFORMED_TOOL_CALL,
          name == null ? "a tool call names no tool" : "a tool call is not whole");
      return;
    }
    JsonObject extra =
        signature == null
            ? null
            : new JsonObject().put("google", new JsonObject().put("thought_signature", signature));
    answer.call(Json.string(call, "id"), name, extra);
    answer.arguments(Json.encode(Json.object(call, "args")));
  }

  private void detail(String thought, String id, String signature) {
    JsonObject detail = new JsonObject();
    if (thought.isEmpty()) {
      detail.put("type", "reasoning.encrypted").put("data", signature);
    } else {
      detail.put("type", "reasoning.text").put("text", thought).put("signature", signature);
    }
    Json.put(detail, "id", id);
    detail.put("format", Reasoning.GEMINI).put("index", details++);
    answer.data("reasoning_details", JsonArray.of(detail));
  }

  /**
   * Passes on an image, which image models generate even if only text is requested. Returns its id;
   * {@code null} if it is none.
   */
  private String image(JsonObject data) {
    String type = Json.text(data, "mimeType");
    if (!type.startsWith("image/")) {
      return null;
    }
    answer.image("data:" + type + ";base64," + Json.text(data, "data"));
    return GeminiMedia.imageId(Json.text(data, "data"));
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
    JsonArray annotations = sources.annotations();
    if (!annotations.isEmpty()) {
      answer.data("annotations", annotations);
    }
    switch (finish) {
      case "", "FINISH_REASON_UNSPECIFIED" -> {}
      case "STOP" -> answer.finish(FinishReason.STOP);
      case "MAX_TOKENS" -> answer.finish(FinishReason.LENGTH);
      case "SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "MODEL_ARMOR" ->
          answer.finish(FinishReason.CONTENT_FILTER);
      case "MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "TOO_MANY_TOOL_CALLS" ->
          failed(FailureKind.MALFORMED_TOOL_CALL);
      default -> {
        if (finish.startsWith("IMAGE_")) {
          answer.finish(FinishReason.CONTENT_FILTER);
        } else {
          // Such as an unsupported language or a missing signature.
          failed(FailureKind.SERVER_ERROR);
        }
      }
    }
  }

  private void failed(FailureKind kind) {
    answer.fail(kind, "finish reason \"" + finish + "\"");
  }
}
