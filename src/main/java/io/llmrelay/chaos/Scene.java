package io.llmrelay.chaos;

import io.llmrelay.LlmRelay;
import io.llmrelay.RelayOptions;
import io.llmrelay.RelayVerticle;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.config.GatewayOptions;
import io.llmrelay.config.ModelOptions;
import io.llmrelay.sandbox.Sandbox;
import io.llmrelay.sandbox.Scenario;
import io.vertx.core.Future;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One row in one dialect: a relay of its own, with a primary for each request and one healthy
 * backend, whose window is the larger one. The requests run at the same time; each is followed by a
 * healthy one, and when all are over nothing may be left of them.
 */
final class Scene {
  private static final int LEFTOVER_MS = 2_000;
  private static final int POLL_MS = 10;

  /** A request of the row. */
  private record Play(String name, boolean streaming, boolean alone, boolean gateway) {}

  private final Stage stage;
  private final Profile profile;
  private final Row row;
  private final String dialect;
  private final int number;
  private final String prefix;
  private final Map<Play, Observed> plays = new LinkedHashMap<>();
  private LlmRelay client;
  private Door door;
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

  /** The gateway does not know dialects: one is enough for it. */
  static int doors(String dialect) {
    return dialect.equals("openai") ? 2 : 1;
  }

  /** Plays it. */
  Future<List<Result>> play() {
    List<Play> all = new ArrayList<>();
    int requests = doors(dialect) * 4;
    for (int i = 0; i < requests; i++) {
      all.add(new Play("primary" + i, (i & 1) == 0, (i & 2) != 0, (i & 4) != 0));
    }
    RelayOptions options = options(all);
    RelayVerticle relay = new RelayVerticle(options);
    return stage
        .vertx()
        .deployVerticle(relay)
        .compose(
            id -> {
              client = LlmRelay.create(stage.vertx(), prefix, options.getBus().toSettings());
              door = Door.client(client);
              gateway = new GatewayDoor(stage.http(), relay.gatewayPort());
              return Future.join(all.stream().map(this::play).toList())
                  .compose(played -> leftover(0))
                  .map(left -> all.stream().map(play -> result(play, left)).toList())
                  .eventually(client::close)
                  .eventually(() -> stage.vertx().undeploy(id));
            });
  }

  private RelayOptions options(List<Play> all) {
    RelayOptions options = new RelayOptions().setGateway(new GatewayOptions().setPort(0));
    options.getBus().setPrefix(prefix);
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
    Scenario ill = Scenario.of(what).text(Observed.PRIMARY);
    Scenario well = Scenario.ok().text(Observed.PRIMARY);
    String path = prefix + play.name();
    Sandbox sandbox = stage.sandbox();
    if (row.once()) {
      sandbox.script(path, ill, well);
    } else {
      sandbox.script(path, ill);
    }
    boolean anthropic = dialect.equals("anthropic");
    String url = anthropic ? sandbox.anthropicBackend(path) : sandbox.backend(path);
    return backend(dialect, url, "alpha");
  }

  private static BackendOptions backend(String dialect, String url, String model) {
    return new BackendOptions()
        .setDialect(dialect)
        .setBaseUrl(url)
        .setApiKey("sk-test-0123456789")
        .setModels(List.of(model));
  }

  private Door door(Play play) {
    return play.gateway() ? gateway : door;
  }

  private Future<Void> play(Play play) {
    JsonObject relay =
        new JsonObject()
            .put("candidates", play.alone() ? JsonArray.of(play.name()) : candidates(play))
            .put("timeouts", profile.timeouts(row))
            .put("retries", new JsonObject().put("max", row.retries()));
    Observed seen = ask(play, "ill", relay);
    plays.put(play, seen);
    return seen.future().compose(over -> afterwards(play, over));
  }

  private Observed ask(Play play, String word, JsonObject relay) {
    Observed seen = door(play).ask(request(play, word, relay), play.streaming());
    long patience = limit() + 2 * profile.slackMs();
    long timer = stage.vertx().setTimer(patience, id -> seen.giveUp());
    seen.future().onComplete(over -> stage.vertx().cancelTimer(timer));
    return seen;
  }

  /** Of the timer the row is about, in milliseconds. */
  private long limit() {
    return row.timer() == null ? 0 : profile.limit(row.timer());
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
              if (!next.outcome().equals(row.next())) {
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
    long limit = limit();
    if (row.timesOut() && seen.durationMs() < limit - POLL_MS) {
      seen.odd.add("over after " + seen.durationMs() + " ms, before its time");
    }
    if (seen.durationMs() > limit + profile.slackMs()) {
      seen.odd.add("over only after " + seen.durationMs() + " ms");
    }
  }

  /** When everything is over: no signal but the one, and nobody asked but those that had to be. */
  private void checkAgain(Play play, Observed seen) {
    if (seen.signals != 1) {
      seen.odd.add(seen.signals + " terminal signals");
    }
    int attempts = row.reaches() ? 1 + row.retries() : 0;
    int fallbacks = seen.outcome().equals("fallback") ? 1 : 0;
    calls("the primary", prefix + play.name(), play, attempts, seen);
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
    return client
        .health()
        .compose(
            health -> {
              int requests = health.getInteger("requests");
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
        seen.outcome(),
        seen.durationMs(),
        List.copyOf(seen.odd));
  }
}
