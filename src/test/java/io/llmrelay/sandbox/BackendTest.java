package io.llmrelay.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.llmrelay.sandbox.Wire.Stop;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The choice of a scenario by script, model name and options, and the checks before it. */
class BackendTest extends SandboxTestBase {

  @Override
  SandboxOptions options() {
    return new SandboxOptions().setRequiredKey("sk-1").setScenarios("configured", "503", "model");
  }

  private int status(String prefix, String model) throws IOException {
    try (Wire wire = Wire.openAi(sandbox, prefix, Wire.request(model))) {
      wire.read();
      return wire.status();
    }
  }

  @Test
  void scenariosAreUsedInOrderAndTheLastIsRepeated() throws Exception {
    sandbox.script("primary", Scenario.http(503), Scenario.http(429), Scenario.ok());
    assertThat(List.of(status("/primary", "m"), status("/primary", "m"), status("/primary", "m")))
        .containsExactly(503, 429, 200);
    assertThat(status("/primary", "m")).isEqualTo(200);
    assertThat(status("/secondary", "m")).isEqualTo(200);
    assertThat(sandbox.calls("primary")).hasSize(4);
  }

  @Test
  void aScriptOverridesTheModelName() throws Exception {
    sandbox.script("primary", Scenario.http(500));
    assertThat(status("/primary", "mock-model")).isEqualTo(500);
    sandbox.unscript("primary");
    assertThat(status("/primary", "mock-404")).isEqualTo(404);
  }

  @Test
  void scenariosFromOptions() throws Exception {
    assertThat(status("/configured", "m")).isEqualTo(503);
    assertThat(status("/configured", "m")).isEqualTo(200);
  }

  @Test
  void downForATime() throws Exception {
    sandbox.script("primary", Scenario.of("down-for-1000-retry-after-1"));
    try (Wire wire = Wire.openAi(sandbox, "/primary", Wire.request("m"))) {
      wire.read();
      assertThat(wire.status()).isEqualTo(503);
      assertThat(wire.header("retry-after")).isEqualTo("1");
    }
    await().until(() -> status("/primary", "m") == 200);
  }

  @Test
  void healthyAnswersOfATimedScenarioHaveItsTextAndDelays() throws Exception {
    sandbox.script("primary", Scenario.of("down-for-1-chunks-3-every-5").text("one two"));
    Thread.sleep(5);
    try (Wire wire = Wire.openAi(sandbox, "/primary", Wire.request("any").put("stream", false))) {
      wire.read();
      assertThat(wire.status()).isEqualTo(200);
      assertThat(wire.body()).contains("\"content\":\"one twoone\"");
    }
  }

  @Test
  void flapping() throws Exception {
    sandbox.script("primary", Scenario.of("flap-for-300"));
    await().until(() -> status("/primary", "m") == 200);
    await().until(() -> status("/primary", "m") == 503);
    await().until(() -> status("/primary", "m") == 200);
  }

  @Test
  void anUnknownScenarioListsTheKnownOnes() throws Exception {
    try (Wire wire = Wire.openAi(sandbox, "mock-dye-after-3")) {
      assertThat(wire.read()).isEqualTo(Stop.CONTENT_LENGTH);
      assertThat(wire.status()).isEqualTo(404);
      JsonObject error = wire.json().getJsonObject("error");
      assertThat(error.getString("code")).isEqualTo("model_not_found");
      assertThat(error.getString("message")).contains("'mock-dye-after-3'", "mock-die");
    }
  }

  @Test
  void aRequiredKeyIsChecked() throws Exception {
    JsonObject request = Wire.request("m");
    try (Wire wire = Wire.post(sandbox, "/v1/chat/completions", "a: b", request)) {
      wire.read();
      assertThat(wire.status()).isEqualTo(401);
      assertThat(wire.body()).contains("You didn't provide an API key");
    }
    String wrong = "authorization: Bearer sk-wrong";
    try (Wire wire = Wire.post(sandbox, "/v1/chat/completions", wrong, request)) {
      wire.read();
      assertThat(wire.body()).contains("invalid_api_key").doesNotContain("sk-wrong");
    }
    try (Wire wire = Wire.post(sandbox, "/v1/messages", "x-api-key: sk-wrong", request)) {
      wire.read();
      assertThat(wire.status()).isEqualTo(401);
      assertThat(wire.body()).contains("authentication_error", "invalid x-api-key");
    }
    try (Wire wire = Wire.get(sandbox, "/v1/models", wrong)) {
      wire.read();
      assertThat(wire.status()).isEqualTo(401);
      assertThat(wire.body()).contains("invalid_api_key");
    }
    try (Wire wire = Wire.get(sandbox, "/v1/models", "authorization: Bearer sk-1")) {
      wire.read();
      assertThat(wire.status()).isEqualTo(200);
    }
  }

  @Test
  void invalidRequestsAreRejected() throws Exception {
    for (String field : List.of("model", "messages", "max_tokens")) {
      JsonObject request = Wire.request("m");
      request.remove(field);
      try (Wire wire = Wire.anthropic(sandbox, "", request)) {
        wire.read();
        assertThat(wire.status()).isEqualTo(400);
        assertThat(wire.body()).contains(field);
      }
    }
    String keyOnly = "x-api-key: sk-1";
    try (Wire wire = Wire.post(sandbox, "/v1/messages", keyOnly, Wire.request("m"))) {
      wire.read();
      assertThat(wire.body()).contains("anthropic-version");
    }
    try (Wire wire = Wire.openAi(sandbox, "", new JsonObject())) {
      wire.read();
      assertThat(wire.status()).isEqualTo(400);
    }
    try (Wire wire = Wire.get(sandbox, "/v1/nothing", "a: b")) {
      wire.read();
      assertThat(wire.status()).isEqualTo(404);
    }
  }

  @Test
  void routesWithAndWithoutVersion() throws Exception {
    String key = "authorization: Bearer sk-1";
    for (String path :
        List.of("/chat/completions", "/a/b/chat/completions", "/a/b/v1/chat/completions")) {
      try (Wire wire = Wire.post(sandbox, path, key, Wire.request("m"))) {
        wire.read();
        assertThat(wire.status()).isEqualTo(200);
      }
    }
    assertThat(sandbox.calls().stream().map(SandboxCall::backend))
        .containsExactly("sandbox", "a/b", "a/b");
    assertThat(sandbox.backend("a")).isEqualTo(sandbox.baseUrl() + "/a/v1");
    assertThat(sandbox.anthropicBackend("a")).isEqualTo(sandbox.anthropicBaseUrl() + "/a");
    assertThat(sandbox.openAiBaseUrl()).isEqualTo("http://127.0.0.1:" + sandbox.port() + "/v1");
  }

  @Test
  void optionsToJsonAndBack() {
    JsonObject json =
        options().setPort(8090).setChunkDelay(30).setResetOnClose(true).setTls(true).toJson();
    assertThat(new SandboxOptions(json).toJson()).isEqualTo(json);
    JsonObject scripted =
        new JsonObject(
            """
            {"scenarios":{"primary":["503",{"scenario":"tool-call","toolCalls":[{"name":"f"}]}]},
             "providers":{"primary":"mistral"}}""");
    SandboxOptions options = new SandboxOptions(scripted);
    assertThat(options.toJson().getJsonObject("scenarios"))
        .isEqualTo(scripted.getJsonObject("scenarios"));
    assertThat(new SandboxOptions(options).toJson()).isEqualTo(options.toJson());
    assertThat(options.getProviders()).containsEntry("primary", "mistral");
    JsonObject single = JsonObject.of("scenarios", JsonObject.of("primary", "503"));
    assertThat(new SandboxOptions(single).getScenarios()).containsEntry("primary", List.of("503"));
  }

  @Test
  void anInvalidScenarioInTheOptionsFailsTheStart() throws Exception {
    Vertx vertx = Vertx.vertx();
    SandboxOptions wrong = new SandboxOptions().setScenarios("primary", "dye");
    assertThatThrownBy(() -> get(Sandbox.start(vertx, wrong)))
        .hasMessageContaining("scenarios.primary[0]: Unknown scenario 'dye'");
    SandboxOptions second =
        new SandboxOptions().setScenarios("primary", "503", "{\"toolCalls\":[{\"nam\":1}]}");
    assertThatThrownBy(() -> get(Sandbox.start(vertx, second)))
        .hasMessageContaining("scenarios.primary[1]: toolCalls[0].nam: unknown key");
    SandboxOptions unknown = new SandboxOptions().setProvider("primary", "acme");
    assertThatThrownBy(() -> get(Sandbox.start(vertx, unknown)))
        .hasMessageContaining(
            "providers.primary: unknown provider 'acme', known: openai, mistral, deepseek, groq,"
                + " openrouter");
    get(vertx.close());
  }
}
