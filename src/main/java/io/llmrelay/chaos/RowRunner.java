package io.llmrelay.chaos;

import io.llmrelay.LlmRelay;
import io.llmrelay.LlmStream;
import io.llmrelay.RelayVerticle;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.config.CircuitOptions;
import io.llmrelay.config.GatewayOptions;
import io.llmrelay.config.RelayOptions;
import io.llmrelay.sandbox.Scenario;
import io.vertx.core.Future;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Runs one row in one dialect with its own relay. The requests run concurrently, each followed by a
 * healthy one, and nothing may remain of them afterwards. One more request is sent to a second
 * relay, where a single failure opens a circuit.
 */
final class RowRunner {
  private static final int LEFTOVER_MS = 2_000;
  private static final int POLL_MS = 10;

  private final Fixture fixture;
  private final Profile profile;
  private final Row row;
  private final String dialect;
  private final int number;
  private final String prefix;
  private final RowSetup setup;
  private final OutcomeCheck check;
  private final Map<Case, Observation> observations = new LinkedHashMap<>();
  private final Map<Case, BackendState> states = new HashMap<>();
  private final Map<Case, LlmStream> holding = new HashMap<>();
  private LlmRelay client;
  private LlmRelay strict;
  private TestClient gateway;

  RowRunner(Fixture fixture, Profile profile, Row row, String dialect, int number) {
    this.fixture = fixture;
    this.profile = profile;
    this.row = row;
    this.dialect = dialect;
    this.number = number;
    this.prefix = "row" + number;
    this.setup = new RowSetup(fixture, profile, row, dialect, prefix);
    this.check = new OutcomeCheck(fixture, profile, row, prefix);
  }

  int number() {
    return number;
  }

  /** Runs the requests and completes with their results. */
  Future<List<Result>> run() {
    List<Case> all = profile.resumes() ? Case.resumed(row, dialect) : Case.of(row, dialect);
    RelayOptions options = setup.options(all, prefix).setGateway(new GatewayOptions().setPort(0));
    RelayOptions strictOptions =
        setup.options(all, prefix + "strict").setCircuit(new CircuitOptions().setMaxFailures(1));
    RelayVerticle relay = new RelayVerticle(options);
    Future<String> deployed = fixture.vertx().deployVerticle(relay);
    Future<String> alsoDeployed = fixture.vertx().deployVerticle(new RelayVerticle(strictOptions));
    return Future.all(deployed, alsoDeployed)
        .compose(
            ids -> {
              client = client(options);
              strict = client(strictOptions);
              gateway = new GatewayTestClient(fixture.http(), relay.gatewayPort());
              return Future.join(all.stream().map(this::runCase).toList())
                  .compose(ended -> leftover(0))
                  .map(left -> all.stream().map(testCase -> result(testCase, left)).toList());
            })
        .eventually(() -> client.close())
        .eventually(() -> strict.close())
        .eventually(() -> fixture.vertx().undeploy(deployed.result()))
        .eventually(() -> fixture.vertx().undeploy(alsoDeployed.result()));
  }

  private LlmRelay client(RelayOptions options) {
    return LlmRelay.create(fixture.vertx(), options.getBus());
  }

  private TestClient testClient(Case testCase) {
    return testCase.gateway() ? gateway : TestClient.onBus(client(testCase));
  }

  private LlmRelay client(Case testCase) {
    return testCase.strict() ? strict : client;
  }

  private Future<Void> runCase(Case testCase) {
    return before(testCase)
        .compose(ready -> during(testCase))
        .compose(observed -> recordState(testCase).compose(v -> idle(testCase)).map(observed))
        .compose(observed -> afterwards(testCase, observed));
  }

  /** Brings the primary's connection into the state that the row requires. */
  private Future<?> before(Case testCase) {
    JsonObject relay = new JsonObject().put("candidates", JsonArray.of(testCase.name()));
    if (row.busy()) {
      return client(testCase).stream(ChatRequest.fromJson(request(testCase, "hold", relay)))
          .onSuccess(stream -> holding.put(testCase, stream));
    }
    if (!row.warm()) {
      return Future.succeededFuture();
    }
    return ask(testCase, "warm", relay)
        .future()
        .compose(ended -> idle(testCase))
        .onSuccess(
            idle -> {
              Scenario faulty =
                  Scenario.of(row.primary(profile.slowMs())).text(Observation.PRIMARY);
              Scenario healthy = Scenario.ok().text(Observation.PRIMARY);
              fixture
                  .sandbox()
                  .script(prefix + testCase.name(), faulty, row.once() ? healthy : faulty);
            });
  }

  private Future<Observation> during(Case testCase) {
    JsonObject relay =
        new JsonObject()
            .put(
                "candidates",
                testCase.alone() ? JsonArray.of(testCase.name()) : candidates(testCase))
            .put("timeouts", profile.timeouts(row))
            .put("retries", new JsonObject().put("max", row.retries()))
            .put("resume", profile.resume().code());
    Observation observed = ask(testCase, "faulty", relay);
    observations.put(testCase, observed);
    return observed.future();
  }

  /** Returns the health of the primary. */
  private Future<JsonObject> health(Case testCase) {
    return client(testCase)
        .health()
        .map(
            health ->
                health.getJsonArray("backends").stream()
                    .map(JsonObject.class::cast)
                    .filter(backend -> testCase.name().equals(backend.getString("name")))
                    .findFirst()
                    .orElseThrow());
  }

  private Future<Void> recordState(Case testCase) {
    return health(testCase)
        .map(
            health -> {
              states.put(testCase, BackendState.of(health));
              return null;
            });
  }

  /** Completes when the primary's only connection is free, if the row requires that. */
  private Future<Void> idle(Case testCase) {
    if (holding.containsKey(testCase)) {
      holding.remove(testCase).cancel();
    }
    if (!row.warm() && !row.busy()) {
      return Future.succeededFuture();
    }
    return health(testCase)
        .compose(
            health ->
                health.getJsonObject("connections").getInteger("in_use") == 0
                    ? Future.succeededFuture()
                    : fixture.vertx().timer(POLL_MS).compose(t -> idle(testCase)));
  }

  private Observation ask(Case testCase, String text, JsonObject relay) {
    Observation observed =
        testClient(testCase).ask(request(testCase, text, relay), testCase.streaming());
    long giveUpMs = check.limitMs(testCase) + 2 * profile.toleranceMs();
    long timer = fixture.vertx().setTimer(giveUpMs, id -> observed.giveUp());
    observed.future().onComplete(ended -> fixture.vertx().cancelTimer(timer));
    return observed;
  }

  /** Makes the primary healthy and sends a request, which must be served at once. */
  private Future<Void> afterwards(Case testCase, Observation observed) {
    check.checkOutcome(testCase, observed, states.get(testCase));
    if (row.reaches()) {
      fixture.sandbox().script(prefix + testCase.name(), Scenario.ok().text(Observation.PRIMARY));
    }
    boolean unreachable = "connect".equals(row.timer());
    JsonObject relay =
        new JsonObject()
            .put("candidates", candidates(testCase))
            .put("timeouts", unreachable ? profile.timeouts(row) : profile.others());
    return ask(testCase, "healthy", relay)
        .future()
        .map(
            next -> {
              check.checkNext(observed, next, states.get(testCase));
              return null;
            });
  }

  private static JsonArray candidates(Case testCase) {
    return JsonArray.of(testCase.name(), "secondary");
  }

  private static JsonObject request(Case testCase, String text, JsonObject relay) {
    JsonObject message =
        new JsonObject().put("role", "user").put("content", testCase.name() + " " + text);
    return new JsonObject().put("messages", JsonArray.of(message)).put("relay", relay);
  }

  /** Describes what has not ended some time after the requests; empty if nothing. */
  private Future<String> leftover(int waitedMs) {
    return Future.all(client.health(), strict.health())
        .compose(
            both -> {
              int requests = 0;
              for (JsonObject health : both.<JsonObject>list()) {
                requests += health.getInteger("requests");
              }
              long calls =
                  fixture.sandbox().calls().stream()
                      .filter(call -> call.backend().startsWith(prefix + "primary"))
                      .filter(call -> call.endedAt() == null)
                      .count();
              if (requests == 0 && calls == 0) {
                return Future.succeededFuture("");
              }
              if (waitedMs >= LEFTOVER_MS) {
                return Future.succeededFuture(
                    "not ended: %d requests, %d calls at backends".formatted(requests, calls));
              }
              return fixture.vertx().timer(POLL_MS).compose(t -> leftover(waitedMs + POLL_MS));
            });
  }

  private Result result(Case testCase, String left) {
    Observation observed = observations.get(testCase);
    check.checkFinally(testCase, observed);
    if (!left.isEmpty()) {
      observed.deviations.add(left);
    }
    return new Result(
        row,
        dialect,
        testCase.streaming(),
        testCase.alone(),
        testCase.gateway() ? "gateway" : "bus",
        testCase.strict(),
        observed.outcome(),
        states.get(testCase).circuit(),
        states.get(testCase).cooldown(),
        observed.durationMs(),
        List.copyOf(observed.deviations));
  }
}
