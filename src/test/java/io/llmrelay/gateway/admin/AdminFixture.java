package io.llmrelay.gateway.admin;

import io.llmrelay.RelayVerticle;
import io.llmrelay.config.AdminOptions;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.config.BudgetOptions;
import io.llmrelay.config.GatewayOptions;
import io.llmrelay.config.ModelOptions;
import io.llmrelay.config.RelayOptions;
import io.llmrelay.sandbox.Sandbox;
import io.llmrelay.sandbox.Scenario;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** A relay with two lanes, three sandbox backends and an admin address. */
abstract class AdminFixture {
  static final String MODEL = "mock-model";
  static final Scenario QUICK = Scenario.ok().text("All is well.").firstDelay(0).chunkDelay(0);

  final HttpClient http = HttpClient.newHttpClient();
  Vertx vertx;
  Sandbox sandbox;
  RelayVerticle relay;

  @BeforeEach
  void start() {
    vertx = Vertx.vertx();
    sandbox = Sandbox.start(vertx).await();
    for (String backend : List.of("primary", "secondary", "claude")) {
      sandbox.script(backend, QUICK);
    }
    relay = new RelayVerticle(options()).setSource(this::options);
    vertx.deployVerticle(relay).await();
  }

  @AfterEach
  void stop() {
    vertx.close().await();
  }

  RelayOptions options() {
    BudgetOptions budget = new BudgetOptions().setDailyUsd(5.0);
    ModelOptions.Price price = new ModelOptions.Price(2.0, 10.0, null);
    return new RelayOptions()
        .setLanes(2)
        .addBackend("primary", backend("openai", sandbox.backend("primary")).setBudget(budget))
        .addBackend("secondary", backend("openai", sandbox.backend("secondary")))
        .addBackend("claude", backend("anthropic", sandbox.anthropicBackend("claude")))
        .setCatalog(List.of(new ModelOptions(MODEL, null, 128_000, 16_000, price)))
        .setGateway(gateway());
  }

  GatewayOptions gateway() {
    return new GatewayOptions().setPort(0).setAdmin(new AdminOptions().setPort(0));
  }

  private static BackendOptions backend(String dialect, String baseUrl) {
    return new BackendOptions()
        .setDialect(dialect)
        .setBaseUrl(baseUrl)
        .setApiKey("sk-relay-own-key")
        .setModels(List.of(MODEL));
  }

  String admin() {
    return "http://127.0.0.1:" + relay.adminPort();
  }

  HttpRequest.Builder adminRequest(String path) {
    return HttpRequest.newBuilder(URI.create(admin() + path));
  }

  HttpResponse<String> send(HttpRequest.Builder request) throws IOException {
    try {
      return http.send(request.build(), BodyHandlers.ofString());
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  HttpResponse<String> post(String path) throws IOException {
    return send(adminRequest(path).POST(BodyPublishers.noBody()));
  }

  JsonObject status() throws IOException {
    return new JsonObject(send(adminRequest("/admin/status")).body());
  }

  /** Returns the state of one backend. */
  JsonObject backend(String name) throws IOException {
    return status().getJsonArray("backends").stream()
        .map(JsonObject.class::cast)
        .filter(backend -> backend.getString("name").equals(name))
        .findFirst()
        .orElseThrow();
  }

  /** Returns the state of the first circuit of a backend; closed if it has none. */
  String circuit(String name) throws IOException {
    JsonArray circuits = backend(name).getJsonArray("circuits");
    return circuits.isEmpty() ? "closed" : circuits.getJsonObject(0).getString("state");
  }

  /** Sends a request to the API and returns its status. */
  CompletableFuture<Integer> ask() {
    return ask("", "Why?");
  }

  CompletableFuture<Integer> ask(String more, String prompt) {
    String body =
        "{\"stream\": true, \"messages\": [{\"role\": \"user\", \"content\": \"%s\"}]%s}"
            .formatted(prompt, more);
    HttpRequest request =
        HttpRequest.newBuilder(
                URI.create("http://127.0.0.1:" + relay.gatewayPort() + "/v1/chat/completions"))
            .header("content-type", "application/json")
            .POST(BodyPublishers.ofString(body))
            .build();
    return http.sendAsync(request, BodyHandlers.ofString()).thenApply(HttpResponse::statusCode);
  }
}
