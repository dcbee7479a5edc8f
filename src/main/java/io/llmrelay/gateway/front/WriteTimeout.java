package io.llmrelay.gateway.front;

import io.llmrelay.gateway.server.GatewayError;
import io.llmrelay.gateway.server.OpenStreams;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;

/**
 * Resets an HTTP/2 stream whose window stays closed for the write-idle timeout. Does nothing on
 * HTTP/1.1, where the connection of such a client is closed.
 */
public final class WriteTimeout implements OpenStreams.Stream {
  private final HttpServerResponse response;
  private final OpenStreams streams;
  private long lastWrite;

  private WriteTimeout(HttpServerResponse response, OpenStreams streams) {
    this.response = response;
    this.streams = streams;
  }

  /** Begins to watch the response to a request, until {@link #end}. */
  public static WriteTimeout begin(HttpServerRequest request, OpenStreams streams) {
    WriteTimeout timeout = new WriteTimeout(request.response(), streams);
    timeout.written();
    if (request.version() == HttpVersion.HTTP_2) {
      streams.add(timeout);
    }
    return timeout;
  }

  /** Records that the client has taken what was written before. */
  public void written() {
    lastWrite = streams.now();
  }

  /**
   * Ends an HTTP/2 response.
   *
   * @return completes when the client has taken the last bytes, which the future of {@link
   *     HttpServerResponse#end} does not wait for
   */
  public static Future<Void> end(HttpServerResponse response, Buffer last) {
    Future<Void> taken = response.write(last);
    response.end();
    return taken;
  }

  public void end() {
    streams.remove(this);
  }

  @Override
  public void check(long now, long heartbeatMs, long writeIdleMs) {
    if (response.closed()) {
      end();
    } else if (now - lastWrite >= writeIdleMs) {
      end();
      response.reset(GatewayError.RESET_CODE);
    }
  }
}
