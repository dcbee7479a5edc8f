package io.llmrelay.gateway.server;

import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FailureKind;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import io.vertx.ext.web.RoutingContext;
import java.io.IOException;
import java.util.Arrays;
import java.util.Locale;
import java.util.function.LongFunction;

/**
 * Reads a request body, whatever its content type. Size and time are limited; the size limit
 * applies to the encoded body and to the decoded one.
 *
 * <p>A body whose {@code Content-Length} exceeds the limit is refused before it is read; a body
 * without one, as soon as it exceeds the limit. Either way the rest is read and discarded for up to
 * the time limit: a client that is still sending when its connection is reset does not see the
 * response. A client that waits for {@code 100 Continue} sends nothing.
 */
public final class RequestBody {
  /** The most milliseconds a client may take to send its body. */
  static final long TIMEOUT_MS = 60_000;

  /** The first bytes reserved for a body whose length is not known. */
  private static final int INITIAL = 8 * 1024;

  private static final byte[] NOTHING = {};

  /** Retry delay when the memory for bodies is used up. */
  private static final long BUSY_RETRY_MS = 1_000;

  /** The HTTP/2 error code NO_ERROR. */
  private static final long NO_ERROR = 0;

  private final HttpServerRequest request;
  private final int maxBytes;
  private final LongFunction<Future<Void>> memory;

  /** {@code null} once it is completed: a request outlives its body. */
  private Promise<byte[]> promise = Promise.promise();

  private byte[] body = NOTHING;
  private int length;
  private int contentLength = -1;
  private long timer = -1;
  private boolean received;
  private String coding = "";

  private RequestBody(HttpServerRequest request, int maxBytes, LongFunction<Future<Void>> memory) {
    this.request = request;
    this.maxBytes = maxBytes;
    this.memory = memory;
  }

  /**
   * Reads the body of a request into the memory of its {@link RequestScope}. The future fails with
   * a {@link GatewayError}, and never completes if the client disconnects.
   */
  public static Future<byte[]> read(RoutingContext ctx, int maxBytes) {
    return read(
        ctx.vertx(), ctx.request(), maxBytes, RequestScope.of(ctx)::reserveBody, TIMEOUT_MS);
  }

  /**
   * Reads the body. The future fails with a {@link GatewayError}, and never completes if the client
   * disconnects.
   *
   * @param memory reserves memory for a body of this size, in place of what is reserved for it
   */
  static Future<byte[]> read(
      Vertx vertx,
      HttpServerRequest request,
      int maxBytes,
      LongFunction<Future<Void>> memory,
      long timeoutMs) {
    return new RequestBody(request, maxBytes, memory).read(vertx, timeoutMs);
  }

  private Future<byte[]> read(Vertx vertx, long timeoutMs) {
    Future<byte[]> future = promise.future();
    HttpServerResponse response = request.response();
    boolean expectsContinue =
        "100-continue".equalsIgnoreCase(request.getHeader(HttpHeaders.EXPECT));
    GatewayError error = checkHead();
    if (error != null) {
      fail(error);
      if (expectsContinue && request.version() != HttpVersion.HTTP_2) {
        response.putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
        response.bodyEndHandler(sent -> request.connection().close());
      }
    } else if (expectsContinue) {
      response.writeContinue();
    }
    request
        .exceptionHandler(closed -> stopTimer(vertx))
        .handler(this::append)
        .endHandler(
            end -> {
              stopTimer(vertx);
              // A request outlives its body.
              request.exceptionHandler(null).handler(null).endHandler(null);
              complete();
            });
    // Most bodies arrive together with their head and need no timer.
    vertx.runOnContext(v -> startTimer(vertx, timeoutMs));
    return future;
  }

  private void startTimer(Vertx vertx, long timeoutMs) {
    if (!received) {
      timer =
          vertx.setTimer(
              timeoutMs,
              id -> {
                fail(timeout());
                disconnect();
              });
    }
  }

  private void stopTimer(Vertx vertx) {
    received = true;
    vertx.cancelTimer(timer);
  }

  /** Closes an HTTP/1 connection, or resets one HTTP/2 stream. */
  private void disconnect() {
    if (request.version() == HttpVersion.HTTP_2) {
      request.response().reset(NO_ERROR);
    } else {
      request.connection().close();
    }
  }

  /** Returns an error if the headers show that the body cannot be accepted, else {@code null}. */
  private GatewayError checkHead() {
    String encoding = request.getHeader(HttpHeaders.CONTENT_ENCODING);
    coding = encoding == null ? "" : encoding.strip().toLowerCase(Locale.ROOT);
    if (!ContentCoding.isSupported(coding)) {
      request.response().putHeader(HttpHeaders.ACCEPT_ENCODING, "gzip, deflate");
      return unsupportedCoding();
    }
    return readContentLength() ? null : tooLarge();
  }

  /** Reads the {@code Content-Length}, if there is one; returns false if it is too large. */
  private boolean readContentLength() {
    String value = request.getHeader(HttpHeaders.CONTENT_LENGTH);
    if (value == null) {
      return true;
    }
    try {
      long bytes = Long.parseLong(value);
      contentLength = (int) Math.min(bytes, maxBytes);
      return bytes <= maxBytes;
    } catch (NumberFormatException unparsable) {
      return false;
    }
  }

  private void append(Buffer chunk) {
    int needed = length + chunk.length();
    if (body == null) {
      return;
    }
    if (needed > maxBytes) {
      fail(tooLarge());
    } else if (needed <= body.length) {
      copy(chunk);
    } else {
      grow(needed, chunk);
    }
  }

  private void copy(Buffer chunk) {
    chunk.getBytes(body, length);
    length += chunk.length();
  }

  /** Reads on when there is memory. */
  private void grow(int needed, Buffer chunk) {
    int size =
        contentLength >= needed
            ? contentLength
            : (int) Math.min(maxBytes, Math.max(INITIAL, 2L * needed));
    Future<Void> reserved = memory.apply(size);
    boolean waiting = !reserved.isComplete();
    if (waiting) {
      request.pause();
    }
    reserved.onComplete(
        (v, error) -> {
          if (error != null) {
            fail(outOfMemory());
          } else if (body != null) {
            body = Arrays.copyOf(body, size);
            copy(chunk);
          }
          if (waiting) {
            request.resume();
          }
        });
  }

  private void complete() {
    if (body == null) {
      return;
    }
    byte[] received = length == body.length ? body : Arrays.copyOf(body, length);
    if (ContentCoding.isIdentity(coding)) {
      succeed(received);
      return;
    }
    // The length of the body is unknown.
    memory
        .apply((long) received.length + maxBytes)
        .onComplete(
            (v, error) -> {
              if (error != null) {
                fail(outOfMemory());
              } else {
                decode(received);
              }
            });
  }

  private void decode(byte[] encoded) {
    try {
      byte[] decoded = ContentCoding.decode(coding, encoded, maxBytes);
      if (decoded == null) {
        fail(tooLarge());
      } else {
        memory.apply(decoded.length).onComplete(released -> succeed(decoded));
      }
    } catch (IOException e) {
      fail(undecodable());
    }
  }

  private void succeed(byte[] bytes) {
    Promise<byte[]> done = promise;
    body = null;
    promise = null;
    done.tryComplete(bytes);
  }

  /** Fails the future; what arrives of the body from now on is discarded. */
  private void fail(GatewayError error) {
    body = null;
    if (promise != null) {
      promise.tryFail(error);
    }
  }

  private static GatewayError unsupportedCoding() {
    return GatewayError.rejected(
        415,
        "unsupported_content_encoding",
        "the body's Content-Encoding is not supported: send gzip, deflate or none");
  }

  private static GatewayError undecodable() {
    return GatewayError.rejected(
        400, "invalid_content_encoding", "the body cannot be decoded by its Content-Encoding");
  }

  private static GatewayError timeout() {
    return GatewayError.rejected(408, "request_timeout", "the body did not arrive in time");
  }

  private static GatewayError outOfMemory() {
    return GatewayError.of(
        Failure.of(FailureKind.OVERLOADED, "the memory for request bodies is used up")
            .withRetryAfterMs(BUSY_RETRY_MS));
  }

  private GatewayError tooLarge() {
    return GatewayError.rejected(
        413, "request_too_large", "the body has more than " + maxBytes + " bytes");
  }
}
