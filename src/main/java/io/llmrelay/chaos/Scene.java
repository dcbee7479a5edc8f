package io.llmrelay.chaos;

import io.llmrelay.LlmRelay;
import io.llmrelay.LlmStream;
import io.llmrelay.RelayVerticle;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.config.CircuitOptions;
import io.llmrelay.config.GatewayOptions;
import io.llmrelay.config.ModelOptions;
import io.llmrelay.config.QueueOptions;
import io.llmrelay.config.RelayOptions;
import io.llmrelay.sandbox.Sandbox;
import io.llmrelay.sandbox.Scenario;
import io.vertx.core.Future;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One row in one dialect: a relay of its own, with a primary for each request and one healthy
 * backend, whose window is the larger one. The requests run at the same time; each is followed by a
 * healthy one, and when all are over nothing may be left of them. One more request is sent to a
 * second relay, where a single failure opens a circuit.
 */
final class Scene {
  private static final int LEFTOVER_MS = 2_000;
  private static final int POLL_MS = 10;

  /** A request of the row. */
  private record Play(
      String name, boolean streaming, boolean alone, boolean gateway, boolean strict) {}

  /** What is known of the primary after a request. */
  private record Known(String circuit, String cooldown) {}

  private final Stage stage;
  private final Profile profile;
  private final Row row;
  private final String dialect;
  private final int number;
  private final String prefix;
  private final Map<Play, Observed> plays = new LinkedHashMap<>();
  private final Map<Play, Known> known = new HashMap<>();
  private final Map<Play, LlmStream> holding = new HashMap<>();
  private LlmRelay client;
  private LlmRelay strict;
  private Door gateway;

  Scene(Stage stage, Profile profile, Row row, String dialect, int number) {
    this.stage = stage;
    this.profile = profile;
    this.row = row;
    this.dialect = dialect;
    this.number = number;
    this.prefix = "scene" + number;
  }

  int number() {
    return number;
  }

  /** The requests. The gateway does not know dialects: one is enough for it. */
  static int requests(Row row, String dialect) {
    return plays(row, dialect).size();
  }

  private static List<Play> plays(Row row, String dialect) {
    List<Play> all = new ArrayList<>();
    int doors = dialect.equals("openai") ? 2 : 1;
    for (int i = 0; i < doors * 4; i++) {
      all.add(new Play("primary" + i, (i & 1) == 0, (i & 2) != 0, (i & 4) != 0, false));
    }
    if (!row.circuit().equals(Row.NONE)) {
      all.add(new Play("primary" + all.size(), true, false, false, true));
    }
    all.removeIf(play -> !row.played(play.streaming(), play.alone()));
    return all;
  }

  /** Plays it. */
  Future<List<Result>> play() {
    List<Play> all = plays(row, dialect);
    RelayOptions options = options(all, prefix).setGateway(new GatewayOptions().setPort(0));
    RelayOptions strictOptions =
        options(all, prefix + "strict").setCircuit(new CircuitOptions().setMaxFailures(1));
    RelayVerticle relay = new RelayVerticle(options);
    Future<String> deployed = stage.vertx().deployVerticle(relay);
    Future<String> alsoDeployed = stage.vertx().deployVerticle(new RelayVerticle(strictOptions));
    return Future.all(deployed, alsoDeployed)
        .compose(
            ids -> {
              client = client(options);
              strict = client(strictOptions);
              gateway = new GatewayDoor(stage.http(), relay.gatewayPort());
              return Future.join(all.stream().map(this::play).toList())
                  .compose(played -> leftover(0))
                  .map(left -> all.stream().map(play -> result(play, left)).toList());
            })
        .eventually(() -> client.close())
        .eventually(() -> strict.close())
        .eventually(() -> stage.vertx().undeploy(deployed.result()))
        .eventually(() -> stage.vertx().undeploy(alsoDeployed.result()));
  }

  private LlmRelay client(RelayOptions options) {
    return LlmRelay.create(
        stage.vertx(), options.getBus().getPrefix(), options.getBus().toSettings());
  }

  private RelayOptions options(List<Play> all, String busPrefix) {
    RelayOptions options = new RelayOptions();
    options.getBus().setPrefix(busPrefix);
    if ("queue".equals(row.timer())) {
      options.setQueue(new QueueOptions().setWait(Duration.ofMillis(limit())));
    } else {
      options.setTimeouts(profile.configured());
    }
    List<ModelOptions> windows = new ArrayList<>();
    for (Play play : all) {
      options.addBackend(play.name(), primary(play));
      windows.add(new ModelOptions("alpha", play.name(), 8_000, null, null));
    }
    windows.add(new ModelOptions("beta", "secondary", 16_000, null, null));
    String healthy = stage.sandbox().backend(prefix + "secondary");
    stage.sandbox().script(prefix + "secondary", Scenario.ok().text(Observed.FALLBACK));
    return options.addBackend("secondary", backend("openai", healthy, "beta")).setCatalog(windows);
  }

  private BackendOptions primary(Play play) {
    String what = row.primary(profile.slowMs());
    String place = stage.places().get(what);
    if (place != null) {
      return backend(dialect, place, "alpha");
    }
    Scenario ill = Scenario.of(row.busy() ? "stall-after-1" : what).text(Observed.PRIMARY);
    Scenario well = Scenario.ok().text(Observed.PRIMARY);
    String path = prefix + play.name();
    Sandbox sandbox = stage.sandbox();
    if (row.warm()) {
      sandbox.script(path, well);
    } else if (row.once() || row.busy()) {
      sandbox.script(path, ill, well);
    } else {
      sandbox.script(path, ill);
    }
    boolean anthropic = dialect.equals("anthropic");
    String url = anthropic ? sandbox.anthropicBackend(path) : sandbox.backend(path);
    BackendOptions options = backend(dialect, url, "alpha");
    return row.warm() || row.busy() ? options.setMaxConnections(1) : options;
  }

  private static BackendOptions backend(String dialect, String url, String model) {
    return new BackendOptions()
        .setDialect(dialect)
        .setBaseUrl(url)
        .setApiKey("sk-test-0123456789")
        .setModels(List.of(model));
  }

  private Door door(Play play) {
    return play.gateway() ? gateway : Door.client(client(play));
  }

  private LlmRelay client(Play play) {
    return play.strict() ? strict : client;
  }

  private Future<Void> play(Play play) {
    return before(play)
        .compose(ready -> during(play))
        .compose(seen -> remember(play).compose(v -> idle(play)).map(seen))
        .compose(seen -> afterwards(play, seen));
  }

  /** Puts the primary's connection in the state the row is about. */
  private Future<?> before(Play play) {
    JsonObject relay = new JsonObject().put("candidates", JsonArray.of(play.name()));
    if (row.busy()) {
      return client(play).stream(ChatRequest.fromJson(request(play, "hold", relay)))
          .onSuccess(stream -> holding.put(play, stream));
    }
    if (!row.warm()) {
      return Future.succeededFuture();
    }
    return ask(play, "warm", relay)
        .future()
        .compose(over -> idle(play))
        .onSuccess(
            idle -> {
              Scenario ill = Scenario.of(row.primary(profile.slowMs())).text(Observed.PRIMARY);
              Scenario well = Scenario.ok().text(Observed.PRIMARY);
              stage.sandbox().script(prefix + play.name(), ill, row.once() ? well : ill);
            });
  }

  private Future<Observed> during(Play play) {
    JsonObject relay =
        new JsonObject()
            .put("candidates", play.alone() ? JsonArray.of(play.name()) : candidates(play))
            .put("timeouts", profile.timeouts(row))
            .put("retries", new JsonObject().put("max", row.retries()));
    Observed seen = ask(play, "ill", relay);
    plays.put(play, seen);
    return seen.future();
  }

  /** The primary's part of the health report. */
  private Future<JsonObject> health(Play play) {
    return client(play)
        .health()
        .map(
            health ->
                health.getJsonArray("backends").stream()
                    .map(JsonObject.class::cast)
                    .filter(backend -> play.name().equals(backend.getString("name")))
                    .findFirst()
                    .orElseThrow());
  }

  private Future<Void> remember(Play play) {
    return health(play)
        .map(
            health -> {
              String circuit = health.getJsonObject("circuit").getString(play.name());
              known.put(play, new Known(circuit, cooldown(health.getJsonObject("exhausted"))));
              return null;
            });
  }

  /** What is not used, and for how many seconds. */
  private static String cooldown(JsonObject exhausted) {
    if (exhausted.isEmpty()) {
      return Row.NONE;
    }
    String what = exhausted.fieldNames().iterator().next();
    long ms = exhausted.getLong(what);
    return (what.contains("/") ? "model " : "backend ")
        + (ms < 0 ? "probe" : Long.toString((ms + 999) / 1000));
  }

  /** Completes when the primary's only connection is free, if the row is about that. */
  private Future<Void> idle(Play play) {
    if (holding.containsKey(play)) {
      holding.remove(play).cancel();
    }
    if (!row.warm() && !row.busy()) {
      return Future.succeededFuture();
    }
    return health(play)
        .compose(
            health ->
                health.getJsonObject("connections").getInteger("in_use") == 0
                    ? Future.succeededFuture()
                    : stage.vertx().timer(POLL_MS).compose(t -> idle(play)));
  }

  private Observed ask(Play play, String word, JsonObject relay) {
    Observed seen = door(play).ask(request(play, word, relay), play.streaming());
    long patience = limit(play) + 2 * profile.slackMs();
    long timer = stage.vertx().setTimer(patience, id -> seen.giveUp());
    seen.future().onComplete(over -> stage.vertx().cancelTimer(timer));
    return seen;
  }

  /** Of the timer the row is about, in milliseconds. */
  private long limit() {
    return row.timer() == null ? 0 : profile.limit(row.timer());
  }

  /** A place in the queue is waited for only where nobody else is left. */
  private long limit(Play play) {
    return "queue".equals(row.timer()) && !play.alone() ? 0 : limit();
  }

  /** The primary is well again: the next request must be served at once. */
  private Future<Void> afterwards(Play play, Observed seen) {
    check(play, seen);
    if (row.reaches()) {
      stage.sandbox().script(prefix + play.name(), Scenario.ok().text(Observed.PRIMARY));
    }
    boolean unreachable = "connect".equals(row.timer());
    JsonObject relay =
        new JsonObject()
            .put("candidates", candidates(play))
            .put("timeouts", unreachable ? profile.timeouts(row) : profile.others());
    return ask(play, "well", relay)
        .future()
        .map(
            next -> {
              seen.odd.addAll(next.odd);
              boolean open = known.get(play).circuit().equals("open");
              if (!next.outcome().equals(open ? "fallback" : row.next())) {
                seen.odd.add("a healthy request afterwards: " + next.outcome());
              } else if (next.durationMs() > profile.slackMs()) {
                seen.odd.add("a healthy request afterwards: " + next.durationMs() + " ms");
              }
              return null;
            });
  }

  private static JsonArray candidates(Play play) {
    return JsonArray.of(play.name(), "secondary");
  }

  private static JsonObject request(Play play, String word, JsonObject relay) {
    JsonObject message =
        new JsonObject().put("role", "user").put("content", play.name() + " " + word);
    return new JsonObject().put("messages", JsonArray.of(message)).put("relay", relay);
  }

  private void check(Play play, Observed seen) {
    String outcome = seen.outcome();
    String expected = row.expected(play.streaming(), play.alone());
    if (!outcome.equals(expected)) {
      seen.odd.add(0, outcome + " instead of " + expected);
    }
    if (outcome.startsWith("primary")) {
      seen.checkAnswer(row.reasons(), row.counts());
    }
    if (outcome.equals("saturated") && seen.retryAfterMs <= 0) {
      seen.odd.add("no time to come back");
    }
    checkKnown(play, seen);
    long limit = limit(play);
    if (row.timesOut() && seen.durationMs() < limit - POLL_MS) {
      seen.odd.add("over after " + seen.durationMs() + " ms, before its time");
    }
    if (seen.durationMs() > limit + profile.slackMs()) {
      seen.odd.add("over only after " + seen.durationMs() + " ms");
    }
  }

  private void checkKnown(Play play, Observed seen) {
    Known now = known.get(play);
    String circuit = play.strict() ? row.circuit() : "closed";
    if (!now.circuit().equals(circuit)) {
      seen.odd.add("the circuit is " + now.circuit() + " instead of " + circuit);
    }
    if (!agrees(now.cooldown(), row.cooldown())) {
      seen.odd.add("the cooldown is " + now.cooldown() + " instead of " + row.cooldown());
    }
  }

  /** Some of the time is over when it is looked at. */
  private boolean agrees(String cooldown, String expected) {
    if (cooldown.equals(expected)) {
      return true;
    }
    String[] is = cooldown.split(" ");
    String[] was = expected.split(" ");
    if (is.length != 2 || was.length != 2 || !is[0].equals(was[0]) || !is[1].matches("\\d+")) {
      return false;
    }
    long seconds = Long.parseLong(is[1]);
    long over = was[1].equals("month") ? 0 : Long.parseLong(was[1]) - seconds;
    return over >= 0 && over * 1000 <= profile.slackMs();
  }

  /** When everything is over: no signal but the one, and nobody asked but those that had to be. */
  private void checkAgain(Play play, Observed seen) {
    if (seen.signals != 1) {
      seen.odd.add(seen.signals + " terminal signals");
    }
    int fallbacks = seen.outcome().equals("fallback") ? 1 : 0;
    calls("the primary", prefix + play.name(), play, row.attempts(), seen);
    calls("the fallback", prefix + "secondary", play, fallbacks, seen);
  }

  private void calls(String who, String path, Play play, int expected, Observed seen) {
    long calls =
        stage.sandbox().calls(path).stream()
            .filter(call -> call.body().encode().contains(play.name() + " ill"))
            .count();
    if (calls != expected) {
      seen.odd.add("%s was asked %d times instead of %d".formatted(who, calls, expected));
    }
  }

  /** What is still under way some time after everything was over; an empty text if nothing is. */
  private Future<String> leftover(int waitedMs) {
    return Future.all(client.health(), strict.health())
        .compose(
            both -> {
              int requests = 0;
              for (JsonObject health : both.<JsonObject>list()) {
                requests += health.getInteger("requests");
              }
              long calls =
                  stage.sandbox().calls().stream()
                      .filter(call -> call.backend().startsWith(prefix + "primary"))
                      .filter(call -> call.endedAt() == null)
                      .count();
              if (requests == 0 && calls == 0) {
                return Future.succeededFuture("");
              }
              if (waitedMs >= LEFTOVER_MS) {
                return Future.succeededFuture(
                    "left behind: %d requests, %d at backends".formatted(requests, calls));
              }
              return stage.vertx().timer(POLL_MS).compose(t -> leftover(waitedMs + POLL_MS));
            });
  }

  private Result result(Play play, String left) {
    Observed seen = plays.get(play);
    checkAgain(play, seen);
    if (!left.isEmpty()) {
      seen.odd.add(left);
    }
    return new Result(
        row,
        dialect,
        play.streaming(),
        play.alone(),
        play.gateway() ? "gateway" : "client",
        play.strict(),
        seen.outcome(),
        known.get(play).circuit(),
        known.get(play).cooldown(),
        seen.durationMs(),
        List.copyOf(seen.odd));
  }
}
