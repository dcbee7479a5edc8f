package io.llmrelay.cli;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.RequestOptions;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** A backend that accepts some keys, and passes their requests on to another server. */
final class KeyServer {
  final Set<String> valid = ConcurrentHashMap.newKeySet();
  private final String upstream;
  private final HttpClient client;
  private final HttpServer server;

  private KeyServer(Vertx vertx, String upstream) {
    this.upstream = upstream;
    client = vertx.createHttpClient();
    server = vertx.createHttpServer().requestHandler(this::handle);
  }

  static Future<KeyServer> start(Vertx vertx, String upstream) {
    KeyServer keys = new KeyServer(vertx, upstream);
    return keys.server.listen(0, "127.0.0.1").map(keys);
  }

  String url() {
    return "http://127.0.0.1:" + server.actualPort();
  }

  private void handle(HttpServerRequest request) {
    String key = String.valueOf(request.getHeader("authorization")).replace("Bearer ", "");
    if (!valid.contains(key)) {
      request
          .response()
          .setStatusCode(401)
          .end("{\"error\": {\"message\": \"no such key\", \"code\": \"invalid_api_key\"}}");
      return;
    }
    request
        .body()
        .compose(
            body ->
                client
                    .request(
                        new RequestOptions()
                            .setMethod(request.method())
                            .setAbsoluteURI(upstream + request.uri()))
                    .compose(up -> up.putHeader("content-type", "application/json").send(body)))
        .onFailure(error -> request.connection().close())
        .onSuccess(
            answer -> {
              request.response().setStatusCode(answer.statusCode()).setChunked(true);
              request.response().putHeader("content-type", answer.getHeader("content-type"));
              answer.pipe().to(request.response());
            });
  }
}
