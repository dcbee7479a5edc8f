package io.llmrelay.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llmrelay.RelayVerticle;
import io.llmrelay.bus.Cluster;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.config.BudgetOptions;
import io.llmrelay.config.CircuitOptions;
import io.llmrelay.config.GatewayOptions;
import io.llmrelay.config.ModelOptions;
import io.llmrelay.config.RelayOptions;
import io.llmrelay.observe.RelayEvent;
import io.llmrelay.observe.RelayListener;
import io.llmrelay.sandbox.Sandbox;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.micrometer.MicrometerMetricsFactory;
import io.vertx.micrometer.MicrometerMetricsOptions;
import io.vertx.micrometer.VertxPrometheusOptions;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A relay, the one node of a cluster, with everything that is measured: answers with and without
 * streams, embeddings, failovers, failures, an open circuit, a cooldown and a cost. It keeps the
 * events, and what Prometheus scrapes after them.
 */
final class MixedRun implements AutoCloseable {
  /** A sample of the scrape. */
  record Sample(String name, Map<String, String> labels, double value) {}

  private static final Pattern SAMPLE = Pattern.compile("([a-zA-Z_:]+)(?:\\{(.*)})? (\\S+)");
  private static final Pattern LABEL = Pattern.compile("(\\w+)=\"([^\"]*)\"");
  private static final HttpClient CLIENT = HttpClient.newHttpClient();

  final List<RelayEvent.RequestEnd> requests = new CopyOnWriteArrayList<>();
  final List<RelayEvent.AttemptEnd> attempts = new CopyOnWriteArrayList<>();
  final List<RelayEvent.Fallback> fallbacks = new CopyOnWriteArrayList<>();
  final List<Sample> samples = new ArrayList<>();

  private final Vertx vertx;
  private final String url;

  MixedRun() throws Exception {
    VertxOptions options =
        new VertxOptions()
            .setMetricsOptions(
                new MicrometerMetricsOptions()
                    .setEnabled(true)
                    .setPrometheusOptions(new VertxPrometheusOptions().setEnabled(true)));
    vertx =
        Cluster.node(
            "test-" + UUID.randomUUID(),
            Vertx.builder().withMetrics(new MicrometerMetricsFactory()),
            options);
    RelayVerticle relay =
        new RelayVerticle(options(Sandbox.start(vertx).await())).addListener(new Events());
    vertx.deployVerticle(relay).await();
    url = "http://127.0.0.1:" + relay.gatewayPort();
    run();
    await().until(() -> requests.size() == 10);
    read(get("/metrics"));
  }

  private static RelayOptions options(Sandbox sandbox) {
    RelayOptions options =
        new RelayOptions()
            .setCircuit(new CircuitOptions().setMaxFailures(2))
            .setCatalog(
                List.of(
                    new ModelOptions(
                        "mock-model", null, null, null, new ModelOptions.Price(1.0, 2.0, null))))
            .setGateway(new GatewayOptions().setPort(0));
    for (String name : List.of("primary", "secondary", "tertiary")) {
      options.addBackend(
          name,
          new BackendOptions()
              .setDialect("openai")
              .setBaseUrl(sandbox.backend(name))
              .setDefaultModel("mock-model"));
    }
    options.getBackends().get("tertiary").setBudget(new BudgetOptions().setDailyUsd(5.0));
    return options;
  }

  private void run() {
    ask(true, "mock-model");
    ask(false, "mock-model");
    ask(true, "primary/mock-503", "secondary/mock-model");
    ask(false, "primary/mock-503", "secondary/mock-model");
    ask(true, "primary/mock-model", "secondary/mock-model"); // Its circuit is open.
    ask(true, "secondary/mock-429-retry-after-7", "tertiary/mock-model");
    ask(false, "tertiary/mock-400");
    ask(true, "tertiary/mock-die-after-3");
    ask(false, "tertiary/mock-503");
    send(
        "/v1/embeddings",
        new JsonObject().put("model", "tertiary/mock-model").put("input", "Hi there"));
  }

  private void ask(boolean streaming, String... candidates) {
    JsonObject body =
        HttpFixture.completionRequest()
            .put("stream", streaming)
            .put("relay", new JsonObject().put("candidates", new JsonArray(List.of(candidates))));
    send("/v1/chat/completions", body);
  }

  private void send(String path, JsonObject body) {
    int before = requests.size();
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(url + path))
            .POST(BodyPublishers.ofString(body.encode()))
            .build();
    CLIENT.sendAsync(request, BodyHandlers.ofString()).exceptionally(broken -> null).join();
    await().until(() -> requests.size() > before);
  }

  private String get(String path) throws Exception {
    HttpRequest request = HttpRequest.newBuilder(URI.create(url + path)).build();
    return CLIENT.send(request, BodyHandlers.ofString()).body();
  }

  private void read(String scrape) {
    for (String line : scrape.lines().filter(line -> !line.startsWith("#")).toList()) {
      Matcher sample = SAMPLE.matcher(line);
      assertThat(sample.matches()).as(line).isTrue();
      Map<String, String> labels = new HashMap<>();
      if (sample.group(2) != null) {
        Matcher label = LABEL.matcher(sample.group(2));
        while (label.find()) {
          labels.put(label.group(1), label.group(2));
        }
      }
      samples.add(new Sample(sample.group(1), labels, Double.parseDouble(sample.group(3))));
    }
  }

  /** Returns the sum of the samples with this name and these labels, given in pairs. */
  double sum(String name, String... labels) {
    return samples.stream()
        .filter(sample -> sample.name().equals(name))
        .filter(
            sample -> {
              for (int i = 0; i < labels.length; i += 2) {
                if (!labels[i + 1].equals(sample.labels().get(labels[i]))) {
                  return false;
                }
              }
              return true;
            })
        .mapToDouble(Sample::value)
        .sum();
  }

  @Override
  public void close() {
    vertx.close().await();
  }

  private final class Events implements RelayListener {
    @Override
    public void onRequestEnd(RelayEvent.RequestEnd event) {
      requests.add(event);
    }

    @Override
    public void onAttemptEnd(RelayEvent.AttemptEnd event) {
      attempts.add(event);
    }

    @Override
    public void onFallback(RelayEvent.Fallback event) {
      fallbacks.add(event);
    }
  }
}
