package io.llmrelay.gateway.server;

import io.llmrelay.chat.Attempt;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.math.BigDecimal;
import java.util.List;
import java.util.Locale;

/**
 * The response headers of the relay: {@code x-request-id} (the caller's own, else that of the run),
 * {@code x-relay-backend}, {@code x-relay-model}, {@code x-relay-attempts} (candidates tried;
 * skipped ones do not count), {@code x-relay-affinity} (what identifies the conversation, and
 * {@code ;moved} if the answer is not from where it is attached), {@code x-relay-cost} (of a
 * stream: a trailer, for clients that accept trailers) and {@code x-relay-warning} (the model is
 * near its shutdown, or a setting of the request was limited or ignored).
 */
public final class RelayHeaders {
  private static final CharSequence BACKEND = HttpHeaders.createOptimized("x-relay-backend");
  private static final CharSequence MODEL = HttpHeaders.createOptimized("x-relay-model");
  private static final CharSequence ATTEMPTS = HttpHeaders.createOptimized("x-relay-attempts");
  private static final CharSequence AFFINITY = HttpHeaders.createOptimized("x-relay-affinity");
  private static final CharSequence COST = HttpHeaders.createOptimized("x-relay-cost");
  private static final CharSequence TE = HttpHeaders.createOptimized("te");
  private static final CharSequence TRAILER = HttpHeaders.createOptimized("trailer");
  private static final String WARNING = "x-relay-warning";
  private static final int MAX_LENGTH = 200;

  /** Limit for one warning; several may be joined in the header. */
  private static final int MAX_WARNING_LENGTH = 600;

  private RelayHeaders() {}

  /** Sets the headers; one whose value is {@code null} is left out. */
  public static void put(
      HttpServerResponse response,
      String id,
      String backend,
      String model,
      String warning,
      List<Attempt> trail) {
    if (!response.headers().contains(RequestIds.HEADER)) {
      put(response, RequestIds.HEADER, id);
    }
    put(response, BACKEND, backend);
    put(response, MODEL, model);
    if (warning != null) {
      addWarning(response, warning);
    }
    if (!trail.isEmpty()) {
      response.putHeader(ATTEMPTS, Long.toString(attempts(trail)));
      put(response, AFFINITY, trail.get(trail.size() - 1).affinity());
    }
  }

  /** Sets {@code x-relay-cost}, US dollars, unless the cost is unknown. */
  public static void putCost(HttpServerResponse response, Double costUsd) {
    if (costUsd != null) {
      response.putHeader(COST, BigDecimal.valueOf(costUsd).toPlainString());
    }
  }

  /**
   * Announces that {@code x-relay-cost} follows the body, if the client accepts trailers; returns
   * whether it does.
   */
  public static boolean announceCost(HttpServerRequest request) {
    boolean accepts = acceptsTrailers(request);
    if (accepts) {
      request.response().putHeader(TRAILER, COST);
    }
    return accepts;
  }

  /** Sets {@code x-relay-cost} as a trailer, unless the cost is unknown. */
  public static void putCostTrailer(HttpServerResponse response, Double costUsd) {
    if (costUsd != null) {
      response.putTrailer(COST, BigDecimal.valueOf(costUsd).toPlainString());
    }
  }

  private static boolean acceptsTrailers(HttpServerRequest request) {
    String te = request.headers().get(TE);
    return te != null && te.toLowerCase(Locale.ROOT).contains("trailers");
  }

  /** Appends a warning to those already set. */
  public static void addWarning(HttpServerResponse response, String warning) {
    String present = response.headers().get(WARNING);
    String added = sanitize(warning, MAX_WARNING_LENGTH);
    response.putHeader(WARNING, present == null ? added : present + "; " + added);
  }

  /** Returns how many candidates were tried. */
  public static long attempts(List<Attempt> trail) {
    long attempts = 0;
    for (Attempt attempt : trail) {
      attempts += attempt.result() == Attempt.Result.SKIPPED ? 0 : 1;
    }
    return attempts;
  }

  private static void put(HttpServerResponse response, CharSequence name, String value) {
    if (value != null) {
      response.putHeader(name, sanitize(value, MAX_LENGTH));
    }
  }

  /** Replaces characters that a header must not contain: model names are caller input. */
  private static String sanitize(String value, int maxLength) {
    StringBuilder sanitized = null;
    int length = Math.min(value.length(), maxLength);
    for (int i = 0; i < length; i++) {
      if (value.charAt(i) < ' ' || value.charAt(i) > '~') {
        sanitized = sanitized == null ? new StringBuilder(value) : sanitized;
        sanitized.setCharAt(i, '?');
      }
    }
    return sanitized == null ? value.substring(0, length) : sanitized.substring(0, length);
  }
}
