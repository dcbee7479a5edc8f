package io.llmrelay.sandbox.dialect;

import io.vertx.core.MultiMap;
import io.vertx.core.json.JsonObject;

/**
 * A chat request with its body.
 *
 * @param provider the provider whose server the backend imitates, which may restrict the dialect
 * @param route the model and mode in the path, if the dialect has them there
 * @param body empty if it was not a JSON object
 * @param valid whether the body was a JSON object
 */
public record SandboxRequest(
    String method,
    String path,
    MultiMap headers,
    String backend,
    SandboxDialect dialect,
    String provider,
    Route route,
    long number,
    JsonObject body,
    int bodyBytes,
    boolean valid) {

  /** Returns the requested model; empty if there is none. */
  public String model() {
    return route.model() == null ? JsonNodes.text(body, "model") : route.model();
  }

  /** Returns whether a stream is requested. */
  public boolean streaming() {
    return route.streaming() == null ? dialect.streaming(body) : route.streaming();
  }

  /** Returns the API key, or null. */
  public String key() {
    return dialect.key(headers);
  }
}
