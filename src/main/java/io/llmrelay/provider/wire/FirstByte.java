package io.llmrelay.provider.wire;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.util.AttributeKey;
import io.vertx.core.http.HttpConnection;

/**
 * A detector of the first byte of a response on a reused connection.
 *
 * <p>A server may close an idle connection while a request is on its way to it. Such a request may
 * be sent again, unless the response had begun. Vert.x reports a response only once its head is
 * complete, so this handler precedes the HTTP codec. It follows TLS, whose close_notify alert is
 * not part of a response.
 *
 * <p>Where the channel is not accessible (see {@link ClientChannel}) it detects nothing, and no
 * request is sent again.
 */
public final class FirstByte extends ChannelInboundHandlerAdapter {
  private static final AttributeKey<FirstByte> OF_CHANNEL =
      AttributeKey.valueOf(FirstByte.class.getName());

  private volatile boolean arrived;

  private FirstByte() {}

  /**
   * Returns the handler of a connection, reset to its state before the first byte. Must be called
   * before each request on the connection.
   *
   * @return {@code null} if this is the first request of the connection, or that is unknown
   */
  public static FirstByte onReused(HttpConnection connection) {
    Channel channel = ClientChannel.of(connection);
    if (channel == null) {
      return null;
    }
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
