package io.llmrelay.provider.wire;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientResponse;

/**
 * The body of a response that is not a stream, read within limits of size and time.
 *
 * @param bytes the bytes that arrived
 * @param whole whether the body is complete; if not, the request should be reset
 */
public record BoundedBody(Buffer bytes, boolean whole) {

  /** Reads a body. Must be called as soon as the response is received; the future never fails. */
  public static Future<BoundedBody> read(
      Vertx vertx, HttpClientResponse response, int max, long ms) {
    Buffer bytes = Buffer.buffer();
    Promise<BoundedBody> promise = Promise.promise();
    long timer = vertx.setTimer(ms, id -> promise.tryComplete(new BoundedBody(bytes, false)));
    response
        .exceptionHandler(e -> promise.tryComplete(new BoundedBody(bytes, false)))
        .endHandler(end -> promise.tryComplete(new BoundedBody(bytes, true)))
        .handler(
            more -> {
              if (bytes.length() + more.length() <= max) {
                bytes.appendBuffer(more);
              } else {
                bytes.appendBuffer(more, 0, max - bytes.length());
                response.pause();
                promise.tryComplete(new BoundedBody(bytes, false));
              }
            });
    return promise.future().andThen((body, failure) -> vertx.cancelTimer(timer));
  }
}
