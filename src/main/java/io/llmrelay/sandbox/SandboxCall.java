package io.llmrelay.sandbox;

import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.Promise;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.util.Locale;
import java.util.Set;

/**
 * One request that arrived at a sandbox, and what became of it. Safe to read from any thread, also
 * while the answer is under way. API keys are not kept: the headers that carry one read {@code
 * ***}.
 */
public final class SandboxCall {

  private static final Set<String> SECRET =
      Set.of("authorization", "x-api-key", "api-key", "x-goog-api-key", "cookie");

  private final long number;
  private final String backend;
  private final String method;
  private final String path;
  private final MultiMap headers;
  private final boolean keyPresent;
  private final Instant receivedAt = Instant.now();
  private final Promise<SandboxCall> end = Promise.promise();
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

  SandboxCall(Incoming incoming, Scenario scenario) {
    this.number = incoming.number();
    this.backend = incoming.backend();
    this.method = incoming.method();
    this.path = incoming.path();
    this.body = incoming.body();
    this.bodyBytes = incoming.bodyBytes();
    this.scenario = scenario;
    this.headers = MultiMap.caseInsensitiveMultiMap();
    incoming.headers().forEach((name, value) -> headers.add(name, isSecret(name) ? "***" : value));
    this.keyPresent = incoming.key() != null;
  }

  private static boolean isSecret(String header) {
    return SECRET.contains(header.toLowerCase(Locale.ROOT));
  }

  /** The number that the ids of the answer carry ({@code chatcmpl-7}); the first call is 1. */
  public long number() {
    return number;
  }

  /** The path prefix under which it arrived, for instance {@code primary}; never null. */
  public String backend() {
    return backend;
  }

  public String method() {
    return method;
  }

  public String path() {
    return path;
  }

  /** The model the body names, or null. */
  public String model() {
    return body.getValue("model") instanceof String model ? model : null;
  }

  /** The decoded body, as a copy; empty if it was not a JSON object. */
  public JsonObject body() {
    return body.copy();
  }

  /** The headers under the names they were sent with, keys blotted out. */
  public MultiMap headers() {
    return MultiMap.caseInsensitiveMultiMap().addAll(headers);
  }

  /** Whether an API key came along. */
  public boolean keyPresent() {
    return keyPresent;
  }

  /** What was done with the call. */
  public Scenario scenario() {
    return scenario;
  }

  public Instant receivedAt() {
    return receivedAt;
  }

  /** Null while the answer is under way. */
  public Instant endedAt() {
    return endedAt;
  }

  /** Bytes of the answer's body handed to the connection so far, headers not counted. */
  public long bytesWritten() {
    return bytesWritten;
  }

  /** Whether the client went away before the answer had ended. */
  public boolean aborted() {
    return outcome == Outcome.ABORTED;
  }

  /** Whether the scenario ran to its end, a drop of the connection by the sandbox included. */
  public boolean completed() {
    return outcome == Outcome.COMPLETED;
  }

  /** Completes with this call once it has completed or was aborted, or the sandbox has closed. */
  public Future<SandboxCall> ended() {
    return end.future();
  }

  int bodyBytes() {
    return bodyBytes;
  }

  void written(long total) {
    bytesWritten = total;
  }

  synchronized void end(Outcome how) {
    if (outcome == Outcome.RUNNING) {
      endedAt = Instant.now();
      outcome = how;
      end.tryComplete(this);
    }
  }

  @Override
  public String toString() {
    return number + " " + method + " " + path + " " + scenario + " " + outcome;
  }
}
