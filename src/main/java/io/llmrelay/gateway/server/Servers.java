package io.llmrelay.gateway.server;

import io.llmrelay.config.GatewayOptions;
import io.llmrelay.config.TlsOptions;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.http.Http2Settings;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.ServerSSLOptions;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;

/**
 * Creates HTTP servers with limits. HTTP/2 is offered by ALPN over TLS only: over clear text it has
 * no advantage here, and its upgrade would be one more way to open a connection.
 */
public final class Servers {
  private static final int ACCEPT_BACKLOG = 4096;

  /** The most bytes of a request head. */
  private static final int MAX_HEAD = 16 * 1024;

  private static final int MAX_URL = 4 * 1024;

  /** The most bytes of a body that are passed on at once: as many as one read brings. */
  private static final int MAX_PIECE = 64 * 1024;

  /** The most milliseconds for the TLS handshake, and then for the HTTP/2 preface. */
  private static final long HANDSHAKE_MS = 10_000;

  /** The most concurrent requests on one HTTP/2 connection. */
  public static final int MAX_STREAMS = 100;

  /** The most streams a client may reset within half a minute before it is disconnected. */
  public static final int MAX_RESETS = 200;

  private Servers() {}

  /** Returns the options of a server for the API. */
  public static HttpServerOptions options(GatewayOptions gateway) {
    HttpServerOptions options = options();
    if (gateway.getTls() != null) {
      int handshakeMs = (int) Math.min(HANDSHAKE_MS, gateway.getIdleTimeout().toMillis());
      options
          .setSsl(true)
          .setKeyCertOptions(pemFiles(gateway.getTls()))
          .setUseAlpn(true)
          .setSslHandshakeTimeout(handshakeMs)
          .setSslHandshakeTimeoutUnit(TimeUnit.MILLISECONDS)
          // Until the connection is established; then Connections removes this timeout.
          .setIdleTimeout(handshakeMs)
          .setIdleTimeoutUnit(TimeUnit.MILLISECONDS);
    }
    return options;
  }

  /** Returns the options of a server without TLS. */
  public static HttpServerOptions options() {
    return new HttpServerOptions()
        .setTcpNoDelay(true)
        .setTcpKeepAlive(true)
        .setAcceptBacklog(ACCEPT_BACKLOG)
        .setMaxHeaderSize(MAX_HEAD)
        .setMaxInitialLineLength(MAX_URL)
        .setMaxChunkSize(MAX_PIECE)
        .setHttp2ClearTextEnabled(false)
        .setInitialSettings(
            new Http2Settings().setMaxConcurrentStreams(MAX_STREAMS).setMaxHeaderListSize(MAX_HEAD))
        .setHttp2RstFloodMaxRstFramePerWindow(MAX_RESETS)
        .setHttp2RstFloodWindowDuration(30)
        .setHttp2RstFloodWindowDurationTimeUnit(TimeUnit.SECONDS)
        .setPerMessageWebSocketCompressionSupported(false)
        .setPerFrameWebSocketCompressionSupported(false);
  }

  /** Returns the TLS options with which a running server reads its certificate again. */
  public static ServerSSLOptions tls(TlsOptions tls) {
    return new ServerSSLOptions().setKeyCertOptions(pemFiles(tls));
  }

  private static PemKeyCertOptions pemFiles(TlsOptions tls) {
    return new PemKeyCertOptions().setCertPath(tls.getCertificate()).setKeyPath(tls.getKey());
  }

  /**
   * Creates a server.
   *
   * @param sendError sends the error response for a request whose head cannot be parsed
   */
  public static HttpServer create(
      Vertx vertx,
      HttpServerOptions options,
      Handler<HttpServerRequest> router,
      BiConsumer<HttpServerRequest, GatewayError> sendError,
      Connections connections) {
    RequestIds ids = new RequestIds();
    return vertx
        .createHttpServer(options)
        .connectionHandler(connections::accept)
        .invalidRequestHandler(
            request -> {
              ids.assign(request);
              request.response().putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
              sendError.accept(request, GatewayError.invalidHead(request.decoderResult().cause()));
              request.connection().close();
            })
        .requestHandler(
            request -> {
              ids.assign(request);
              if (request.version() == HttpVersion.HTTP_1_0) {
                closeAtEnd(request);
              } else if (connections.isDraining() && request.version() == HttpVersion.HTTP_1_1) {
                request.response().putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
              }
              router.handle(request);
            });
  }

  /** Ends the body of a response by the end of its connection: HTTP/1.0 has no chunks. */
  private static void closeAtEnd(HttpServerRequest request) {
    request.response().bodyEndHandler(sent -> request.connection().close());
  }
}
