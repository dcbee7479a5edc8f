package io.llmrelay.gateway.server;

import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.util.UUID;

/**
 * Assigns every response its {@code x-request-id}: the caller's own if it is safe, else the id of
 * the run, else one generated when the head is written. Anthropic's clients read the same id from
 * {@code request-id}.
 */
public final class RequestIds {
  public static final String HEADER = "x-request-id";
  private static final CharSequence ALIAS = HttpHeaders.createOptimized("request-id");
  private static final int MAX_LENGTH = 100;

  private final String prefix = "gw-" + UUID.randomUUID().toString().substring(0, 8) + "-";
  private long generated;

  /** Assigns an id to the response of this request; must be called before any other handler. */
  void assign(HttpServerRequest request) {
    HttpServerResponse response = request.response();
    String given = request.getHeader(HEADER);
    if (given != null && isSafe(given)) {
      response.putHeader(HEADER, given);
    }
    response.headersEndHandler(end -> complete(response));
  }

  private void complete(HttpServerResponse response) {
    String id = response.headers().get(HEADER);
    if (id == null) {
      id = prefix + generated++;
      response.putHeader(HEADER, id);
    }
    response.putHeader(ALIAS, id);
  }

  /**
   * Returns whether an id is short and of ASCII letters, digits, {@code .}, {@code _}, {@code -}.
   */
  static boolean isSafe(String id) {
    if (id.isEmpty() || id.length() > MAX_LENGTH) {
      return false;
    }
    for (int i = 0; i < id.length(); i++) {
      char c = id.charAt(i);
      boolean letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
      boolean other = (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
      if (!letter && !other) {
        return false;
      }
    }
    return true;
  }
}
