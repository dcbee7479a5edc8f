package io.llmrelay.gateway.front;

import io.llmrelay.chat.LlmException;
import io.llmrelay.gateway.server.GatewayError;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.JsonObject;

/** An API that clients speak: reads its requests, renders its answers and errors. Stateless. */
public interface Front {
  /**
   * Reads the request for an answer.
   *
   * @param body becomes part of the request, and must not be changed afterwards
   * @param headers the headers of the HTTP request
   * @throws LlmException naming the invalid field
   * @throws GatewayError if the body is not a JSON object
   */
  FrontRequest read(byte[] body, MultiMap headers);

  /** Returns the body of an error response. */
  JsonObject toJson(GatewayError error);

  /** Sends any error as the response. */
  default void sendError(HttpServerResponse response, Throwable error) {
    GatewayError known = GatewayError.of(error);
    known.send(response, toJson(known));
  }
}
