package io.llmrelay.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FailureKind;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class StatusTest extends GatewayFixture {
  @BeforeEach
  void twoBackends() {
    relay.health =
        Future.succeededFuture(
            new JsonObject(
                """
                {"status": "degraded", "aliases": ["fast"], "backends": [
                  {"name": "primary", "models": ["mock-model", "org/other"]},
                  {"name": "claude", "models": [], "default_model": "claude-haiku-4-5"},
                  {"name": "secondary", "models": ["mock-model"], "default_model": "mock-model"}]}
                """));
  }

  @Test
  void listsEveryNameOfAModel() throws Exception {
    JsonObject body = new JsonObject(get("/v1/models").body());

    assertThat(body.getString("object")).isEqualTo("list");
    List<String> models =
        body.getJsonArray("data").stream()
            .map(JsonObject.class::cast)
            .map(model -> model.getString("id") + " of " + model.getString("owned_by"))
            .toList();
    assertThat(models)
        .containsExactly(
            "fast of relay",
            "mock-model of primary",
            "org/other of primary",
            "claude-haiku-4-5 of claude",
            "primary/mock-model of primary",
            "primary/org/other of primary",
            "claude/claude-haiku-4-5 of claude",
            "secondary/mock-model of secondary");
    JsonObject first = body.getJsonArray("data").getJsonObject(0);
    assertThat(first.getString("object")).isEqualTo("model");
    assertThat(first.getLong("created")).isPositive();
  }

  @Test
  void oneModel() throws Exception {
    for (String path : List.of("primary/org/other", "primary%2Forg%2Fother")) {
      HttpResponse<String> response = get("/v1/models/" + path);
      assertThat(response.statusCode()).isEqualTo(200);
      assertThat(new JsonObject(response.body()).getString("id")).isEqualTo("primary/org/other");
    }
    HttpResponse<String> missing = get("/v1/models/gpt-9");
    assertThat(missing.statusCode()).isEqualTo(404);
    assertThat(error(missing).getString("code")).isEqualTo("model_not_found");
  }

  @Test
  void liveWithAllBackendsDown() throws Exception {
    relay.health = Future.failedFuture("silent");
    assertThat(get("/health/live").statusCode()).isEqualTo(200);
  }

  @Test
  void headIsGetWithoutTheBody() throws Exception {
    HttpResponse<String> response =
        send(request("/health/live").method("HEAD", BodyPublishers.noBody()));
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.body()).isEmpty();
  }

  @Test
  void readyUnlessAllBackendsAreDown() throws Exception {
    HttpResponse<String> ready = get("/health/ready");
    assertThat(ready.statusCode()).isEqualTo(200);
    assertThat(new JsonObject(ready.body()).getJsonArray("backends")).hasSize(3);

    relay.health = Future.succeededFuture(new JsonObject().put("status", "down"));
    assertThat(get("/health/ready").statusCode()).isEqualTo(503);

    relay.health = Future.failedFuture(Failure.of(FailureKind.UNAVAILABLE, "x").toException());
    HttpResponse<String> silent = get("/health/ready");
    assertThat(silent.statusCode()).isEqualTo(503);
    assertThat(silent.body()).contains("\"reason\":\"unavailable\"");
  }

  @Test
  void metricsWithoutARegistryIs404() throws Exception {
    HttpResponse<String> response = get("/metrics");

    assertThat(response.statusCode()).isEqualTo(404);
    assertThat(error(response).getString("code")).isEqualTo("no_metrics");
  }
}
