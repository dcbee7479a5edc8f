package io.llmrelay.gateway;

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
 * The connections of one server, on its event loop: not too many, and none that takes up room for
 * nothing.
 *
 * <p>Vert.x's own idle timeout counts bytes, and so takes a stream that thinks for a while for an
 * idle connection, and a request that drips in for a busy one. Here the time counts during which
 * there is no complete request head whose answer is not given yet. So it ends idle connections,
 * slow senders of heads and of bodies nobody reads, and never a running answer.
 *
 * <p>A client that does not read is disconnected as well, answer or not: when bytes have been
 * waiting to be written and for the write-idle limit the socket took none. It is a reset, for an
 * orderly close would wait for these bytes.
 *
 * <p>A connection has one timer, which looks when it fires how long it has been idle. A request
 * costs no timer, only two numbers.
 */
final class Connections {
  private static final Logger LOG = System.getLogger(Connections.class.getName());

  /** What TLS and HTTP/2 take to begin is timed by this netty handler, until they are there. */
  private static final String BEGINNING = "idle";

  /** How long, in milliseconds, a new connection may take to send its first request's head. */
  static final long FIRST_HEAD_MS = 20_000;

  /** How often the idle time a client may take for the rest of an answer that is complete. */
  private static final int REST = 8;

  private static final long COMPLAIN_EVERY_NS = TimeUnit.MINUTES.toNanos(1);

  private final Vertx vertx;
  private final Bound count;
  private final Map<HttpConnection, Watch> watches = new HashMap<>();
  private long idleMs;
  private long writeIdleMs;
  private long complained = System.nanoTime() - COMPLAIN_EVERY_NS;

  Connections(Vertx vertx, Bound count, long idleMs, long writeIdleMs) {
    this.vertx = vertx;
    this.count = count;
    idle(idleMs, writeIdleMs);
  }

  /** Sets other limits, for connections that become idle from now on. */
  void idle(long idleMs, long writeIdleMs) {
    this.idleMs = idleMs;
    this.writeIdleMs = writeIdleMs;
  }

  /** A connection is there; closes it at once where there are too many. */
  void accept(HttpConnection connection) {
    if (!count.add(1)) {
      connection.close();
      complain();
      return;
    }
    var pipeline = channel(connection).pipeline();
    if (pipeline.get(BEGINNING) != null) {
      pipeline.remove(BEGINNING);
    }
    Watch watch = new Watch(connection);
    watches.put(connection, watch);
    connection.closeHandler(
        closed -> {
          watches.remove(connection);
          vertx.cancelTimer(watch.timer);
          count.remove(1);
        });
  }

  /** A request begins whose answer will end. */
  Watch begin(HttpServerRequest request) {
    Watch watch = watches.get(request.connection());
    if (watch != null) {
      watch.begin();
    }
    return watch;
  }

  /** Whether no answer is under way. */
  boolean areIdle() {
    return watches.values().stream()
        .noneMatch(watch -> watch.serving > 0 || unsent(watch.connection));
  }

  private void complain() {
    long now = System.nanoTime();
    if (now - complained >= COMPLAIN_EVERY_NS) {
      complained = now;
      LOG.log(Level.WARNING, "there are {0} connections: no more are taken", count.limit());
    }
  }

  private static Channel channel(HttpConnection connection) {
    return ((ConnectionBase) connection).channel();
  }

  /** Whether something of an answer is still here: the client takes its time to read it. */
  private static boolean unsent(HttpConnection connection) {
    Channel channel = channel(connection);
    if (channel.pipeline().get("handler") instanceof Http2ConnectionHandler http2
        && http2.connection().numActiveStreams() > 0) {
      return true;
    }
    ChannelOutboundBuffer waiting = channel.unsafe().outboundBuffer();
    return waiting != null && waiting.totalPendingWriteBytes() > 0;
  }

  /** One connection. */
  final class Watch {
    private final HttpConnection connection;
    private boolean asked;
    private int serving;
    private long idleSince = System.nanoTime();
    private long timer;
    private int headOfQueue;
    private long headWritten;
    private long pending;
    private long lastProgress = System.nanoTime();

    private Watch(HttpConnection connection) {
      this.connection = connection;
      again(first());
    }

    private void begin() {
      asked = true;
      serving++;
    }

    /** An answer is complete. */
    void served() {
      serving--;
      idleSince = System.nanoTime();
    }

    private void look() {
      long idle = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - idleSince);
      long left = (asked ? idleMs : first()) - idle;
      if (isWriteIdle()) {
        abort();
      } else if (serving > 0) {
        again(idleMs);
      } else if (left > 0) {
        again(left);
      } else if (idle < REST * idleMs && unsent(connection)) {
        again(idleMs);
      } else if (pending > 0) {
        abort();
      } else {
        connection.close();
      }
    }

    /** Whether bytes wait to be written and the socket has taken none for too long. */
    private boolean isWriteIdle() {
      long now = System.nanoTime();
      ChannelOutboundBuffer waiting = channel(connection).unsafe().outboundBuffer();
      long bytes = waiting == null ? 0 : waiting.totalPendingWriteBytes();
      int head = bytes == 0 ? 0 : System.identityHashCode(waiting.current());
      long written = bytes == 0 ? 0 : waiting.currentProgress();
      // More bytes than before are no progress if they only queue up behind the same ones.
      if (bytes == 0 || bytes < pending || head != headOfQueue || written != headWritten) {
        lastProgress = now;
      }
      pending = bytes;
      headOfQueue = head;
      headWritten = written;
      return now - lastProgress >= TimeUnit.MILLISECONDS.toNanos(writeIdleMs);
    }

    /** Resets the connection; what waits to be written, here and in the kernel, is dropped. */
    private void abort() {
      Channel channel = channel(connection);
      channel.config().setOption(ChannelOption.SO_LINGER, 0);
      channel.unsafe().close(channel.newPromise());
    }

    private void again(long ms) {
      timer = vertx.setTimer(Math.max(1, Math.min(ms, writeIdleMs / 4)), fired -> look());
    }

    private long first() {
      return Math.min(FIRST_HEAD_MS, idleMs);
    }
  }
}
