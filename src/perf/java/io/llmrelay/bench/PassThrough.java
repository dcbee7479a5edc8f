package io.llmrelay.bench;

import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;

/**
 * What the relay is compared with: Vert.x's HTTP server and client with nothing in between. A
 * request's body is read whole, a response goes through as it comes and nobody looks at it.
 */
public final class PassThrough extends VerticleBase {
  private static final int MAX_CONNECTIONS = 20_000;
  private static final int ACCEPT_BACKLOG = 4096;
  private static final int BAD_GATEWAY = 502;

  private final int port;
  private final int upstream;
  private HttpClient client;

  private PassThrough(int port, int upstream) {
    this.port = port;
    this.upstream = upstream;
  }

  /** With the port to listen at, and the upstream's. */
  public static void main(String[] args) {
    int port = Integer.parseInt(args[0]);
    int upstream = Integer.parseInt(args[1]);
    int instances = Runtime.getRuntime().availableProcessors();
    Vertx vertx =
        Vertx.vertx(
            new VertxOptions().setPreferNativeTransport(true).setEventLoopPoolSize(instances));
    System.out.println("native transport: " + vertx.isNativeTransportEnabled());
    vertx
        .deployVerticle(
            () -> new PassThrough(port, upstream), new DeploymentOptions().setInstances(instances))
        .onFailure(
            error -> {
              error.printStackTrace();
              vertx.close();
            });
  }

  @Override
  public Future<?> start() {
    client =
        vertx.createHttpClient(
            new HttpClientOptions().setTcpNoDelay(true),
            new PoolOptions().setHttp1MaxSize(MAX_CONNECTIONS));
    return vertx
        .createHttpServer(
            new HttpServerOptions().setTcpNoDelay(true).setAcceptBacklog(ACCEPT_BACKLOG))
        .requestHandler(request -> request.body().onSuccess(body -> ask(request, body)))
        .listen(port, "127.0.0.1");
  }

  private void ask(HttpServerRequest request, Buffer body) {
    RequestOptions options =
        new RequestOptions()
            .setMethod(request.method())
            .setHost("127.0.0.1")
            .setPort(upstream)
            .setURI(request.uri());
    client
        .request(options)
        .onFailure(e -> fail(request.response()))
        .onSuccess(up -> send(request, body, up));
  }

  private static void send(HttpServerRequest request, Buffer body, HttpClientRequest up) {
    copy(request.headers(), up.headers());
    HttpServerResponse response = request.response();
    response.exceptionHandler(e -> up.reset()).closeHandler(v -> up.reset());
    up.send(body).onFailure(e -> fail(response)).onSuccess(answer -> pipe(answer, response));
  }

  private static void pipe(HttpClientResponse answer, HttpServerResponse response) {
    response.setStatusCode(answer.statusCode()).setChunked(true);
    copy(answer.headers(), response.headers());
    answer.pipe().endOnFailure(false).to(response).onFailure(e -> response.reset());
  }

  private static void copy(MultiMap from, MultiMap to) {
    String type = from.get(HttpHeaders.CONTENT_TYPE);
    if (type != null) {
      to.set(HttpHeaders.CONTENT_TYPE, type);
    }
  }

  private static void fail(HttpServerResponse response) {
    if (response.headWritten()) {
      response.reset();
    } else {
      response.setStatusCode(BAD_GATEWAY).end();
    }
  }
}
