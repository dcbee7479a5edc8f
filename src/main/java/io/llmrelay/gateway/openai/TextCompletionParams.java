package io.llmrelay.gateway.openai;

import io.llmrelay.LlmStream;
import io.llmrelay.chat.ChatCompletion;
import io.llmrelay.chat.ChatMessage;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.Continuation;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.LlmException;
import io.llmrelay.chat.TokenUsage;
import io.llmrelay.gateway.front.EventEncoder;
import io.llmrelay.gateway.front.FrontRequest;
import io.llmrelay.gateway.front.RelayJson;
import io.llmrelay.gateway.server.GatewayError;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;

/**
 * The parameters of {@code POST /v1/completions}: a request to continue a text, and how to render
 * the answer.
 *
 * @param stream whether the answer is sent as server-sent events instead of one JSON object
 * @param includeUsage whether a stream ends with a chunk that carries the token usage
 */
record TextCompletionParams(ChatRequest request, boolean stream, boolean includeUsage)
    implements FrontRequest {
  /**
   * Reads a request body.
   *
   * @throws LlmException naming the invalid field
   * @throws GatewayError if the body is no JSON object
   */
  static TextCompletionParams of(byte[] body) {
    JsonObject json = json(body);
    boolean stream = ChatCompletionParams.flag(json.remove("stream"), "stream");
    Object options = json.remove("stream_options");
    boolean includeUsage = options != null && ChatCompletionParams.includeUsage(options, stream);
    String prompt = prompt(json.remove("prompt"));
    Object suffix = json.remove("suffix");
    if (suffix != null && !(suffix instanceof String)) {
      throw invalid("suffix", "must be a string");
    }
    if (ChatCompletionParams.flag(json.remove("echo"), "echo")) {
      throw invalid("echo", "is not supported; the prompt is known to the caller");
    }
    refuse(json, "logprobs", 0);
    refuse(json, "best_of", 1);
    for (String field : new String[] {"messages", "continuation"}) {
      if (json.remove(field) != null) {
        throw invalid(field, "is not part of this request; send prompt and suffix");
      }
    }
    json.put("messages", JsonArray.of(ChatMessage.user(prompt).toJson()));
    ChatRequest request =
        ChatRequest.fromJson(json).withContinuation(new Continuation(emptyToNull(suffix)));
    return new TextCompletionParams(request, stream, includeUsage);
  }

  private static String emptyToNull(Object text) {
    return "".equals(text) ? null : (String) text;
  }

  private static JsonObject json(byte[] body) {
    try {
      return new JsonObject(Buffer.buffer(body));
    } catch (DecodeException | ClassCastException e) {
      // The message of the cause quotes the body.
      throw GatewayError.rejected(400, "invalid_json", "the body must be a JSON object");
    }
  }

  /** Reads a text, or an array with one. */
  private static String prompt(Object value) {
    Object text = value instanceof JsonArray array && array.size() == 1 ? array.getValue(0) : value;
    if (text instanceof String prompt) {
      return prompt;
    }
    throw invalid("prompt", "must be a text, or an array with one; tokens are not supported");
  }

  /** Refuses a field that has another value than the neutral one. */
  private static void refuse(JsonObject json, String field, int neutral) {
    Object value = json.remove(field);
    if (value != null && !value.equals(neutral)) {
      throw invalid(field, "other than " + neutral + " is not supported");
    }
  }

  private static LlmException invalid(String field, String problem) {
    return Failure.invalid(field, field + " " + problem).toException();
  }

  @Override
  public EventEncoder encoder(LlmStream stream, long created) {
    return new TextChunkEncoder(id(stream.id()), created, stream.model(), includeUsage);
  }

  @Override
  public JsonObject toJson(ChatCompletion completion, long created) {
    JsonObject choice =
        new JsonObject()
            .put("text", completion.text() + completion.refusal())
            .put("index", 0)
            .putNull("logprobs")
            .put("finish_reason", completion.finishReason().code());
    JsonObject json =
        new JsonObject()
            .put("id", id(completion.id()))
            .put("object", TextChunkEncoder.OBJECT)
            .put("created", created)
            .put("model", completion.model())
            .put("choices", JsonArray.of(choice));
    if (completion.usage().source() != TokenUsage.Source.NONE) {
      json.put("usage", CompletionJson.usage(completion.usage()));
    }
    return json.put(
        "relay",
        RelayJson.relay(
            completion.backend(), completion.usage(), completion.costUsd(), completion.trail()));
  }

  private static String id(String requestId) {
    return "cmpl-" + requestId;
  }
}
