package io.llmrelay.provider;

import io.llmrelay.chat.ChatRequest;
import io.llmrelay.config.BackendOptions;
import io.vertx.core.json.JsonObject;

/** The requests of a dialect that count the tokens of a prompt. Stateless. */
public interface TokenCounter {
  /** Returns the path of such requests, in the form of {@link Dialect#chatPath}. */
  String path(String model, BackendOptions options);

  /** Encodes the body. */
  EncodedRequest encode(ChatRequest request, String model, BackendOptions options);

  /** Returns the tokens that a response tells; -1 if it tells none. */
  long tokens(JsonObject response);
}
