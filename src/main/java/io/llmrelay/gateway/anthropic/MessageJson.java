package io.llmrelay.gateway.anthropic;

import io.llmrelay.chat.ChatCompletion;
import io.llmrelay.chat.ChatEvent;
import io.llmrelay.chat.ContentBlock;
import io.llmrelay.chat.FinishReason;
import io.llmrelay.chat.TokenUsage;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;

/** Renders messages and their parts as JSON of Anthropic's API. */
final class MessageJson {
  private MessageJson() {}

  /** Returns a message's id with the prefix that Anthropic's API uses. */
  static String id(String requestId) {
    return "msg_" + requestId;
  }

  /** Returns the message of a whole answer, the same that its stream would accumulate to. */
  static JsonObject toJson(ChatCompletion completion, long inputTokens) {
    MessageEncoder encoder =
        new MessageEncoder(id(completion.id()), completion.model(), inputTokens);
    Buffer events = Buffer.buffer();
    for (ContentBlock each : completion.blocks()) {
      encoder.append(events, new ChatEvent.BlockStart(each.block()));
      if (!each.content().isEmpty()) {
        encoder.append(events, new ChatEvent.Chunk(each.block(), Buffer.buffer(each.content())));
      }
    }
    encoder.end(events, completion.finishReason(), completion.usage());
    return accumulated(events);
  }

  /** Returns the message that the events of a stream amount to. */
  static JsonObject accumulated(Buffer events) {
    MessageAccumulator message = new MessageAccumulator();
    events
        .toString()
        .lines()
        .filter(line -> line.startsWith("data: "))
        .forEach(line -> message.add(new JsonObject(line.substring("data: ".length()))));
    return message.toJson();
  }

  /** Returns the message of the first event, before there is any content. */
  static JsonObject begun(String id, String model, long inputTokens) {
    TokenUsage usage = new TokenUsage(inputTokens, 0, 0, 0, 0, TokenUsage.Source.ESTIMATED);
    return new JsonObject()
        .put("id", id)
        .put("type", "message")
        .put("role", "assistant")
        .put("model", model)
        .put("content", new JsonArray())
        .put("container", null)
        .put("diagnostics", null)
        .put("stop_details", null)
        .put("stop_reason", null)
        .put("stop_sequence", null)
        .put("usage", usage(usage));
  }

  static JsonObject text() {
    return new JsonObject().put("type", "text").put("text", "").put("citations", null);
  }

  static JsonObject thinking() {
    return new JsonObject().put("type", "thinking").put("thinking", "").put("signature", "");
  }

  static JsonObject redacted(String data) {
    return new JsonObject().put("type", "redacted_thinking").put("data", data);
  }

  /** Returns a citation of a web page; Anthropic's own have an index of its search results. */
  static JsonObject citation(JsonObject page) {
    return new JsonObject()
        .put("type", "web_search_result_location")
        .put("url", page.getValue("url"))
        .put("title", page.getValue("title") instanceof String title ? title : null)
        .put("cited_text", page.getValue("content") instanceof String cited ? cited : "")
        .put("encrypted_index", RelayData.encode(new JsonArray()));
  }

  static JsonObject toolUse(String id, String name) {
    return new JsonObject()
        .put("type", "tool_use")
        .put("id", id)
        .put("name", name)
        .put("input", new JsonObject())
        .put("caller", new JsonObject().put("type", "direct"));
  }

  /**
   * Returns why an answer has ended.
   *
   * @param refused whether the answer has a refusal text
   */
  static JsonObject stopped(FinishReason reason, boolean refused) {
    String word =
        switch (reason) {
          case LENGTH -> "max_tokens";
          case TOOL_CALLS -> "tool_use";
          case CONTENT_FILTER -> "refusal";
          case STOP, OTHER -> refused ? "refusal" : "end_turn";
        };
    JsonObject details =
        word.equals("refusal")
            ? new JsonObject().put("type", "refusal").put("category", null).put("explanation", null)
            : null;
    return new JsonObject()
        .put("stop_reason", word)
        .put("stop_sequence", null)
        .put("stop_details", details)
        .put("container", null);
  }

  private static JsonObject usage(TokenUsage usage) {
    return deltaUsage(usage)
        .put("cache_creation", null)
        .put("inference_geo", null)
        .put("service_tier", null)
        .put("speed", null);
  }

  /** Returns the counts so far. The input excludes tokens read from or written to a cache. */
  static JsonObject deltaUsage(TokenUsage usage) {
    long cached = usage.cachedInputTokens() + usage.cacheWriteTokens();
    JsonObject details =
        usage.reasoningTokens() == 0
            ? null
            : new JsonObject().put("thinking_tokens", usage.reasoningTokens());
    return new JsonObject()
        .put("input_tokens", Math.max(0, usage.inputTokens() - cached))
        .put("cache_creation_input_tokens", usage.cacheWriteTokens())
        .put("cache_read_input_tokens", usage.cachedInputTokens())
        .put("output_tokens", usage.outputTokens())
        .put("output_tokens_details", details)
        .put("server_tool_use", null);
  }
}
