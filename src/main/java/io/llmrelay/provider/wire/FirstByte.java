package io.llmrelay.provider.wire;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.util.AttributeKey;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.net.impl.ConnectionBase;

/**
 * A detector of the first byte of a response on a reused connection.
 *
 * <p>A server may close an idle connection while a request is on its way to it. Such a request may
 * be sent again, unless the response had begun. Vert.x reports a response only once its head is
 * complete, so this handler precedes the HTTP codec. It follows TLS, whose close_notify alert is
 * not part of a response.
 *
 * <p>This is the only class here that depends on internals of Vert.x, since there is no public
 * access to the channel of a client connection. On the module path without {@code --add-exports
 * io.vertx.core/io.vertx.core.net.impl=io.llmrelay} it detects nothing, and no request is sent
 * again.
 */
public final class FirstByte extends ChannelInboundHandlerAdapter {
  private static final AttributeKey<FirstByte> OF_CHANNEL =
      AttributeKey.valueOf(FirstByte.class.getName());

  private static final boolean ACCESSIBLE =
      HttpConnection.class
          .getModule()
          .isExported("io.vertx.core.net.impl", FirstByte.class.getModule());

  private volatile boolean arrived;

  private FirstByte() {}

  /**
   * Returns the handler of a connection, reset to its state before the first byte. Must be called
   * before each request on the connection.
   *
   * @return {@code null} if this is the first request of the connection, or that is unknown
   */
  public static FirstByte onReused(HttpConnection connection) {
    if (!ACCESSIBLE || !(connection instanceof ConnectionBase base)) {
      return null;
    }
    Channel channel = base.channel();
    FirstByte known = channel.attr(OF_CHANNEL).get();
    if (known != null) {
      known.arrived = false;
      return known;
    }
    FirstByte firstByte = new FirstByte();
    channel.attr(OF_CHANNEL).set(firstByte);
    ChannelHandlerContext codec = channel.pipeline().context(HttpClientCodec.class);
    if (codec != null) {
      channel.pipeline().addBefore(codec.name(), null, firstByte);
    }
    return null;
  }

  /** Returns whether a byte of the response has arrived. */
  public boolean arrived() {
    return arrived;
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object bytes) {
    if (!arrived) {
      arrived = true;
    }
    context.fireChannelRead(bytes);
  }
}
