package io.llmrelay.gateway;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.sandbox.Scenario;
import io.vertx.core.json.JsonObject;
import java.net.Socket;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a caller learns of the operator's accounts at the providers: nothing. */
class ProviderWordsTest extends RelayFixture {
  private static final String[] WORDS = {
    "check your plan", "billing details", "credit balance", "Incorrect API key", "sk-"
  };

  private String answer(JsonObject body) throws Exception {
    try (Socket socket = connect()) {
      post(socket, "Connection: close\r\n", body);
      return new String(socket.getInputStream().readAllBytes(), US_ASCII);
    }
  }

  private JsonObject usage() {
    return askStream().put("stream_options", new JsonObject().put("include_usage", true));
  }

  @ParameterizedTest
  @ValueSource(strings = {"429-quota", "401"})
  void areNotInErrors(String scenario) throws Exception {
    for (JsonObject body : new JsonObject[] {ask(), askStream()}) {
      sandbox.script("primary", Scenario.of(scenario)).script("claude", Scenario.of(scenario));
      assertThat(answer(body))
          .contains("\"trail\":[{\"backend\":\"primary\"")
          .contains("\"reason\":\"")
          .doesNotContain(WORDS);
      assertThat(answer(body.put("relay", new JsonObject().put("candidates", only()))))
          .doesNotContain(WORDS);
    }
  }

  private static List<String> only() {
    return List.of("primary");
  }

  @Test
  void areNotInTheTrailOfAnAnswer() throws Exception {
    sandbox.script("primary", Scenario.of("429-quota"));
    assertThat(answer(usage()))
        .contains("[DONE]", "\"reason\":\"quota_exhausted\",\"status\":429")
        .contains("\"provider_code\":\"insufficient_quota\"")
        .doesNotContain(WORDS);
    assertThat(answer(ask())).contains("\"trail\":[").doesNotContain(WORDS);
  }
}
