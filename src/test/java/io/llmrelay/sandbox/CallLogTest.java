package io.llmrelay.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.sandbox.dialect.Route;
import io.llmrelay.sandbox.dialect.SandboxRequest;
import io.vertx.core.MultiMap;
import io.vertx.core.json.JsonObject;
import org.junit.jupiter.api.Test;

class CallLogTest {

  private static SandboxCall call(long number, int bodyBytes) {
    MultiMap headers = MultiMap.caseInsensitiveMultiMap();
    SandboxRequest request =
        new SandboxRequest(
            "POST",
            "/v1/messages",
            headers,
            "primary",
            SandboxDialects.openAi(),
            null,
            new Route("primary", null, null),
            number,
            new JsonObject(),
            bodyBytes,
            true);
    return new SandboxCall(request, Scenario.ok());
  }

  @Test
  void keepsTheMostRecentCalls() {
    CallLog log = new CallLog();
    for (int i = 0; i < CallLog.MAX_CALLS + 5; i++) {
      log.add(call(i, 100));
    }
    assertThat(log.list(call -> true)).hasSize(CallLog.MAX_CALLS);
    assertThat(log.list(call -> true).get(0).number()).isEqualTo(5);
  }

  @Test
  void largeBodiesReduceTheNumberOfCalls() {
    CallLog log = new CallLog();
    int third = (int) (CallLog.MAX_BYTES / 3);
    for (int i = 0; i < 5; i++) {
      log.add(call(i, third));
    }
    assertThat(log.list(call -> true)).extracting(SandboxCall::number).containsExactly(2L, 3L, 4L);
    log.clear();
    log.add(call(9, third));
    assertThat(log.list(call -> true)).hasSize(1);
  }
}
