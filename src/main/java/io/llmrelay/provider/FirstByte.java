package io.llmrelay.provider;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.util.AttributeKey;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.net.impl.ConnectionBase;

/**
 * Notices the first byte of an answer on a connection that served a request before.
 *
 * <p>A server may close an idle connection at the moment a request is on its way to it. The request
 * then fails for no fault of anybody and may be sent again, unless an answer had begun. Vert.x
 * reports an answer by its complete head only, so this reads along in front of the HTTP codec (and
 * behind TLS, whose closing alert is no answer) until there is something to read.
 */
final class FirstByte extends ChannelInboundHandlerAdapter {
  private static final AttributeKey<Boolean> USED =
      AttributeKey.valueOf(FirstByte.class.getName() + ".used");

  private volatile boolean arrived;

  private FirstByte() {}

  /**
   * Marks a connection as used, to be called before each request on it.
   *
   * @return {@code null} if this is the first request
   */
  static FirstByte onReused(HttpConnection connection) {
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

  /** Whether a byte of the answer has arrived. */
  boolean arrived() {
    return arrived;
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object bytes) {
    arrived = true;
    context.pipeline().remove(this);
    context.fireChannelRead(bytes);
  }
}
