package io.llmrelay.gateway.openai;

import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.LlmException;
import io.llmrelay.config.GatewayKeyOptions;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * The parameters of {@code POST /v1/chat/completions}: a {@link ChatRequest} and how to render the
 * answer.
 *
 * @param stream whether the answer is sent as server-sent events instead of one JSON object
 * @param includeUsage whether a stream ends with a chunk that carries the token usage
 */
record ChatCompletionParams(ChatRequest request, boolean stream, boolean includeUsage) {
  /**
   * Reads a request body; {@code stream} and {@code stream_options} are removed from it.
   *
   * @throws LlmException naming the invalid field
   */
  static ChatCompletionParams of(JsonObject body) {
    boolean stream = flag(body.remove("stream"), "stream");
    Object options = body.remove("stream_options");
    boolean includeUsage = options != null && includeUsage(options, stream);
    if (body.getValue("metadata") instanceof JsonObject metadata) {
      for (String label : metadata.fieldNames()) {
        if (label.startsWith(ChatRequest.OWN_LABELS)) {
          throw invalid("metadata." + label, "has a prefix that is reserved for the relay");
        }
      }
    }
    return new ChatCompletionParams(ChatRequest.fromJson(body), stream, includeUsage);
  }

  /**
   * Returns these parameters with labels of the gateway in the request's metadata.
   *
   * @param consumer the name of the request's key, or {@code null}
   * @param id the caller's request id, or {@code null}
   */
  ChatCompletionParams withLabels(String consumer, String id) {
    if (consumer == null && id == null) {
      return this;
    }
    Map<String, String> labels = new LinkedHashMap<>(request.metadata());
    if (consumer != null) {
      labels.put(ChatRequest.CONSUMER, consumer);
    }
    if (id != null) {
      labels.put(ChatRequest.REQUEST_ID, id);
    }
    return new ChatCompletionParams(request.withMetadata(labels), stream, includeUsage);
  }

  /**
   * Removes from a request body the fields of {@code relay} that may not be overridden.
   *
   * @param mayOverride whether a field may be overridden
   * @return the removed fields, such as {@code relay.timeouts}
   */
  static List<String> removeOverrides(JsonObject body, Predicate<String> mayOverride) {
    List<String> removed = new ArrayList<>();
    if (body.getValue("relay") instanceof JsonObject relay) {
      for (String field : GatewayKeyOptions.OVERRIDES) {
        if (relay.getValue(field) != null && !mayOverride.test(field)) {
          relay.remove(field);
          removed.add("relay." + field);
        }
      }
    }
    return removed;
  }

  private static boolean includeUsage(Object value, boolean stream) {
    if (!(value instanceof JsonObject options)) {
      throw invalid("stream_options", "must be an object");
    }
    if (!stream) {
      throw invalid("stream_options", "is only allowed where stream is true");
    }
    boolean includeUsage = flag(options.remove("include_usage"), "stream_options.include_usage");
    // OpenAI pads chunks by default; the relay never does, so only "false" can be honoured.
    if (flag(options.remove("include_obfuscation"), "stream_options.include_obfuscation")) {
      throw invalid("stream_options.include_obfuscation", "is not supported yet");
    }
    for (String key : options.fieldNames()) {
      if (options.getValue(key) != null) {
        throw invalid("stream_options." + key, "is not supported yet");
      }
    }
    return includeUsage;
  }

  private static boolean flag(Object value, String field) {
    if (value == null || value instanceof Boolean) {
      return Boolean.TRUE.equals(value);
    }
    throw invalid(field, "must be true or false");
  }

  private static LlmException invalid(String field, String problem) {
    return Failure.invalid(field, field + " " + problem).toException();
  }
}
