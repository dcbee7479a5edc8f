package io.llmrelay.sandbox;

import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;

/**
 * A chat request with its body, and the checks that a vendor makes before it runs a model.
 *
 * @param body empty if {@code valid} is false
 */
record SandboxRequest(
    String method,
    String path,
    MultiMap headers,
    String backend,
    boolean anthropic,
    long number,
    JsonObject body,
    int bodyBytes,
    boolean valid) {

  static final int MAX_BODY = 32 * 1024 * 1024;

  static SandboxRequest of(
      HttpServerRequest request, String backend, boolean anthropic, long number, Buffer body) {
    JsonObject json = null;
    try {
      json = body.length() == 0 || body.length() > MAX_BODY ? null : body.toJsonObject();
    } catch (DecodeException | ClassCastException e) {
      // Not a JSON object, which check() reports.
    }
    boolean valid = json != null;
    JsonObject decoded = valid ? json : new JsonObject();
    return new SandboxRequest(
        request.method().name(),
        request.path(),
        request.headers(),
        backend,
        anthropic,
        number,
        decoded,
        body.length(),
        valid);
  }

  String model() {
    return body.getValue("model") instanceof String model ? model : "";
  }

  boolean streaming() {
    return Boolean.TRUE.equals(body.getValue("stream"));
  }

  boolean includeUsage() {
    return body.getValue("stream_options") instanceof JsonObject options
        && Boolean.TRUE.equals(options.getValue("include_usage"));
  }

  /** Estimates the tokens of the prompt: one per four characters. */
  int promptTokens() {
    return body.getValue("messages") instanceof JsonArray messages
        ? 1 + messages.encode().length() / 4
        : 0;
  }

  /** Returns the API key, or null. */
  String key() {
    String key = headers.get(anthropic ? "x-api-key" : "api-key");
    String bearer = headers.get("Authorization");
    if (key == null && bearer != null && bearer.regionMatches(true, 0, "Bearer ", 0, 7)) {
      return bearer.substring(7);
    }
    return key;
  }

  /** Returns the vendor's error for this request, or null if it is accepted. */
  SandboxError check(String requiredKey) {
    SandboxError wrongKey = checkKey(requiredKey);
    if (wrongKey != null) {
      return wrongKey;
    }
    if (bodyBytes > MAX_BODY) {
      return SandboxError.named("413");
    }
    if (!valid) {
      return invalid("We could not parse the JSON body of your request.");
    }
    if (model().isEmpty()) {
      return invalid(anthropic ? "model: Field required" : "you must provide a model parameter");
    }
    if (!(body.getValue("messages") instanceof JsonArray messages) || messages.isEmpty()) {
      return invalid(
          anthropic
              ? "messages: at least one message is required"
              : "Invalid 'messages': empty array. Expected an array with minimum length 1.");
    }
    if (anthropic && !(body.getValue("max_tokens") instanceof Number)) {
      return invalid("max_tokens: Field required");
    }
    if (anthropic && headers.get("anthropic-version") == null) {
      return invalid("anthropic-version: header is required");
    }
    return null;
  }

  /** Returns the vendor's error for a missing or wrong key, or null. */
  SandboxError checkKey(String requiredKey) {
    if (requiredKey == null || requiredKey.equals(key())) {
      return null;
    }
    SandboxError wrong = SandboxError.named("401");
    return key() != null
        ? wrong
        : wrong.withMessage(
            "You didn't provide an API key. You need to provide your API key in an Authorization"
                + " header using Bearer auth.",
            "x-api-key header is required");
  }

  private static SandboxError invalid(String message) {
    return SandboxError.invalid(400, null, message);
  }
}
