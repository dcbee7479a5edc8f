package io.llmrelay.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.llmrelay.chat.Attempt;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.TokenUsage;
import io.llmrelay.observe.RelayEvent.AttemptEnd;
import io.llmrelay.observe.RelayEvent.RequestEnd;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.ToDoubleFunction;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What Prometheus scrapes after a mixed run is what the hooks were told. */
class ScrapeTest {
  private static final String INFERENCE = "gen_ai_client_inference_";
  private static final String EMBEDDINGS = "gen_ai_client_embeddings_";

  private static MixedRun run;

  @BeforeAll
  static void run() throws Exception {
    run = new MixedRun();
  }

  @AfterAll
  static void close() {
    run.close();
  }

  private static double total(ToDoubleFunction<AttemptEnd> value) {
    return run.attempts.stream().mapToDouble(value).sum();
  }

  private static double usage(ToDoubleFunction<TokenUsage> value) {
    return total(end -> value.applyAsDouble(end.attempt().usage()));
  }

  private static boolean isChat(AttemptEnd end) {
    return end.operation().equals("chat");
  }

  /** Returns whether the tokens of an attempt are part of the distributions. */
  private static boolean isDistributed(AttemptEnd end) {
    return end.attempt().result() == Attempt.Result.SERVED
        && end.attempt().usage().source() == TokenUsage.Source.PROVIDER;
  }

  @Test
  void countsRequests() {
    assertThat(run.sum("llmrelay_requests_total")).isEqualTo(run.requests.size());
    for (RequestEnd end : run.requests) {
      String error = end.failure() == null ? "none" : end.failure().kind().code();
      double same =
          run.requests.stream()
              .filter(other -> other.streaming() == end.streaming())
              .filter(
                  other ->
                      error.equals(
                          other.failure() == null ? "none" : other.failure().kind().code()))
              .count();
      String streaming = String.valueOf(end.streaming());
      assertThat(run.sum("llmrelay_requests_total", "error_type", error, "streaming", streaming))
          .as(error)
          .isEqualTo(same);
    }
    assertThat(run.requests)
        .extracting(end -> end.failure() == null ? null : end.failure().kind())
        .contains(null, FailureKind.INVALID_REQUEST, FailureKind.NETWORK);
    assertThat(run.sum("llmrelay_request_duration_seconds_count")).isEqualTo(run.requests.size());
    assertThat(run.sum("llmrelay_request_duration_seconds_sum"))
        .isCloseTo(
            run.requests.stream().mapToDouble(end -> end.durationMs() / 1e3).sum(), within(1e-6));
    assertThat(run.sum("llmrelay_request_time_to_first_chunk_seconds_count"))
        .isEqualTo(
            (double)
                run.requests.stream()
                    .filter(end -> end.streaming() && end.backend() != null)
                    .count());
    assertThat(run.sum("llmrelay_requests_active")).isZero();
    assertThat(run.sum("llmrelay_fallbacks_total")).isEqualTo(run.fallbacks.size()).isPositive();
    long skipped =
        run.requests.stream()
            .flatMap(end -> end.trail().stream())
            .filter(attempt -> attempt.result() == Attempt.Result.SKIPPED)
            .count();
    assertThat(run.sum("llmrelay_skipped_total")).isEqualTo((double) skipped).isPositive();
    assertThat(run.sum("llmrelay_skipped_total", "backend", "primary", "reason", "circuit_open"))
        .isPositive();
    assertThat(run.sum("llmrelay_circuit_state", "circuit", "primary", "state", "open")).isOne();
  }

  @Test
  void countsAttempts() {
    int count = run.attempts.size();
    assertThat(run.sum("llmrelay_attempts_total")).isEqualTo(count);
    assertThat(run.sum(INFERENCE + "duration_seconds_count"))
        .isEqualTo(total(end -> isChat(end) ? 1 : 0))
        .isEqualTo(count - 1);
    assertThat(run.sum(INFERENCE + "duration_seconds_sum"))
        .isCloseTo(total(end -> isChat(end) ? end.attempt().durationMs() / 1e3 : 0), within(1e-6));
    assertThat(run.sum(EMBEDDINGS + "duration_seconds_count")).isOne();
    assertThat(run.sum(EMBEDDINGS + "duration_seconds_sum"))
        .isCloseTo(total(end -> isChat(end) ? 0 : end.attempt().durationMs() / 1e3), within(1e-6));
    assertThat(run.sum(INFERENCE + "time_to_first_chunk_seconds_count"))
        .isEqualTo(total(end -> isChat(end) && end.attempt().firstChunkMs() >= 0 ? 1 : 0));
    assertThat(run.sum(INFERENCE + "time_per_output_chunk_seconds_count"))
        .isEqualTo(
            total(
                end ->
                    isChat(end) && end.attempt().firstChunkMs() >= 0 && end.chunks() > 1 ? 1 : 0))
        .isPositive();
    for (String backend : List.of("primary", "secondary", "tertiary")) {
      assertThat(run.sum("llmrelay_attempts_total", "backend", backend))
          .as(backend)
          .isEqualTo(total(end -> end.attempt().backend().equals(backend) ? 1 : 0));
    }
    assertThat(run.sum("llmrelay_attempts_total", "outcome", "failed", "error_type", "overloaded"))
        .isEqualTo(total(end -> "overloaded".equals(end.attempt().reason()) ? 1 : 0))
        .isPositive();
  }

  @Test
  void countsTokensAndCost() {
    assertThat(run.sum(INFERENCE + "usage_input_tokens_total"))
        .isEqualTo(usage(TokenUsage::inputTokens))
        .isPositive();
    assertThat(run.sum(INFERENCE + "usage_output_tokens_total"))
        .isEqualTo(usage(TokenUsage::outputTokens))
        .isPositive();
    assertThat(run.sum(INFERENCE + "operation_input_tokens_count"))
        .isEqualTo(total(end -> isChat(end) && isDistributed(end) ? 1 : 0))
        .isPositive();
    assertThat(run.sum(INFERENCE + "operation_output_tokens_sum"))
        .isEqualTo(
            total(
                end ->
                    isChat(end) && isDistributed(end) ? end.attempt().usage().outputTokens() : 0));
    assertThat(run.sum(EMBEDDINGS + "operation_input_tokens_sum"))
        .isEqualTo(
            total(
                end ->
                    !isChat(end) && isDistributed(end) ? end.attempt().usage().inputTokens() : 0))
        .isPositive();
    assertThat(run.sum("llmrelay_cost_USD_total"))
        .isCloseTo(
            total(end -> end.attempt().costUsd() == null ? 0 : end.attempt().costUsd()),
            within(1e-9))
        .isPositive();
  }

  /** ClusterTest compares those of several nodes. */
  @Test
  void countsNodes() {
    assertThat(run.sum("llmrelay_cluster_nodes")).isOne();
    assertThat(run.sum("llmrelay_cluster_news_lag_seconds_count")).isZero();
  }

  /** A meter that no test here knows is not compared with anything. */
  @Test
  void hasNoOtherNames() {
    Set<String> names = new HashSet<>();
    run.samples.stream()
        .map(MixedRun.Sample::name)
        .filter(name -> name.startsWith("llmrelay") || name.startsWith("gen_ai"))
        .map(name -> name.replaceAll("_(total|count|sum|max|bucket)$", ""))
        .forEach(names::add);
    assertThat(names)
        .containsExactlyInAnyOrder(
            "llmrelay_requests",
            "llmrelay_request_duration_seconds",
            "llmrelay_request_time_to_first_chunk_seconds",
            "llmrelay_requests_active",
            "llmrelay_fallbacks",
            "llmrelay_skipped",
            "llmrelay_circuit_state",
            "llmrelay_attempts",
            "llmrelay_cluster_nodes",
            "llmrelay_cluster_news_lag_seconds",
            "llmrelay_cost_USD",
            EMBEDDINGS + "duration_seconds",
            EMBEDDINGS + "operation_input_tokens",
            INFERENCE + "duration_seconds",
            INFERENCE + "time_to_first_chunk_seconds",
            INFERENCE + "time_per_output_chunk_seconds",
            INFERENCE + "operation_input_tokens",
            INFERENCE + "operation_output_tokens",
            INFERENCE + "usage_input_tokens",
            INFERENCE + "usage_output_tokens");
  }
}
