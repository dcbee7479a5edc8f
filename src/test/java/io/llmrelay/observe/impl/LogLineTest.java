package io.llmrelay.observe.impl;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.chat.FailureKind;
import io.llmrelay.observe.LogLine;
import io.llmrelay.observe.RelayEvent;
import java.lang.System.Logger.Level;
import java.util.List;
import org.junit.jupiter.api.Test;

class LogLineTest {
  private static String line(RelayEvent event) {
    return LogLine.level(event) + " " + LogLine.of(event);
  }

  @Test
  void levelsSayWhoMustAct() {
    assertThat(line(new RelayEvent.Exhausted("a", "authentication", -1)))
        .isEqualTo("ERROR key_refused candidate=a");
    assertThat(line(new RelayEvent.Exhausted("a", "authentication", 0)))
        .isEqualTo("INFO key_accepted candidate=a");
    assertThat(line(new RelayEvent.Exhausted("a/m", "rate_limited", 7000)))
        .isEqualTo("WARNING cooldown candidate=a/m reason=rate_limited for_ms=7000");
    assertThat(line(new RelayEvent.OperatorAction("a", "disable", true)))
        .isEqualTo("INFO operator_action target=a action=disable changed=true");
    assertThat(
            line(new RelayEvent.RequestRefused("gw-1", null, "/v1/messages", 401, "no_key", null)))
        .isEqualTo(
            "INFO request_refused request_id=gw-1 front=/v1/messages status=401 reason=no_key");
    assertThat(
            line(
                new RelayEvent.RequestRefused("gw-2", "app", "/v1/messages", 503, "busy", "model")))
        .isEqualTo(
            "WARNING request_refused request_id=gw-2 key=app front=/v1/messages status=503"
                + " reason=busy field=model");
    assertThat(line(new RelayEvent.SchemaDrift("r1", "a", "m", 3)))
        .isEqualTo("WARNING unreadable_frames request_id=r1 backend=a model=m frames=3");
    assertThat(line(new RelayEvent.BudgetThreshold("a", "daily-usd", 5.0, 5.0, true, 60_000)))
        .isEqualTo(
            "WARNING budget_spent backend=a limit=daily-usd used=5.0 max=5.0 renews_in_ms=60000");
    assertThat(LogLine.level(Samples.end(true, null, List.of()))).isEqualTo(Level.INFO);
    assertThat(LogLine.level(Samples.end(true, FailureKind.CANCELLED, List.of())))
        .isEqualTo(Level.INFO);
    assertThat(LogLine.level(Samples.end(true, FailureKind.UNAVAILABLE, List.of())))
        .isEqualTo(Level.WARNING);
  }

  @Test
  void requestHasItsAttempts() {
    assertThat(
            line(Samples.end(true, null, List.of(Samples.SKIPPED, Samples.FAILED, Samples.SERVED))))
        .isEqualTo(
            "INFO request request_id=r1 front=event-bus streaming=true requested_model=m"
                + " backend=secondary model=m outcome=completed finish_reason=stop"
                + " attempts=\"tired/m skipped:exhausted, primary/m failed:server_error,"
                + " secondary/m served\" first_chunk_ms=300 duration_ms=4000 bytes=42"
                + " input_tokens=100 output_tokens=20 tokens_source=provider cost_usd=0.25");
  }
}
