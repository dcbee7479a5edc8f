package io.llmrelay.gateway.front;

import io.llmrelay.LlmStream;
import io.llmrelay.chat.ChatCompletion;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.Failure;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;

/** A request that a front has read, and the way in which its answer is to be rendered. */
public interface FrontRequest {
  /** Returns the request to the relay. */
  ChatRequest request();

  /** Returns whether the answer is sent as server-sent events instead of one JSON object. */
  boolean stream();

  /**
   * Creates the encoder of a stream.
   *
   * @param created seconds since 1970
   */
  EventEncoder encoder(LlmStream stream, long created);

  /**
   * Renders a whole answer.
   *
   * @param created seconds since 1970
   */
  JsonObject toJson(ChatCompletion completion, long created);

  /**
   * Renders an answer without content that the provider has refused to give.
   *
   * @param failure why, with the candidate that has refused
   * @return the events of a stream or the JSON of a whole answer; {@code null} if this API has an
   *     error response for it
   */
  default Buffer refusal(Failure failure) {
    return null;
  }
}
