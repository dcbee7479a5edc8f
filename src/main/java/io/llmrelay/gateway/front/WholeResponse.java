package io.llmrelay.gateway.front;

import io.llmrelay.gateway.server.OpenStreams;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;

/**
 * Sends a body that is known as a whole; on HTTP/2 in pieces, each when the one before it has been
 * taken, so that a client that does not read is noticed.
 */
final class WholeResponse {
  private static final int PIECE = 64 * 1024;

  private final HttpServerResponse response;
  private final Buffer body;
  private final WriteTimeout timeout;
  private int written;

  private WholeResponse(HttpServerResponse response, Buffer body, WriteTimeout timeout) {
    this.response = response;
    this.body = body;
    this.timeout = timeout;
  }

  static void send(HttpServerRequest request, Buffer body, OpenStreams streams) {
    HttpServerResponse response = request.response();
    if (request.version() != HttpVersion.HTTP_2) {
      response.end(body);
      return;
    }
    response.putHeader(HttpHeaders.CONTENT_LENGTH, Integer.toString(body.length()));
    new WholeResponse(response, body, WriteTimeout.begin(request, streams)).write();
  }

  private void write() {
    Future<Void> piece = Future.succeededFuture();
    while (piece.succeeded() && !response.ended()) {
      int to = Math.min(body.length(), written + PIECE);
      Buffer next = body.slice(written, to);
      written = to;
      timeout.written();
      piece = to == body.length() ? WriteTimeout.end(response, next) : response.write(next);
    }
    boolean last = response.ended();
    piece.onComplete(
        (taken, gone) -> {
          if (last || gone != null) {
            timeout.end();
          } else {
            write();
          }
        });
  }
}
