package io.llmrelay.gateway;

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
 * A request as it came over HTTP: what is asked, and how it is to be answered.
 *
 * @param request what is asked
 * @param stream as events while it comes, or at once when it is complete
 * @param includeUsage whether a stream ends with a chunk that has the usage
 */
record ChatCall(ChatRequest request, boolean stream, boolean includeUsage) {

  /**
   * Reads {@code stream} and {@code stream_options} here and everything else as a {@link
   * ChatRequest}.
   *
   * @throws LlmException naming the field that is wrong
   */
  static ChatCall of(JsonObject body) {
    boolean stream = flag(body.remove("stream"), "stream");
    Object options = body.remove("stream_options");
    boolean includeUsage = options != null && includeUsage(options, stream);
    if (body.getValue("metadata") instanceof JsonObject metadata) {
      for (String label : metadata.fieldNames()) {
        if (label.startsWith(ChatRequest.OWN_LABELS)) {
          throw invalid("metadata." + label, "begins as the relay's own labels do");
        }
      }
    }
    return new ChatCall(ChatRequest.fromJson(body), stream, includeUsage);
  }

  /**
   * This call with what the gateway knows of it in the request's metadata.
   *
   * @param consumer the name of the key it came with, or {@code null}
   * @param id the caller's id of it, or {@code null}
   */
  ChatCall labelled(String consumer, String id) {
    Map<String, String> labels = new LinkedHashMap<>(request.metadata());
    if (consumer != null) {
      labels.put(ChatRequest.CONSUMER, consumer);
    }
    if (id != null) {
      labels.put(ChatRequest.REQUEST_ID, id);
    }
    return new ChatCall(request.withMetadata(labels), stream, includeUsage);
  }

  /**
   * Takes out of a body what its key may not override.
   *
   * @param may whether a field of {@code relay} may be overridden
   * @return the fields that were there and are ignored, as {@code relay.timeouts}
   */
  static List<String> withoutOverrides(JsonObject body, Predicate<String> may) {
    List<String> ignored = new ArrayList<>();
    if (body.getValue("relay") instanceof JsonObject relay) {
      for (String field : GatewayKeyOptions.OVERRIDES) {
        if (relay.getValue(field) != null && !may.test(field)) {
          relay.remove(field);
          ignored.add("relay." + field);
        }
      }
    }
    return ignored;
  }

  private static boolean includeUsage(Object value, boolean stream) {
    if (!(value instanceof JsonObject options)) {
      throw invalid("stream_options", "must be an object");
    }
    if (!stream) {
      throw invalid("stream_options", "is only allowed where stream is true");
    }
    boolean includeUsage = flag(options.remove("include_usage"), "stream_options.include_usage");
    // OpenAI pads chunks unless told not to; there is no padding here to be switched on.
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

  private static LlmException invalid(String field, String complaint) {
    return Failure.invalid(field, field + " " + complaint).toException();
  }
}
