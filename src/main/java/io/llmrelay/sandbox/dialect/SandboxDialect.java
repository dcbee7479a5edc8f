package io.llmrelay.sandbox.dialect;

import io.vertx.core.MultiMap;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Map;

/** A dialect on the server's side: routes, checks of requests, answers and errors. Stateless. */
public interface SandboxDialect {

  /** Returns the name in a configuration, such as {@code openai}. */
  String name();

  /** Returns the route of a chat request, or {@code null} if the path is of another dialect. */
  Route route(String path);

  /** Returns the suffix of the base URL after the backend's name; empty if there is none. */
  default String basePath() {
    return "";
  }

  /** Returns the path of a chat request below the base URL of the server. */
  String chatPath(String backend, String model, boolean streaming);

  /** Returns whether a body requests a stream. */
  default boolean streaming(JsonObject body) {
    return Boolean.TRUE.equals(body.getValue("stream"));
  }

  /** Returns the API key in the headers, or {@code null}. */
  default String key(MultiMap headers) {
    return bearer(headers);
  }

  /** Returns the key of a bearer token, or {@code null}. */
  static String bearer(MultiMap headers) {
    String bearer = headers.get("Authorization");
    return bearer != null && bearer.regionMatches(true, 0, "Bearer ", 0, 7)
        ? bearer.substring(7)
        : null;
  }

  /** Returns the error for a request without a key. */
  default SandboxError missingKey() {
    return error("401");
  }

  /**
   * Performs the checks that the vendor performs before it runs a model. The body is valid JSON.
   *
   * @throws RejectedException if the vendor rejects the request
   */
  void check(SandboxRequest request);

  /** Returns the error for a body that is not a JSON object. */
  SandboxError malformedBody();

  /** Summarizes a request that has passed {@link #check}. */
  RequestSummary summary(SandboxRequest request);

  /**
   * Creates the format of one answer.
   *
   * @param model the name of the model in the answer
   */
  WireFormat format(SandboxRequest request, String model, ScriptedAnswer answer);

  /** Returns the vendor's error with a name in the grammar of scenarios, such as {@code 429}. */
  SandboxError error(String name);

  /** Encodes an error as the body of a response. */
  String errorBody(SandboxError error, SandboxRequest request);

  /** Returns the headers of a response with an error. */
  default Map<String, String> errorHeaders(SandboxError error) {
    return Map.of();
  }

  /** Returns the headers of every response. */
  default Map<String, String> headers(SandboxRequest request) {
    return Map.of();
  }

  /** Returns the name of the header with the time at which a rate limit resets. */
  default String resetHeader() {
    return "x-ratelimit-reset-requests";
  }

  /** Returns the value of that header for a reset in some seconds. */
  default String resetIn(int seconds) {
    return seconds + "s";
  }

  /**
   * Returns whether a request is for the list of models.
   *
   * @param query the query, or {@code null}
   */
  boolean isModelList(String path, String query, MultiMap headers);

  /** Returns the list of models. */
  JsonObject modelList(List<String> names);
}
