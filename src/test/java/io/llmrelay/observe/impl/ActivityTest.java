package io.llmrelay.observe.impl;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.chat.Attempt;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.FinishReason;
import io.llmrelay.chat.TokenUsage;
import io.llmrelay.observe.RelayEvent;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What operators see of recent events, with a clock by hand. */
class ActivityTest {
  private final AtomicLong now = new AtomicLong(1_000_000);
  private final Activity activity = new Activity(now::get);

  private void attempt(Attempt.Result result, long firstChunkMs) {
    activity.onAttemptStart(new RelayEvent.AttemptStart("r", 1, "chat", "primary", "m"));
    TokenUsage usage = result == Attempt.Result.SERVED ? Samples.USAGE : TokenUsage.NONE;
    Attempt attempt = Samples.attempt("primary", "m", result, null, firstChunkMs, usage, 0.25);
    activity.onAttemptEnd(new RelayEvent.AttemptEnd("r", 1, "chat", attempt, 0, null));
  }

  private JsonObject primary() {
    return activity.backendJson("primary");
  }

  @Test
  void backendWithoutAttemptsHasNoShareAndNoTimes() {
    assertThat(primary().getValue("success_share")).isNull();
    assertThat(primary().getValue("first_chunk_p95_ms")).isNull();
    assertThat(primary().getDouble("requests_per_second")).isZero();
  }

  @Test
  void cancelledAttemptsCountInNoShare() {
    for (int i = 0; i < 3; i++) {
      attempt(Attempt.Result.SERVED, 10);
    }
    attempt(Attempt.Result.FAILED, -1);
    attempt(Attempt.Result.CANCELLED, -1);

    assertThat(primary().getInteger("attempts")).isEqualTo(5);
    assertThat(primary().getDouble("success_share")).isEqualTo(0.75);
    assertThat(primary().getDouble("cost_usd")).isEqualTo(1.25);
  }

  @Test
  void percentilesAreOfTheNearestRank() {
    IntStream.rangeClosed(1, 100).forEach(ms -> attempt(Attempt.Result.SERVED, ms));

    assertThat(primary().getLong("first_chunk_p50_ms")).isEqualTo(50);
    assertThat(primary().getLong("first_chunk_p95_ms")).isEqualTo(95);
  }

  @Test
  void onlyTheMostRecentTimesAreKept() {
    IntStream.range(0, BackendActivity.MAX_TIMES)
        .forEach(i -> attempt(Attempt.Result.SERVED, 5_000));
    IntStream.range(0, BackendActivity.MAX_TIMES).forEach(i -> attempt(Attempt.Result.SERVED, 7));

    assertThat(primary().getLong("first_chunk_p95_ms")).isEqualTo(7);
  }

  @Test
  void ratesAreOfCompleteSecondsAndEverythingEndsAfterAMinute() {
    for (int second = 0; second < BackendActivity.RATE_S; second++) {
      attempt(Attempt.Result.SERVED, 10);
      attempt(Attempt.Result.SERVED, 10);
      now.addAndGet(1_000);
    }
    assertThat(primary().getDouble("requests_per_second")).isEqualTo(2.0);
    assertThat(primary().getDouble("tokens_per_second"))
        .isEqualTo(2.0 * Samples.USAGE.outputTokens());

    now.addAndGet(11_000);
    assertThat(primary().getDouble("requests_per_second")).isZero();
    assertThat(primary().getInteger("attempts")).isEqualTo(20);

    now.addAndGet(60_000);
    assertThat(primary().getInteger("attempts")).isZero();
    assertThat(primary().getValue("first_chunk_p50_ms")).isNull();
  }

  @Test
  void failoversAreBoundedAndNumbered() {
    for (int i = 0; i < Activity.MAX_KEPT + 20; i++) {
      activity.onRequestEnd(Samples.end(true, null, List.of(Samples.FAILED, Samples.SERVED)));
    }

    JsonArray all = activity.failovers(0);
    assertThat(all).hasSize(Activity.MAX_KEPT);
    assertThat(all.getJsonObject(0).getLong("number")).isEqualTo(21);
    assertThat(activity.failovers(118)).hasSize(2);
    assertThat(activity.failovers(120)).isEmpty();
  }

  @Test
  void onlyFailuresAreFailovers() {
    activity.onRequestEnd(Samples.end(true, null, List.of(Samples.SKIPPED, Samples.SERVED)));
    activity.onRequestEnd(Samples.end(true, FailureKind.CANCELLED, List.of(Samples.SERVED)));
    assertThat(activity.failovers(0)).isEmpty();

    activity.onRequestEnd(Samples.end(true, FailureKind.UNAVAILABLE, List.of(Samples.SKIPPED)));
    assertThat(activity.failovers(0).getJsonObject(0).getString("outcome")).isEqualTo("failed");
  }

  @Test
  void requestsInFlightAreCountedAndTheLatestListed() {
    for (int i = 0; i < Activity.MAX_LISTED + 10; i++) {
      now.incrementAndGet();
      activity.onRequestStart(new RelayEvent.RequestStart("r" + i, "m", true, Map.of()));
    }
    JsonObject inFlight = activity.requestsJson();
    assertThat(inFlight.getInteger("count")).isEqualTo(Activity.MAX_LISTED + 10);
    assertThat(inFlight.getJsonArray("latest")).hasSize(Activity.MAX_LISTED);
    assertThat(inFlight.getJsonArray("latest").getJsonObject(0).getString("id")).isEqualTo("r59");

    activity.onRequestEnd(Samples.end(true, null, List.of(Samples.SERVED)));
    assertThat(activity.requestsJson().getInteger("count")).isEqualTo(Activity.MAX_LISTED + 9);
  }

  private static Attempt withKey(String key, Attempt.Result result, TokenUsage usage) {
    return new Attempt(
        "primary", "m", result, null, null, 0, null, 0, 200, -1, usage, 0.25, -1, key, null);
  }

  @Test
  void keysHaveTheirOwnActivity() {
    Attempt served = withKey("blue", Attempt.Result.SERVED, Samples.USAGE);
    activity.onAttemptEnd(new RelayEvent.AttemptEnd("r1", 1, "chat", served, 3, FinishReason.STOP));
    Attempt failed = withKey("green", Attempt.Result.FAILED, TokenUsage.NONE);
    activity.onAttemptEnd(new RelayEvent.AttemptEnd("r2", 1, "chat", failed, 0, null));

    JsonObject blue = activity.keyJson("primary", "blue");
    assertThat(blue.getInteger("served")).isOne();
    assertThat(blue.getLong("tokens")).isEqualTo(Samples.USAGE.totalTokens());
    assertThat(blue.getDouble("cost_usd")).isEqualTo(0.25);
    assertThat(activity.keyJson("primary", "green").getInteger("failed")).isOne();
    assertThat(activity.keyJson("primary", "red").getInteger("served")).isZero();
    assertThat(primary().getInteger("served")).isOne();

    activity.retain(Map.of("primary", Set.of("green")));
    assertThat(activity.keyJson("primary", "blue").getInteger("served")).isZero();
    assertThat(activity.keyJson("primary", "green").getInteger("failed")).isOne();
  }

  @Test
  void hedgedAttemptsAreListedBesideEachOther() {
    activity.onRequestStart(new RelayEvent.RequestStart("r", "m", true, Map.of()));
    activity.onAttemptStart(new RelayEvent.AttemptStart("r", 1, "chat", "primary", "m"));
    now.addAndGet(500);
    activity.onAttemptStart(new RelayEvent.AttemptStart("r", 2, "chat", "secondary", "m"));
    now.addAndGet(100);
    activity.onFirstChunk(new RelayEvent.FirstChunk("r", "secondary", "m", 600));

    JsonArray running = inFlight("r").getJsonArray("running");
    assertThat(running).hasSize(2);
    assertThat(running.getJsonObject(0).getString("result")).isEqualTo("waiting");
    assertThat(running.getJsonObject(0).getLong("duration_ms")).isEqualTo(600);
    assertThat(running.getJsonObject(1).getString("result")).isEqualTo("serving");
    assertThat(running.getJsonObject(1).getLong("start_ms")).isEqualTo(500);

    activity.onAttemptEnd(
        new RelayEvent.AttemptEnd(
            "r",
            1,
            "chat",
            Samples.attempt("primary", "m", Attempt.Result.HEDGED, null, -1, TokenUsage.NONE, null),
            0,
            null));
    assertThat(inFlight("r").getJsonArray("running")).hasSize(1);
    assertThat(inFlight("r").getString("backend")).isEqualTo("secondary");
  }

  private JsonObject inFlight(String id) {
    JsonObject latest = activity.requestsJson().getJsonArray("latest").getJsonObject(0);
    assertThat(latest.getString("id")).isEqualTo(id);
    return latest;
  }

  @Test
  void aHedgeThatWasFasterIsAFailover() {
    Attempt slow =
        Samples.attempt("primary", "m", Attempt.Result.HEDGED, null, -1, TokenUsage.NONE, null);
    activity.onRequestEnd(Samples.end(true, null, List.of(slow, Samples.SERVED)));
    assertThat(activity.failovers(0)).hasSize(1);
  }

  @Test
  void removedBackendsAreForgotten() {
    attempt(Attempt.Result.SERVED, 10);
    activity.retain(Map.of("secondary", Set.of()));
    assertThat(primary().getInteger("attempts")).isZero();
  }
}
