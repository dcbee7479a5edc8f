package io.llmrelay.sandbox;

import io.llmrelay.sandbox.dialect.SandboxRequest;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.Promise;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.util.Locale;
import java.util.Set;

/**
 * A request that a sandbox received, and its outcome. Thread-safe, also while the response is being
 * written. API keys are not stored: the headers that carry one have the value {@code ***}.
 */
public final class SandboxCall {

  private static final Set<String> SECRET_HEADERS =
      Set.of("authorization", "x-api-key", "api-key", "x-goog-api-key", "cookie");

  private final long number;
  private final String backend;
  private final String method;
  private final String path;
  private final MultiMap headers;
  private final boolean keyPresent;
  private final Instant receivedAt = Instant.now();
  private final Promise<SandboxCall> end = Promise.promise();
  private final String model;
  private final JsonObject body;
  private final Scenario scenario;
  private final int bodyBytes;
  private volatile long bytesWritten;
  private volatile Outcome outcome = Outcome.RUNNING;
  private volatile Instant endedAt;

  enum Outcome {
    RUNNING,
    COMPLETED,
    ABORTED,
    CLOSED
  }

  SandboxCall(SandboxRequest request, Scenario scenario) {
    this.number = request.number();
    this.backend = request.backend();
    this.method = request.method();
    this.path = request.path();
    this.model = request.model().isEmpty() ? null : request.model();
    this.body = request.body();
    this.bodyBytes = request.bodyBytes();
    this.scenario = scenario;
    this.headers = MultiMap.caseInsensitiveMultiMap();
    request.headers().forEach((name, value) -> headers.add(name, isSecret(name) ? "***" : value));
    this.keyPresent = request.key() != null;
  }

  private static boolean isSecret(String header) {
    return SECRET_HEADERS.contains(header.toLowerCase(Locale.ROOT));
  }

  /** Returns the number of the call, counted from 1; ids in the response contain it. */
  public long number() {
    return number;
  }

  /** Returns the name of the backend, which is the path prefix of the request; never null. */
  public String backend() {
    return backend;
  }

  /** Returns the HTTP method. */
  public String method() {
    return method;
  }

  /** Returns the path without the query. */
  public String path() {
    return path;
  }

  /** Returns the requested model, or null. */
  public String model() {
    return model;
  }

  /** Returns a copy of the decoded body; empty if it was not a JSON object. */
  public JsonObject body() {
    return body.copy();
  }

  /** Returns the headers with their original names; keys are masked. */
  public MultiMap headers() {
    return MultiMap.caseInsensitiveMultiMap().addAll(headers);
  }

  /** Returns whether the request carried an API key. */
  public boolean keyPresent() {
    return keyPresent;
  }

  /** Returns the scenario that determined the response. */
  public Scenario scenario() {
    return scenario;
  }

  /** Returns the time at which the request was complete. */
  public Instant receivedAt() {
    return receivedAt;
  }

  /** Returns the time at which the response ended; null while it is being written. */
  public Instant endedAt() {
    return endedAt;
  }

  /** Returns the bytes of the response body written so far, without headers. */
  public long bytesWritten() {
    return bytesWritten;
  }

  /** Returns whether the client disconnected before the end of the response. */
  public boolean aborted() {
    return outcome == Outcome.ABORTED;
  }

  /**
   * Returns whether the scenario was executed to its end, even if that was to drop the connection.
   */
  public boolean completed() {
    return outcome == Outcome.COMPLETED;
  }

  /**
   * Returns a future that completes when the call has completed or was aborted, or the sandbox was
   * closed.
   */
  public Future<SandboxCall> ended() {
    return end.future();
  }

  int bodyBytes() {
    return bodyBytes;
  }

  void written(long total) {
    bytesWritten = total;
  }

  synchronized void end(Outcome result) {
    if (outcome == Outcome.RUNNING) {
      endedAt = Instant.now();
      outcome = result;
      end.tryComplete(this);
    }
  }

  @Override
  public String toString() {
    return number + " " + method + " " + path + " " + scenario + " " + outcome;
  }
}
