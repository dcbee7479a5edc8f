package io.llmrelay.gateway.server;

import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.impl.ConnectionBase;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * The connections of one server on its event loop: limits their number and closes idle ones.
 *
 * <p>Vert.x's idle timeout counts bytes. It would close a stream whose model thinks for a while,
 * and would not close a connection that sends its request byte by byte. Here a connection is idle
 * while it has no request in progress, that is, no complete request head whose response has not
 * ended. Idle connections are closed, slow senders of heads included; running responses never are.
 *
 * <p>A client that does not read is disconnected as well: when bytes wait to be written and the
 * socket has accepted none for the write-idle timeout, the connection is reset. An orderly close
 * would wait for those bytes.
 *
 * <p>Each connection has one timer, which computes the idle time when it fires. A request sets no
 * timer; it only updates two numbers.
 */
public final class Connections {
  private static final Logger LOG = System.getLogger(Connections.class.getName());

  /** The Netty handler that times the TLS handshake and the HTTP/2 preface. */
  private static final String HANDSHAKE_TIMEOUT_HANDLER = "idle";

  /** The package of Vert.x that gives access to the channel of a connection. */
  private static final String INTERNALS = "io.vertx.core.net.impl";

  /** The most milliseconds a new connection may take to send the head of its first request. */
  static final long FIRST_HEAD_MS = 20_000;

  /** Idle timeouts a client may take to read the rest of a complete response. */
  private static final int MAX_READ_TIMEOUTS = 8;

  private static final long WARNING_INTERVAL_NS = TimeUnit.MINUTES.toNanos(1);

  private final Vertx vertx;
  private final Quota quota;
  private final Map<HttpConnection, Tracker> trackers = new HashMap<>();
  private boolean draining;
  private long idleMs;
  private long writeIdleMs;
  private long lastWarning = System.nanoTime() - WARNING_INTERVAL_NS;

  /**
   * Creates the tracking of a server's connections.
   *
   * @throws IllegalStateException on the module path, unless the channels of connections are
   *     accessible
   */
  public Connections(Vertx vertx, Quota quota, long idleMs, long writeIdleMs) {
    Module vertxCore = HttpConnection.class.getModule();
    if (!vertxCore.isExported(INTERNALS, Connections.class.getModule())) {
      throw new IllegalStateException(
          "on the module path the gateway needs the JVM option --add-exports %s/%s=%s"
              .formatted(vertxCore.getName(), INTERNALS, Connections.class.getModule().getName()));
    }
    this.vertx = vertx;
    this.quota = quota;
    setTimeouts(idleMs, writeIdleMs);
  }

  /** Sets the timeouts; timers that are running are not restarted. */
  public void setTimeouts(long idleMs, long writeIdleMs) {
    this.idleMs = idleMs;
    this.writeIdleMs = writeIdleMs;
  }

  /** Tracks a new connection, or closes it if there are too many. */
  void accept(HttpConnection connection) {
    if (!quota.tryAcquire(1)) {
      connection.close();
      warn();
      return;
    }
    var pipeline = channel(connection).pipeline();
    if (pipeline.get(HANDSHAKE_TIMEOUT_HANDLER) != null) {
      pipeline.remove(HANDSHAKE_TIMEOUT_HANDLER);
    }
    Tracker tracker = new Tracker(connection);
    trackers.put(connection, tracker);
    connection.closeHandler(
        closed -> {
          trackers.remove(connection);
          vertx.cancelTimer(tracker.timer);
          quota.release(1);
        });
  }

  /**
   * Records the start of a request; {@link Tracker#end} must be called when its response ends.
   *
   * @return the tracker of the request's connection; {@code null} if it has closed
   */
  Tracker begin(HttpServerRequest request) {
    Tracker tracker = trackers.get(request.connection());
    if (tracker != null) {
      tracker.begin();
    }
    return tracker;
  }

  /** Asks clients to close their connections after the next response. */
  public void drain() {
    draining = true;
  }

  /** Returns whether clients are asked to close their connections. */
  public boolean isDraining() {
    return draining;
  }

  /** Returns whether no response is in progress or partly unsent. */
  public boolean allIdle() {
    return trackers.values().stream()
        .noneMatch(tracker -> tracker.requests > 0 || hasUnsentData(tracker.connection));
  }

  /** Resets a connection and drops all unsent data, that of the kernel included. */
  public static void reset(HttpConnection connection) {
    Channel channel = channel(connection);
    channel.config().setOption(ChannelOption.SO_LINGER, 0);
    channel.unsafe().close(channel.newPromise());
  }

  private void warn() {
    long now = System.nanoTime();
    if (now - lastWarning >= WARNING_INTERVAL_NS) {
      lastWarning = now;
      LOG.log(Level.WARNING, "closing new connections: the limit of {0} is reached", quota.limit());
    }
  }

  private static Channel channel(HttpConnection connection) {
    return ((ConnectionBase) connection).channel();
  }

  private static boolean hasUnsentData(HttpConnection connection) {
    Channel channel = channel(connection);
    if (channel.pipeline().get("handler") instanceof Http2ConnectionHandler http2
        && http2.connection().numActiveStreams() > 0) {
      return true;
    }
    ChannelOutboundBuffer outbound = channel.unsafe().outboundBuffer();
    return outbound != null && outbound.totalPendingWriteBytes() > 0;
  }

  /** Times one connection. */
  final class Tracker {
    private final HttpConnection connection;
    private boolean hadRequest;
    private int requests;
    private long idleSince = System.nanoTime();
    private long timer;
    private int firstPending;
    private long firstPendingWritten;
    private long pendingBytes;
    private long lastProgress = System.nanoTime();

    private Tracker(HttpConnection connection) {
      this.connection = connection;
      schedule(firstHeadMs());
    }

    private void begin() {
      hadRequest = true;
      requests++;
    }

    /** Records the end of a response. */
    void end() {
      requests--;
      idleSince = System.nanoTime();
    }

    /** Stops reading from the socket; on HTTP/2 each stream has a window of its own instead. */
    void pauseReading() {
      setReading(false);
    }

    void resumeReading() {
      setReading(true);
    }

    private void setReading(boolean reading) {
      Channel channel = channel(connection);
      if (!(channel.pipeline().get("handler") instanceof Http2ConnectionHandler)) {
        channel.config().setAutoRead(reading);
      }
    }

    private void check() {
      long idle = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - idleSince);
      long left = (hadRequest ? idleMs : firstHeadMs()) - idle;
      if (isWriteIdle()) {
        reset(connection);
      } else if (requests > 0) {
        schedule(idleMs);
      } else if (left > 0) {
        schedule(left);
      } else if (idle < MAX_READ_TIMEOUTS * idleMs && hasUnsentData(connection)) {
        schedule(idleMs);
      } else if (pendingBytes > 0) {
        reset(connection);
      } else {
        connection.close();
      }
    }

    /** Returns whether bytes wait to be written and the socket has accepted none for too long. */
    private boolean isWriteIdle() {
      long now = System.nanoTime();
      ChannelOutboundBuffer outbound = channel(connection).unsafe().outboundBuffer();
      long bytes = outbound == null ? 0 : outbound.totalPendingWriteBytes();
      int first = bytes == 0 ? 0 : System.identityHashCode(outbound.current());
      long written = bytes == 0 ? 0 : outbound.currentProgress();
      // More pending bytes are no progress: they may be queued behind the same first buffer.
      if (bytes == 0
          || bytes < pendingBytes
          || first != firstPending
          || written != firstPendingWritten) {
        lastProgress = now;
      }
      pendingBytes = bytes;
      firstPending = first;
      firstPendingWritten = written;
      return now - lastProgress >= TimeUnit.MILLISECONDS.toNanos(writeIdleMs);
    }

    private void schedule(long ms) {
      timer = vertx.setTimer(Math.max(1, Math.min(ms, writeIdleMs / 4)), fired -> check());
    }

    private long firstHeadMs() {
      return Math.min(FIRST_HEAD_MS, idleMs);
    }
  }
}
