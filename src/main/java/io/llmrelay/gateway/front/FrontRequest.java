package io.llmrelay.gateway.front;

import io.llmrelay.LlmStream;
import io.llmrelay.chat.ChatCompletion;
import io.llmrelay.chat.ChatRequest;
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
}
