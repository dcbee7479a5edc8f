package io.llmrelay.provider.responses;

import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.RawJson;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.config.UnknownFields;
import io.llmrelay.provider.EncodedRequest;
import io.llmrelay.provider.JsonBody;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Encodes a request that was received in the form of the Responses API: its bytes, but for the
 * model, {@code stream} and {@code max_output_tokens}, and the wish to reason where the model is
 * known to refuse it: the client may have asked for another model.
 */
final class ReceivedRequest {
  private static final String MAX_TOKENS = "max_output_tokens";
  private static final String REASONING = "reasoning";
  private static final String INCLUDE = "include";

  private ReceivedRequest() {}

  static EncodedRequest encode(ChatRequest request, String model, BackendOptions options) {
    Map<String, Object> body = new LinkedHashMap<>(request.received().body().fields());
    List<String> leftOut = new ArrayList<>();
    body.put("model", model);
    body.put("stream", true);
    body.remove("relay"); // The hints to the relay.
    if (request.maxTokens() != null) {
      body.put(MAX_TOKENS, request.maxTokens());
    }
    if (ResponsesRequest.isWithoutReasoning(model)) {
      if (body.remove(REASONING) != null) {
        leftOut.add(REASONING);
      }
      withoutEncryptedReasoning(body);
    }
    if (options.unknownFieldsOfOwnForm() == UnknownFields.DROP) {
      for (String field : request.received().untranslated().unknown()) {
        if (body.containsKey(field)) {
          body.remove(field);
          leftOut.add(field);
        }
      }
    }
    String were = leftOut.size() == 1 ? " was left out" : " were left out";
    List<String> warnings =
        leftOut.isEmpty() ? List.of() : List.of(String.join(", ", leftOut) + were);
    return new EncodedRequest(JsonBody.encode(new JsonObject(body)), warnings);
  }

  private static void withoutEncryptedReasoning(Map<String, Object> body) {
    if (body.get(INCLUDE) instanceof RawJson include
        && include.value() instanceof JsonArray wanted
        && wanted.remove(ResponsesRequest.ENCRYPTED_REASONING)) {
      body.put(INCLUDE, wanted);
    }
  }
}
