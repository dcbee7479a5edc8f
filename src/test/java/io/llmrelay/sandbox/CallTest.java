package io.llmrelay.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.Awake;
import io.llmrelay.sandbox.Wire.Stop;
import io.vertx.core.Future;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The record of a call and its end. */
class CallTest extends SandboxTestBase {

  @Test
  void aRequestIsRecorded() throws Exception {
    try (Wire wire = Wire.anthropic(sandbox, "/primary", Wire.request("claude-x"))) {
      wire.read();
    }
    SandboxCall call = sandbox.calls("primary").get(0);
    assertThat(sandbox.calls("claude-x")).containsExactly(call);
    assertThat(get(call.ended())).isSameAs(call);
    assertThat(call.number()).isEqualTo(1);
    assertThat(call.method()).isEqualTo("POST");
    assertThat(call.path()).isEqualTo("/primary/v1/messages");
    assertThat(call.model()).isEqualTo("claude-x");
    assertThat(call.body()).isEqualTo(Wire.request("claude-x"));
    assertThat(call.headers().names()).contains("X-Api-Key", "anthropic-version");
    assertThat(call.headers().get("x-api-key")).isEqualTo("***");
    assertThat(call.keyPresent()).isTrue();
    assertThat(call.completed()).isTrue();
    assertThat(call.aborted()).isFalse();
    assertThat(call.bytesWritten()).isPositive();
    assertThat(call.scenario()).hasToString("model");
    assertThat(call.toString()).doesNotContain("sk-1").doesNotContain("Hello?");
    assertThat(sandbox.clearCalls().calls()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "stall",
        "stall-after-head",
        "stall-after-3",
        "stall-for-60000",
        "model-first-60000",
        "model-every-60000",
        "comments-every-60000",
        "flood-100"
      })
  void anAbortIsDetectedAtOnce(String scenario) throws Exception {
    Wire wire = Wire.openAi(sandbox, "mock-" + scenario);
    SandboxCall call = started();
    assertThat(sandbox.activeRequests()).isEqualTo(1);
    assertThat(call.endedAt()).isNull();
    assertThat(call.ended().isComplete()).isFalse();
    Future<Duration> took = Awake.begin().until(call.ended());
    wire.close();
    assertThat(get(took)).isLessThan(Duration.ofSeconds(2));
    assertThat(call.aborted()).isTrue();
    assertThat(call.completed()).isFalse();
  }

  @Test
  void aConnectionDroppedByTheSandboxIsNoAbort() throws Exception {
    try (Wire wire = Wire.openAi(sandbox, "mock-die-after-3")) {
      assertThat(wire.read()).isEqualTo(Stop.FIN);
    }
    SandboxCall call = get(sandbox.calls().get(0).ended());
    assertThat(call.completed()).isTrue();
    assertThat(call.aborted()).isFalse();
  }

  @Test
  void closingTheSandboxEndsItsCalls() throws Exception {
    try (Wire wire = Wire.openAi(sandbox, "mock-stall-after-3")) {
      assertThat(wire.readTo(1, "Hello")).isEqualTo(Stop.FOUND);
      get(sandbox.close());
      assertThat(wire.read()).isEqualTo(Stop.FIN);
      SandboxCall call = get(sandbox.calls().get(0).ended());
      assertThat(call.completed()).isFalse();
      assertThat(call.aborted()).isFalse();
    }
  }
}
