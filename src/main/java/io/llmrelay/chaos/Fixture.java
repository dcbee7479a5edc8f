package io.llmrelay.chaos;

import io.llmrelay.sandbox.Sandbox;
import io.llmrelay.sandbox.SandboxOptions;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.net.NetServer;
import java.util.Map;

/**
 * The sandbox, the addresses without a sandbox, and an HTTP client, shared by all rows.
 *
 * @param addresses base URLs by their names in the wall
 */
record Fixture(Vertx vertx, Sandbox sandbox, Map<String, String> addresses, HttpClient http) {
  private static final int CONNECTIONS = 500;

  /** A name that no server of names is asked for: its first label is too long. */
  private static final String UNKNOWN_HOST = "n".repeat(64) + ".invalid";

  static Future<Fixture> open(Vertx vertx) {
    NetServer mute = vertx.createNetServer().connectHandler(socket -> socket.pause());
    NetServer closed = vertx.createNetServer().connectHandler(socket -> socket.close());
    Future<Integer> refused =
        closed
            .listen(0, "127.0.0.1")
            .compose(server -> server.close().map(gone -> server.actualPort()));
    Future<NetServer> listening = mute.listen(0, "127.0.0.1");
    Future<Sandbox> untrusted = Sandbox.start(vertx, new SandboxOptions().setTls(true));
    Future<Sandbox> sandbox = Sandbox.start(vertx);
    HttpClient http =
        vertx.createHttpClient(
            new HttpClientOptions(), new PoolOptions().setHttp1MaxSize(CONNECTIONS));
    return Future.all(refused, listening, untrusted, sandbox)
        .map(
            open ->
                new Fixture(
                    vertx,
                    sandbox.result(),
                    Map.of(
                        "(refused)", "http://127.0.0.1:" + refused.result(),
                        "(unknown)", "http://" + UNKNOWN_HOST,
                        "(mute)", "https://127.0.0.1:" + listening.result().actualPort(),
                        "(plain)", "https://127.0.0.1:" + sandbox.result().port(),
                        "(untrusted)", untrusted.result().baseUrl()),
                    http));
  }
}
