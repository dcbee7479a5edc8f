package io.llmrelay.provider.wire;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientResponse;

/**
 * Reads the body of an answer that is no stream, up to a size and for a time.
 *
 * @param bytes what came
 * @param whole whether that is all of it; if not, the request should be reset
 */
public record BoundedBody(Buffer bytes, boolean whole) {

  /** Reads a body; must be called in the same tick as the response came. Never fails. */
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
    return promise.future().andThen((body, never) -> vertx.cancelTimer(timer));
  }
}
