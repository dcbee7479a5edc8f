package io.llmrelay.gateway;

import io.llmrelay.config.GatewayOptions;
import io.llmrelay.config.TlsOptions;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.http.Http2Settings;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.ServerSSLOptions;
import java.util.concurrent.TimeUnit;

/**
 * HTTP servers with bounds. HTTP/2 is spoken where TLS has agreed on it, never in clear text: there
 * it would bring nothing but another way to begin a connection.
 */
final class Servers {
  private static final int ACCEPT_BACKLOG = 4096;

  /** Longest request head, in bytes. */
  private static final int MAX_HEAD = 16 * 1024;

  private static final int MAX_URL = 4 * 1024;

  /** How long TLS, and then HTTP/2, may take to begin, in milliseconds. */
  private static final long BEGINNING_MS = 10_000;

  /** Requests at a time on one HTTP/2 connection. */
  static final int MAX_STREAMS = 100;

  /** Streams a client may cancel within half a minute before its connection is closed. */
  static final int MAX_RESETS = 200;

  private Servers() {}

  static HttpServerOptions options(GatewayOptions gateway) {
    HttpServerOptions options = options();
    if (gateway.getTls() != null) {
      int beginning = (int) Math.min(BEGINNING_MS, gateway.getIdleTimeout().toMillis());
      options
          .setSsl(true)
          .setKeyCertOptions(files(gateway.getTls()))
          .setUseAlpn(true)
          .setSslHandshakeTimeout(beginning)
          .setSslHandshakeTimeoutUnit(TimeUnit.MILLISECONDS)
          // Until the connection is there; then Connections takes it away.
          .setIdleTimeout(beginning)
          .setIdleTimeoutUnit(TimeUnit.MILLISECONDS);
    }
    return options;
  }

  static HttpServerOptions options() {
    return new HttpServerOptions()
        .setTcpNoDelay(true)
        .setTcpKeepAlive(true)
        .setAcceptBacklog(ACCEPT_BACKLOG)
        .setMaxHeaderSize(MAX_HEAD)
        .setMaxInitialLineLength(MAX_URL)
        .setHttp2ClearTextEnabled(false)
        .setInitialSettings(
            new Http2Settings().setMaxConcurrentStreams(MAX_STREAMS).setMaxHeaderListSize(MAX_HEAD))
        .setHttp2RstFloodMaxRstFramePerWindow(MAX_RESETS)
        .setHttp2RstFloodWindowDuration(30)
        .setHttp2RstFloodWindowDurationTimeUnit(TimeUnit.SECONDS)
        .setPerMessageWebSocketCompressionSupported(false)
        .setPerFrameWebSocketCompressionSupported(false);
  }

  static ServerSSLOptions tls(TlsOptions tls) {
    return new ServerSSLOptions().setKeyCertOptions(files(tls));
  }

  private static PemKeyCertOptions files(TlsOptions tls) {
    return new PemKeyCertOptions().setCertPath(tls.getCertificate()).setKeyPath(tls.getKey());
  }

  static HttpServer create(
      Vertx vertx,
      HttpServerOptions options,
      Handler<HttpServerRequest> router,
      Connections connections) {
    RequestIds ids = new RequestIds();
    return vertx
        .createHttpServer(options)
        .connectionHandler(connections::accept)
        .invalidRequestHandler(request -> refuse(request, ids))
        .requestHandler(
            request -> {
              ids.mark(request);
              router.handle(request);
            });
  }

  private static void refuse(HttpServerRequest request, RequestIds ids) {
    ids.mark(request);
    request.response().putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
    ApiError.unreadableHead(request.decoderResult().cause()).send(request.response());
    request.connection().close();
  }
}
