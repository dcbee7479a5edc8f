package io.llmrelay.observe.impl;

import io.llmrelay.chat.Attempt;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.FinishReason;
import io.llmrelay.chat.SkipReason;
import io.llmrelay.chat.TokenUsage;
import io.llmrelay.observe.RelayEvent;
import io.llmrelay.observe.RelayEvent.CircuitState;
import java.util.List;
import java.util.Map;

/** Events to test with: a request that one backend fails and another serves. */
final class Samples {
  static final TokenUsage USAGE = new TokenUsage(100, 20, 60, 10, 5, TokenUsage.Source.PROVIDER);

  static final Attempt SKIPPED =
      Attempt.skipped("tired", "m", SkipReason.EXHAUSTED, "back in 3 s", 0);
  static final Attempt FAILED =
      attempt("primary", "m", Attempt.Result.FAILED, "server_error", -1, TokenUsage.NONE, null);
  static final Attempt SERVED =
      new Attempt(
          "secondary",
          "m",
          Attempt.Result.SERVED,
          null,
          null,
          0,
          null,
          0,
          2000,
          300,
          USAGE,
          0.25,
          -1,
          "team-a",
          "session");

  /** One event of every type, in the order in which they could happen. */
  static final List<RelayEvent> EVENTS =
      List.of(
          new RelayEvent.RequestStart("r1", "m", true, Map.of("team", "blue")),
          new RelayEvent.AttemptStart("r1", 1, "chat", "primary", "m"),
          new RelayEvent.AttemptEnd("r1", 1, "chat", FAILED, 0, null),
          new RelayEvent.CircuitStateChange("primary", CircuitState.CLOSED, CircuitState.OPEN),
          new RelayEvent.Exhausted("primary/m", "rate_limited", 3000),
          new RelayEvent.BudgetThreshold("primary", "daily-usd", 4.5, 5.0, false, 60_000),
          new RelayEvent.OperatorAction("primary", "open_circuit", true),
          new RelayEvent.HealthProbe("primary", false, "network", 3, true),
          new RelayEvent.RequestRefused(
              "gw-1", "my-app", "/v1/messages", 400, "invalid_request", "max_tokens"),
          new RelayEvent.Fallback("r1", "primary/m", "secondary/m", "server_error"),
          new RelayEvent.AttemptStart("r1", 2, "chat", "secondary", "m"),
          new RelayEvent.FirstChunk("r1", "secondary", "m", 1500),
          new RelayEvent.Resumed("r1", "primary/m", "secondary/m", "network", 120),
          new RelayEvent.SchemaDrift("r1", "secondary", "m", 3),
          new RelayEvent.AttemptEnd("r1", 2, "chat", SERVED, 18, FinishReason.STOP),
          new RelayEvent.ShadowEnd("r1", SERVED),
          end(true, null, List.of(SKIPPED, FAILED, SERVED)));

  private Samples() {}

  static Attempt attempt(
      String backend,
      String model,
      Attempt.Result result,
      String reason,
      long firstChunkMs,
      TokenUsage usage,
      Double cost) {
    return new Attempt(
        backend,
        model,
        result,
        reason,
        null,
        0,
        null,
        0,
        2000,
        firstChunkMs,
        usage,
        cost,
        -1,
        null,
        null);
  }

  static RelayEvent.RequestEnd end(boolean streaming, FailureKind kind, List<Attempt> trail) {
    return new RelayEvent.RequestEnd(
        "r1",
        streaming,
        "m",
        kind == null ? "secondary" : null,
        kind == null ? "m" : null,
        kind == null ? FinishReason.STOP : null,
        kind == null ? null : Failure.of(kind, "no luck"),
        kind == null ? USAGE : TokenUsage.NONE,
        kind == null ? 0.25 : null,
        4000,
        kind == null ? 300 : -1,
        42,
        trail,
        Map.of("team", "blue"));
  }
}
