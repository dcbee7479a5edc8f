package io.llmrelay.provider.wire;

import io.netty.channel.Channel;
import io.netty.channel.MaxMessagesRecvByteBufAllocator;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.net.impl.ConnectionBase;

/**
 * Access to the channel of a client connection, for which Vert.x has no public API: the only class
 * here that depends on its internals. On the module path without {@code --add-exports
 * io.vertx.core/io.vertx.core.net.impl=io.llmrelay} there is none.
 */
public final class ClientChannel {
  private static final boolean ACCESSIBLE =
      HttpConnection.class
          .getModule()
          .isExported("io.vertx.core.net.impl", ClientChannel.class.getModule());

  private ClientChannel() {}

  /** Returns the channel of a connection; {@code null} if it is not accessible. */
  static Channel of(HttpConnection connection) {
    return ACCESSIBLE && connection instanceof ConnectionBase base ? base.channel() : null;
  }

  /**
   * Has the socket of a connection read once, at most 64 KiB, before other tasks of the event loop
   * run. Netty reads up to sixteen times, a megabyte, before a consumer that is behind can pause
   * it.
   */
  public static void readOnceAtATime(HttpConnection connection) {
    Channel channel = of(connection);
    if (channel != null
        && channel.config().getRecvByteBufAllocator()
            instanceof MaxMessagesRecvByteBufAllocator allocator) {
      allocator.maxMessagesPerRead(1);
    }
  }

  /**
   * Stops reading from the socket of an HTTP/1.1 connection, or starts again. A response that is
   * paused instead may arrive whole in Vert.x's queue: the pool then passes on its connection, of
   * which nothing more is read if that queue is full.
   *
   * @return whether it is done; {@code false} if the channel is not accessible
   */
  public static boolean setReading(HttpConnection connection, boolean reading) {
    Channel channel = of(connection);
    if (channel == null) {
      return false;
    }
    channel.config().setAutoRead(reading);
    return true;
  }
}
