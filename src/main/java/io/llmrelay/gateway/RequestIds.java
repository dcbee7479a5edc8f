package io.llmrelay.gateway;

import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.util.UUID;

/**
 * Gives every answer its {@code x-request-id}: the caller's own where it is harmless, else that of
 * the run, else one made here when the head is written.
 */
final class RequestIds {
  static final String HEADER = "x-request-id";
  private static final int MAX_LENGTH = 100;

  private final String prefix = "gw-" + UUID.randomUUID().toString().substring(0, 8) + "-";
  private long made;

  /** To be called before anything else is done with the request. */
  void mark(HttpServerRequest request) {
    HttpServerResponse response = request.response();
    String given = request.getHeader(HEADER);
    if (given != null && isHarmless(given)) {
      response.putHeader(HEADER, given);
    } else {
      response.headersEndHandler(
          end -> {
            if (!response.headers().contains(HEADER)) {
              response.putHeader(HEADER, prefix + made++);
            }
          });
    }
  }

  /** Letters, digits, dots, {@code _} and {@code -}: nothing that means anything to anybody. */
  static boolean isHarmless(String id) {
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
