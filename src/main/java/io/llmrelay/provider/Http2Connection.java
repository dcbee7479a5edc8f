package io.llmrelay.provider;

import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientConnection;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClosedException;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.http.StreamResetException;
import io.vertx.core.internal.buffer.BufferInternal;

/**
 * One HTTP/2 connection of a backend, and what is known of it. All calls are made on its event
 * loop.
 */
final class Http2Connection {
  /**
   * The bytes that a stream whose consumer does not read may have on their way. More would let an
   * image or a list of vectors arrive faster over a long distance.
   */
  static final int STREAM_WINDOW = 256 * 1024;

  /** The most streams of a connection: its end is the end of all of them. */
  static final int MAX_STREAMS = 128;

  /**
   * The bytes that all streams together may have on their way: enough for every stream to be full,
   * so that those whose consumers do not read never stop the others.
   */
  static final int WINDOW = MAX_STREAMS * STREAM_WINDOW;

  /** What the failure of a request without a response means. */
  enum Loss {
    /** The server has not begun on the request, and says so: it may be sent anywhere again. */
    REFUSED,
    /** The server wants HTTP/1.1 for the request, on which it has not begun. */
    HTTP_1_1_REQUIRED,
    /** A connection that had served before was lost: it may be sent again once, on a newer one. */
    STALE,
    /** Anything else. */
    FAILED
  }

  private final HttpClientConnection connection;
  private final long openedAt = System.nanoTime();
  private final long lifetimeNanos;
  private long idleSince = openedAt;
  private boolean drains;

  /** The last stream of the first GOAWAY; that of {@link HttpClosedException} cannot be read. */
  private long lastStream = Long.MAX_VALUE;

  private boolean closed;

  /** Whether any response has come; before that the server may not have expected a request. */
  private boolean served;

  /** Whether a stream has reported that the connection was lost. */
  private boolean lossReported;

  private int signs;
  private int signsSeen;
  private long seenAt = openedAt;
  private boolean pinged;

  /** Creates a connection that drains at an age. */
  Http2Connection(HttpClientConnection connection, long lifetimeNanos) {
    this.connection = connection;
    this.lifetimeNanos = lifetimeNanos;
    connection.exceptionHandler(e -> {}); // The streams fail with the same exception.
    connection.setWindowSize(WINDOW);
    connection.goAwayHandler(
        away -> {
          drains = true;
          lastStream = away.getLastStreamId();
          release(away.getDebugData());
        });
    connection.closeHandler(v -> closed = true);
  }

  /** Releases the copy of a frame's data that Vert.x makes for its handler, in pooled memory. */
  private static void release(Buffer copy) {
    if (copy instanceof BufferInternal buffer) {
      buffer.getByteBuf().unwrap().release(); // What getByteBuf returns cannot be released.
    }
  }

  /** Returns whether it takes one more stream. */
  boolean isFree() {
    return !drains && !closed && active() < streams();
  }

  boolean isDraining() {
    return drains;
  }

  boolean isClosed() {
    return closed;
  }

  /** Returns whether it was opened after a time of {@link System#nanoTime}. */
  boolean isNewerThan(long nanos) {
    return openedAt - nanos > 0;
  }

  long active() {
    return connection.activeStreams();
  }

  /** Returns the most streams at a time. */
  long streams() {
    return Math.min(MAX_STREAMS, connection.maxActiveStreams());
  }

  /** Creates a request, which must be sent at once: until then it does not count as a stream. */
  Future<HttpClientRequest> request(RequestOptions options) {
    return connection.request(options);
  }

  /** Records a sign of life: bytes that came, or that the socket took. */
  void live() {
    signs++;
  }

  /** Records the head of a response. */
  void responded() {
    served = true;
    signs++;
  }

  /**
   * Returns what the failure of a request without a response means. Must be called on a later turn
   * of the event loop than the failure: only then is known whether the connection was closed.
   */
  Loss loss(HttpClientRequest request, Throwable cause) {
    if (cause instanceof StreamResetException reset) {
      if (reset.getCode() == Http2Error.HTTP_1_1_REQUIRED.code()) {
        return Loss.HTTP_1_1_REQUIRED;
      }
      return reset.getCode() == Http2Error.REFUSED_STREAM.code() ? Loss.REFUSED : Loss.FAILED;
    }
    if (cause instanceof Http2Exception error) {
      // The client's own refusal: the server's limit of streams or its GOAWAY had just arrived.
      return error.error() == Http2Error.REFUSED_STREAM ? Loss.REFUSED : Loss.FAILED;
    }
    if (cause instanceof HttpClosedException) {
      // A stream that ends while its connection is open is beyond the last one of a later GOAWAY.
      boolean refused = !closed || request.streamId() > lastStream;
      return refused ? Loss.REFUSED : served ? Loss.STALE : Loss.FAILED;
    }
    return Loss.FAILED;
  }

  /** Returns whether a failure of a stream is that of the whole connection. */
  static boolean isLoss(Throwable cause) {
    return !(cause instanceof StreamResetException || cause instanceof Http2Exception);
  }

  /**
   * Records that the loss of the connection is reported; returns whether that is the first time.
   */
  boolean reportLoss() {
    boolean first = !lossReported;
    lossReported = true;
    return first;
  }

  /**
   * Pings a silent connection, and closes one that is dead, too old or idle for too long.
   *
   * @param pingNanos how long it may be silent; 0 for ever
   * @param idleNanos how long it may be idle
   */
  void check(long now, long pingNanos, long idleNanos) {
    if (active() > 0) {
      idleSince = now;
    }
    if (now - openedAt > lifetimeNanos) {
      drains = true;
    }
    if (active() == 0 && (drains || now - idleSince >= idleNanos)) {
      close();
    } else if (signs != signsSeen) {
      signsSeen = signs;
      seenAt = now;
      pinged = false;
    } else if (pingNanos > 0 && now - seenAt >= pingNanos) {
      if (!pinged) {
        pinged = true;
        connection.ping(Buffer.buffer(8).appendLong(now)).onSuccess(pong -> live());
      } else if (now - seenAt >= 2 * pingNanos) {
        close();
      }
    }
  }

  /** Closes the connection at once; its streams fail. */
  void close() {
    drains = true;
    connection.close();
  }
}
