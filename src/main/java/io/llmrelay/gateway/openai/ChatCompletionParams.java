package io.llmrelay.gateway.openai;

import io.llmrelay.LlmStream;
import io.llmrelay.chat.ChatCompletion;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.LlmException;
import io.llmrelay.chat.RawJson;
import io.llmrelay.gateway.front.EventEncoder;
import io.llmrelay.gateway.front.FrontRequest;
import io.llmrelay.gateway.server.GatewayError;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.util.HashMap;
import java.util.Map;

/**
 * The parameters of {@code POST /v1/chat/completions}: a {@link ChatRequest} and how to render the
 * answer.
 *
 * @param stream whether the answer is sent as server-sent events instead of one JSON object
 * @param includeUsage whether a stream ends with a chunk that carries the token usage
 */
record ChatCompletionParams(ChatRequest request, boolean stream, boolean includeUsage)
    implements FrontRequest {
  /**
   * Reads a request body.
   *
   * @param body becomes part of the request, and must not be changed afterwards
   * @throws LlmException naming the invalid field
   * @throws GatewayError if the body is not a JSON object
   */
  static ChatCompletionParams of(byte[] body) {
    Map<String, RawJson> own = new HashMap<>();
    ChatRequest request = request(body, own);
    if (request.received() != null) {
      throw invalid("relay.received", "is not accepted here; send the request to its own path");
    }
    boolean stream = flag(value(own.get("stream")), "stream");
    Object options = value(own.get("stream_options"));
    boolean includeUsage = options != null && includeUsage(options, stream);
    return new ChatCompletionParams(request, stream, includeUsage);
  }

  /** Reads the request, and the fields that say how to render the answer. */
  private static ChatRequest request(byte[] body, Map<String, RawJson> own) {
    try {
      return ChatRequest.read(
          body,
          (field, value) -> {
            boolean known = field.equals("stream") || field.equals("stream_options");
            if (known) {
              own.put(field, value);
            }
            return known;
          });
    } catch (DecodeException e) {
      throw GatewayError.rejected(400, "invalid_json", e.getMessage());
    }
  }

  private static Object value(RawJson json) {
    return json == null ? null : json.value();
  }

  @Override
  public EventEncoder encoder(LlmStream stream, long created) {
    String id = CompletionJson.id(stream.id());
    return new ChunkEncoder(id, created, stream.model(), includeUsage);
  }

  @Override
  public JsonObject toJson(ChatCompletion completion, long created) {
    return CompletionJson.toJson(completion, created);
  }

  static boolean includeUsage(Object value, boolean stream) {
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

  static boolean flag(Object value, String field) {
    if (value == null || value instanceof Boolean) {
      return Boolean.TRUE.equals(value);
    }
    throw invalid(field, "must be true or false");
  }

  private static LlmException invalid(String field, String problem) {
    return Failure.invalid(field, field + " " + problem).toException();
  }
}
