package io.llmrelay.gateway.admin;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llmrelay.LlmRelay;
import io.llmrelay.RelayVerticle;
import io.llmrelay.chat.ChatMessage;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.config.RelayOptions;
import io.llmrelay.sandbox.Scenario;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.BufferedReader;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The state of the relay and the actions on it, over HTTP at the admin address. */
@Timeout(90)
class OperatorsTest extends AdminFixture {
  private static final String PROMPT = "the secret of the prompt";

  /** Reads the next status of a stream of events. */
  private static JsonObject next(BufferedReader events) throws Exception {
    String line = events.readLine();
    while (line != null && !line.startsWith("data: ")) {
      line = events.readLine();
    }
    return line == null ? null : new JsonObject(line.substring(6));
  }

  private BufferedReader watch() throws Exception {
    HttpResponse<InputStream> response =
        http.send(adminRequest("/admin/events").build(), BodyHandlers.ofInputStream());
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.headers().firstValue("content-type").orElseThrow())
        .startsWith("text/event-stream");
    return new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8));
  }

  @Test
  void statusMergesAllLanes() throws Exception {
    sandbox.script("primary", Scenario.http(503));
    for (int i = 0; i < 4; i++) {
      assertThat(ask("", PROMPT).get()).isEqualTo(200);
    }
    await().until(() -> status().getJsonObject("in_flight").getInteger("count") == 0);

    JsonObject status = status();

    assertThat(status.getJsonArray("failovers")).hasSize(4);
    JsonObject failover = status.getJsonArray("failovers").getJsonObject(3);
    assertThat(failover.getInteger("number")).isEqualTo(4);
    assertThat(failover.getString("outcome")).isEqualTo("completed");
    JsonArray trail = failover.getJsonArray("trail");
    assertThat(trail.getJsonObject(0).getString("reason")).isNotNull();
    assertThat(trail.getJsonObject(trail.size() - 1).getString("result")).isEqualTo("served");
    JsonObject failing = backend("primary").getJsonObject("last_minute");
    assertThat(failing.getDouble("success_share")).isZero();
    JsonObject serving = backend("secondary").getJsonObject("last_minute");
    assertThat(serving.getInteger("served")).isEqualTo(4);
    assertThat(serving.getDouble("success_share")).isEqualTo(1.0);
    assertThat(serving.getLong("first_chunk_p95_ms"))
        .isGreaterThanOrEqualTo(serving.getLong("first_chunk_p50_ms"));
    assertThat(serving.getDouble("cost_usd")).isPositive();
    JsonObject budget = backend("primary").getJsonObject("budget").getJsonObject("daily-usd");
    assertThat(budget.getDouble("max")).isEqualTo(5.0);
    assertThat(status.encode()).doesNotContain(PROMPT, "sk-relay");
  }

  @Test
  void requestInFlightIsListedWithItsAttempts() throws Exception {
    sandbox
        .script("primary", Scenario.http(503))
        .script("secondary", Scenario.ok().firstDelay(60_000));
    var running = ask(", \"metadata\": {\"team\": \"blue\"}", PROMPT);

    await()
        .untilAsserted(
            () -> {
              JsonObject inFlight = status().getJsonObject("in_flight");
              assertThat(inFlight.getInteger("count")).isEqualTo(1);
              JsonObject latest = inFlight.getJsonArray("latest").getJsonObject(0);
              assertThat(latest.getString("backend")).isEqualTo("secondary");
              assertThat(latest.getJsonArray("trail").getJsonObject(0).getString("result"))
                  .isEqualTo("failed");
            });
    assertThat(backend("secondary").getJsonObject("connections").getInteger("in_use")).isOne();
    running.cancel(true);
  }

  @Test
  void eventsHaveEachFailoverOnce() throws Exception {
    sandbox.script("primary", Scenario.http(503));
    assertThat(ask().get()).isEqualTo(200);
    await().until(() -> status().getJsonArray("failovers").size() == 1);
    List<Integer> numbers = new ArrayList<>();
    try (BufferedReader events = watch()) {
      for (int i = 0; numbers.size() < 3 && i < 100; i++) {
        JsonObject status = next(events);
        for (Object failover : status.getJsonArray("failovers")) {
          numbers.add(((JsonObject) failover).getInteger("number"));
        }
        if (i < 2) {
          assertThat(ask().get()).isEqualTo(200);
        }
      }
    }
    assertThat(numbers).containsExactly(1, 2, 3);
  }

  @Test
  void otherRelaysOnTheEventBusAreListedUntilTheyLeave() throws Exception {
    assertThat(status().getJsonArray("others")).isEmpty();
    RelayVerticle other = new RelayVerticle(options());
    String deployment = vertx.deployVerticle(other).await();
    await()
        .untilAsserted(
            () -> {
              JsonArray others = status().getJsonArray("others");
              assertThat(others).hasSize(1);
              assertThat(others.getJsonObject(0).getInteger("requests")).isZero();
              assertThat(others.getJsonObject(0).getString("name"))
                  .isNotEqualTo(status().getString("name"));
            });

    vertx.undeploy(deployment).await();

    await().atMost(20, SECONDS).until(() -> status().getJsonArray("others").isEmpty());
  }

  @Test
  void drainingRelayEndsTheEvents() throws Exception {
    try (BufferedReader events = watch()) {
      assertThat(next(events)).isNotNull();

      relay.drain().await();

      JsonObject last = next(events);
      for (int i = 0; last != null && i < 20; i++) {
        last = next(events);
      }
      assertThat(last).isNull();
    }
    assertThat(send(adminRequest("/admin/events")).statusCode()).isEqualTo(503);
  }

  @Test
  void circuitIsOpenedClosedAndReset() throws Exception {
    assertThat(post("/admin/backends/primary/open-circuit").body())
        .isEqualTo(
            "{\"backend\":\"primary\",\"model\":null,\"action\":\"open-circuit\",\"changed\":true}");
    assertThat(circuit("primary")).isEqualTo("open");
    assertThat(ask().get()).isEqualTo(200);
    assertThat(sandbox.calls("primary")).isEmpty();

    post("/admin/backends/primary/close-circuit");
    assertThat(circuit("primary")).isEqualTo("closed");
    assertThat(ask().get()).isEqualTo(200);
    assertThat(sandbox.calls("primary")).hasSize(1);

    assertThat(new JsonObject(post("/admin/backends/primary/close-circuit").body()))
        .contains(Map.entry("changed", false));
    assertThat(post("/admin/backends/primary/reset-circuit").statusCode()).isEqualTo(200);
  }

  @Test
  void cooldownsAndRefusedKeysAreCleared() throws Exception {
    sandbox
        .script("primary", Scenario.http(429).header("retry-after", "600"))
        .script("secondary", Scenario.http(401));
    assertThat(ask().get()).isEqualTo(200);
    await().until(() -> backend("secondary").getJsonArray("cooldowns").size() == 1);
    JsonObject limited = backend("primary").getJsonArray("cooldowns").getJsonObject(0);
    assertThat(limited.getString("candidate")).isEqualTo("primary/" + MODEL);
    assertThat(limited.getString("reason")).isEqualTo("rate_limited");
    assertThat(limited.getLong("for_ms")).isBetween(500_000L, 600_000L);
    JsonObject refused = backend("secondary").getJsonArray("cooldowns").getJsonObject(0);
    assertThat(refused.getLong("for_ms")).isEqualTo(-1);

    sandbox.script("primary", QUICK);
    assertThat(post("/admin/backends/primary/clear-cooldown?model=" + MODEL).body())
        .contains("\"changed\":true");
    post("/admin/backends/secondary/clear-cooldown");

    assertThat(backend("primary").getJsonArray("cooldowns")).isEmpty();
    assertThat(backend("secondary").getJsonArray("cooldowns")).isEmpty();
    int before = sandbox.calls("primary").size();
    assertThat(ask().get()).isEqualTo(200);
    assertThat(sandbox.calls("primary")).hasSize(before + 1);
  }

  @Test
  void disabledBackendIsSkippedAcrossReloads() throws Exception {
    post("/admin/backends/primary/disable");
    assertThat(post("/admin/reload").statusCode()).isEqualTo(200);

    assertThat(ask().get()).isEqualTo(200);

    assertThat(sandbox.calls("primary")).isEmpty();
    assertThat(backend("primary").getBoolean("disabled")).isTrue();
    assertThat(backend("primary").getBoolean("available")).isFalse();
    ChatRequest request = ChatRequest.of(ChatMessage.user("Why?"));
    assertThat(LlmRelay.create(vertx).plan(request).await().toJson().encode())
        .contains("\"skip\":\"disabled\"");

    post("/admin/backends/primary/enable");
    assertThat(ask().get()).isEqualTo(200);
    assertThat(sandbox.calls("primary")).hasSize(1);
  }

  @Test
  void actionIsAnEventAndAnAuditLogLine() throws Exception {
    List<JsonObject> events = new CopyOnWriteArrayList<>();
    vertx.eventBus().<JsonObject>consumer("llm.events", message -> events.add(message.body()));
    List<String> lines = new CopyOnWriteArrayList<>();
    Logger audit = Logger.getLogger("io.llmrelay.audit");
    Handler handler =
        new Handler() {
          @Override
          public void publish(LogRecord line) {
            lines.add(new SimpleFormatter().formatMessage(line));
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        };
    audit.addHandler(handler);
    HttpResponse<String> reloaded;
    try {
      send(
          adminRequest("/admin/backends/claude/disable")
              .header("x-request-id", "ticket-7")
              .POST(BodyPublishers.noBody()));
      reloaded = post("/admin/reload");
    } finally {
      audit.removeHandler(handler);
    }

    await()
        .untilAsserted(
            () ->
                assertThat(events)
                    .contains(
                        new JsonObject()
                            .put("event", "operator_action")
                            .put("target", "claude")
                            .put("action", "disable")
                            .put("changed", true)));
    assertThat(status().getJsonArray("changes").getJsonObject(0).getString("action"))
        .isEqualTo("disable");
    assertThat(lines.get(0))
        .isEqualTo("operator at 127.0.0.1: disable claude: done (request ticket-7)");
    assertThat(lines.get(1))
        .isEqualTo(
            "operator at 127.0.0.1: reload: done (request %s)",
            reloaded.headers().firstValue("x-request-id").orElseThrow());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/admin/backends/nobody/disable",
        "/admin/backends/primary/explode",
        "/admin/backends/primary",
        "/page/../module-info.class",
        "/page/lib/preact.LICENSE",
      })
  void unknownPathsAre404(String path) throws Exception {
    assertThat(post(path).statusCode()).isIn(404, 405);
    assertThat(send(adminRequest(path)).statusCode()).isIn(404, 405);
  }

  @Test
  void modelMustBePlain() throws Exception {
    assertThat(post("/admin/backends/primary/open-circuit?model=a%0Ab").statusCode())
        .isEqualTo(400);
    assertThat(circuit("primary")).isEqualTo("closed");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/admin/backends/primary/disable",
        "/admin/reload",
        "/admin/playground",
        "/admin/status",
        "/admin/events",
      })
  void otherOriginsAreRefused(String path) throws Exception {
    boolean read = path.equals("/admin/status") || path.equals("/admin/events");
    for (String[] header :
        new String[][] {
          {"origin", "https://evil.example"},
          {"origin", "http://127.0.0.1:1"},
          {"origin", "null"},
          {"sec-fetch-site", "cross-site"},
          {"sec-fetch-site", "same-site"},
        }) {
      var request = adminRequest(path).header(header[0], header[1]);
      var refused = send(read ? request : request.POST(BodyPublishers.noBody()));
      assertThat(refused.statusCode()).as(header[1]).isEqualTo(403);
    }
    assertThat(backend("primary").getBoolean("disabled")).isFalse();
  }

  @Test
  void keyIsNeededWhereItIsConfigured() throws Exception {
    String key = "operators-key-0123456789";
    RelayOptions withKey = options();
    withKey.getGateway().getAdmin().setKey(key);
    relay.reload(withKey).await();

    for (String path :
        List.of("/admin/backends/primary/disable", "/admin/reload", "/admin/playground")) {
      HttpResponse<String> refused = post(path);
      assertThat(refused.statusCode()).as(path).isEqualTo(401);
      assertThat(refused.headers().firstValue("www-authenticate")).hasValue("Bearer");
    }
    assertThat(backend("primary").getBoolean("disabled")).isFalse();
    HttpResponse<String> accepted =
        send(
            adminRequest("/admin/backends/primary/disable")
                .header("authorization", "Bearer " + key)
                .POST(BodyPublishers.noBody()));
    assertThat(accepted.statusCode()).isEqualTo(200);
    assertThat(withKey.toString()).doesNotContain(key);

    JsonObject without = relay.reload(options()).await();
    assertThat(without.getJsonArray("restart")).contains("gateway.admin.key");
    assertThat(post("/admin/reload").statusCode()).isEqualTo(401);
  }

  @Test
  void withoutAKeyNetworkAddressHasNoActions() throws Exception {
    RelayOptions everywhere = options();
    everywhere.getBus().setPrefix("other");
    everywhere.getGateway().getAdmin().setHost("0.0.0.0");
    relay = new RelayVerticle(everywhere).setSource(() -> everywhere);
    vertx.deployVerticle(relay).await();

    HttpResponse<String> refused = post("/admin/backends/primary/disable");
    assertThat(refused.statusCode()).isEqualTo(403);
    assertThat(refused.body()).contains("admin_key_not_configured");
    assertThat(post("/admin/playground").statusCode()).isEqualTo(403);
    assertThat(post("/admin/reload").statusCode()).isEqualTo(200);
    assertThat(send(adminRequest("/admin/status")).statusCode()).isEqualTo(200);
  }

  @Test
  void ownPageIsServed() throws Exception {
    var own =
        adminRequest("/admin/backends/primary/disable")
            .header("origin", admin())
            .header("sec-fetch-site", "same-origin")
            .POST(BodyPublishers.noBody());
    assertThat(send(own).statusCode()).isEqualTo(200);
    for (String path : PageHandler.FILES.keySet()) {
      HttpResponse<String> file = send(adminRequest(path));
      assertThat(file.statusCode()).as(path).isEqualTo(200);
      assertThat(file.headers().firstValue("content-security-policy").orElseThrow())
          .contains("default-src 'none'", "frame-ancestors 'none'")
          .doesNotContain("unsafe");
    }
    assertThat(send(adminRequest("/")).body()).contains("<title>LLM Relay</title>");
  }
}
