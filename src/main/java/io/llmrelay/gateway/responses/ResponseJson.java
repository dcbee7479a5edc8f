package io.llmrelay.gateway.responses;

import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.FinishReason;
import io.llmrelay.chat.TokenUsage;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;

/**
 * Renders the response object of one answer. It repeats the settings of the request, but neither
 * the instructions nor the tools, which may be long.
 */
final class ResponseJson {
  static final String IN_PROGRESS = "in_progress";
  static final String COMPLETED = "completed";
  static final String INCOMPLETE = "incomplete";
  static final String FAILED = "failed";

  private final String id;
  private final String model;
  private final long created;
  private final JsonObject settings;

  /**
   * @param id the id of the request
   * @param model the model that serves it
   * @param created seconds since 1970
   * @param settings the fields of the request that the response repeats
   */
  ResponseJson(String id, String model, long created, JsonObject settings) {
    this.id = id;
    this.model = model;
    this.created = created;
    this.settings = settings;
  }

  /** Returns an id for a part of the response. */
  String id(String prefix, int index) {
    return prefix + "_" + id + "_" + index;
  }

  /** Returns the response without its output. */
  JsonObject toJson(String status) {
    Long completed = status.equals(COMPLETED) ? System.currentTimeMillis() / 1000 : null;
    return new JsonObject()
        .put("id", "resp_" + id)
        .put("object", "response")
        .put("created_at", created)
        .put("status", status)
        .put("background", false)
        .put("completed_at", completed)
        .putNull("error")
        .put("frequency_penalty", 0.0)
        .putNull("incomplete_details")
        .putNull("instructions")
        .putNull("max_output_tokens")
        .putNull("max_tool_calls")
        .put("model", model)
        .put("output", new JsonArray())
        .put("parallel_tool_calls", true)
        .put("presence_penalty", 0.0)
        .putNull("previous_response_id")
        .putNull("prompt_cache_key")
        .put("reasoning", new JsonObject().putNull("effort").putNull("summary"))
        .putNull("safety_identifier")
        .put("service_tier", "default")
        .put("store", false)
        .put("temperature", 1.0)
        .put("text", new JsonObject().put("format", new JsonObject().put("type", "text")))
        .put("tool_choice", "auto")
        .put("tools", new JsonArray())
        .put("top_logprobs", 0)
        .put("top_p", 1.0)
        .put("truncation", "disabled")
        .putNull("usage")
        .putNull("user")
        .put("metadata", new JsonObject())
        .mergeIn(settings);
  }

  /** Returns the status of a response that ended for a reason. */
  static String status(FinishReason reason) {
    return reason == FinishReason.LENGTH || reason == FinishReason.CONTENT_FILTER
        ? INCOMPLETE
        : COMPLETED;
  }

  /** Returns the last form of the response, without its output. */
  JsonObject ended(FinishReason reason, TokenUsage usage, JsonObject relay) {
    JsonObject json = toJson(status(reason));
    if (status(reason).equals(INCOMPLETE)) {
      String word = reason == FinishReason.LENGTH ? "max_output_tokens" : "content_filter";
      json.put("incomplete_details", new JsonObject().put("reason", word));
    }
    if (usage.source() != TokenUsage.Source.NONE) {
      json.put("usage", usage(usage));
    }
    return json.put("relay", relay);
  }

  /** Returns the code of an error of a response, for which the API has few words. */
  static String errorCode(FailureKind kind) {
    return switch (kind) {
      case RATE_LIMITED, QUOTA_EXHAUSTED -> "rate_limit_exceeded";
      case INVALID_REQUEST, CONTENT_FILTER, CONTEXT_LENGTH -> "invalid_prompt";
      default -> "server_error";
    };
  }

  private static JsonObject usage(TokenUsage usage) {
    return new JsonObject()
        .put("input_tokens", usage.inputTokens())
        .put(
            "input_tokens_details",
            new JsonObject()
                .put("cached_tokens", usage.cachedInputTokens())
                .put("cache_write_tokens", usage.cacheWriteTokens()))
        .put("output_tokens", usage.outputTokens())
        .put(
            "output_tokens_details",
            new JsonObject().put("reasoning_tokens", usage.reasoningTokens()))
        .put("total_tokens", usage.totalTokens());
  }
}
