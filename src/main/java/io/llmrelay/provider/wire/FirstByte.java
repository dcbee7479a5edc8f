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
 * complete; so this handler precedes the HTTP codec (and follows TLS, whose closing alert is not
 * part of a response) until the first byte arrives. The only class here that depends on internals
 * of Vert.x: there is no public access to the channel of a client connection.
 */
public final class FirstByte extends ChannelInboundHandlerAdapter {
  private static final AttributeKey<Boolean> USED =
      AttributeKey.valueOf(FirstByte.class.getName() + ".used");

  private volatile boolean arrived;

  private FirstByte() {}

  /**
   * Installs the handler on a connection; must be called before each request on it.
   *
   * @return {@code null} if this is the first request of the connection
   */
  public static FirstByte onReused(HttpConnection connection) {
    if (!(connection instanceof ConnectionBase base)) {
      return null;
    }
    Channel channel = base.channel();
    if (channel.attr(USED).getAndSet(true) == null) {
      return null;
    }
    FirstByte firstByte = new FirstByte();
    ChannelHandlerContext codec = channel.pipeline().context(HttpClientCodec.class);
    if (codec != null) {
      channel.pipeline().addBefore(codec.name(), null, firstByte);
    }
    return firstByte;
  }

  /** Whether a byte of the response has arrived. */
  public boolean arrived() {
    return arrived;
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object bytes) {
    arrived = true;
    context.pipeline().remove(this);
    context.fireChannelRead(bytes);
  }
}
