package io.llmrelay.provider.wire;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import io.vertx.core.http.HttpConnection;
import java.util.Set;

/**
 * Drops the interim responses of an HTTP/1.1 server that Vert.x takes for the response itself: it
 * knows 100 and 103, and would answer the next request of the connection with the response that
 * follows, say, a 102.
 */
public final class InterimResponses extends ChannelInboundHandlerAdapter {
  private static final Set<HttpResponseStatus> KNOWN =
      Set.of(
          HttpResponseStatus.CONTINUE,
          HttpResponseStatus.SWITCHING_PROTOCOLS,
          HttpResponseStatus.EARLY_HINTS);

  private boolean dropping;

  private InterimResponses() {}

  /** Has them dropped on a connection, if its channel is accessible (see {@link ClientChannel}). */
  public static void drop(HttpConnection connection) {
    Channel channel = ClientChannel.of(connection);
    ChannelHandlerContext codec =
        channel == null ? null : channel.pipeline().context(HttpClientCodec.class);
    if (codec != null) {
      channel.pipeline().addAfter(codec.name(), null, new InterimResponses());
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    if (message instanceof HttpResponse response) {
      HttpResponseStatus status = response.status();
      dropping = status.codeClass() == HttpStatusClass.INFORMATIONAL && !KNOWN.contains(status);
    }
    if (!dropping) {
      context.fireChannelRead(message);
      return;
    }
    ReferenceCountUtil.release(message);
    dropping = !(message instanceof LastHttpContent);
  }
}
