package io.llmrelay.bench;

import com.hazelcast.config.Config;
import com.hazelcast.config.JoinConfig;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.eventbus.Message;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.spi.cluster.hazelcast.ConfigUtil;
import io.vertx.spi.cluster.hazelcast.HazelcastClusterManager;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * A backend that answers every request with a rate limit, and a node of the cluster that hears of
 * it. What is measured is the time between the two, on one clock.
 */
final class AnnouncedLimits implements AutoCloseable {
  private static final int INTERVAL_MS = 25;
  private static final int MAX_WAIT_S = 5;

  private final String name = "bench-" + ProcessHandle.current().pid() + "-" + System.nanoTime();
  private final int clusterPort = Subject.freePort();
  private final Map<String, Long> refusedAt = new ConcurrentHashMap<>();
  private final Samples lag = new Samples();
  private final HttpClient client = HttpClient.newHttpClient();
  private final Vertx vertx;
  private final HttpServer server;
  private int models;

  AnnouncedLimits() throws IOException {
    System.setProperty("hazelcast.logging.type", "none");
    Config config = ConfigUtil.loadConfig();
    config.setClusterName(name);
    config
        .setProperty("hazelcast.phone.home.enabled", "false")
        .setProperty("hazelcast.partition.count", "71")
        .setProperty("hazelcast.wait.seconds.before.join", "0");
    config.getNetworkConfig().setPublicAddress("127.0.0.1").setPort(clusterPort);
    config.getNetworkConfig().getInterfaces().setEnabled(true).addInterface("127.0.0.1");
    JoinConfig join = config.getNetworkConfig().getJoin();
    join.getMulticastConfig().setEnabled(false);
    join.getAutoDetectionConfig().setEnabled(false);
    join.getTcpIpConfig().setEnabled(true).addMember("127.0.0.1");
    VertxOptions options = new VertxOptions();
    options.getEventBusOptions().setHost("127.0.0.1");
    vertx =
        Vertx.builder()
            .with(options)
            .withClusterManager(new HazelcastClusterManager(config))
            .buildClustered()
            .await();
    server = vertx.createHttpServer().requestHandler(this::refuse).listen(0, "127.0.0.1").await();
    vertx.eventBus().consumer("llm.announce", this::announced).completion().await();
  }

  /** The options of a node of the same cluster. */
  String cluster() {
    return "name: " + name + ", port: " + clusterPort;
  }

  String url() {
    return "http://127.0.0.1:" + server.actualPort() + "/v1";
  }

  private void refuse(HttpServerRequest request) {
    request
        .body()
        .onSuccess(
            body -> {
              refusedAt.put(body.toJsonObject().getString("model"), System.nanoTime());
              request
                  .response()
                  .setStatusCode(429)
                  .putHeader("retry-after", "600")
                  .end("{\"error\":{\"message\":\"slow down\"}}");
            });
  }

  private void announced(Message<JsonObject> message) {
    long now = System.nanoTime();
    for (Object item : message.body().getJsonArray("news", new JsonArray())) {
      Long at = refusedAt.remove(((JsonObject) item).getString("model", ""));
      if (at != null) {
        synchronized (lag) {
          lag.add(now - at);
        }
      }
    }
  }

  /** Has a node run into limits, of another model each time, for some seconds. */
  JsonObject measure(int port, double seconds) throws IOException, InterruptedException {
    synchronized (lag) {
      lag.clear();
    }
    long end = System.nanoTime() + (long) (seconds * 1e9);
    while (System.nanoTime() < end) {
      client.send(
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/v1/chat/completions"))
              .POST(
                  HttpRequest.BodyPublishers.ofString(
                      "{\"model\":\"limited/m-"
                          + models++
                          + "\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}"))
              .build(),
          HttpResponse.BodyHandlers.discarding());
      Thread.sleep(INTERVAL_MS);
    }
    long patience = System.nanoTime() + TimeUnit.SECONDS.toNanos(MAX_WAIT_S);
    while (!refusedAt.isEmpty() && System.nanoTime() < patience) {
      Thread.sleep(INTERVAL_MS);
    }
    int lost = refusedAt.size();
    refusedAt.clear();
    synchronized (lag) {
      JsonObject json = new JsonObject().put("announcements", lag.size()).put("errors", lost);
      if (lost > 0) {
        json.put("error_kinds", new JsonObject().put("not announced", lost));
      }
      return json.put("lag_ms", lag.toJson());
    }
  }

  @Override
  public void close() {
    vertx.close().await();
  }
}
