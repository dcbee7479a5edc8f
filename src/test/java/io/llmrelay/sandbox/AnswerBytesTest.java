package io.llmrelay.sandbox;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.sandbox.Wire.Stop;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;

/** Answers byte for byte, as in the resources. */
class AnswerBytesTest extends SandboxTestBase {

  private static final Scenario SHORT = Scenario.ok().text("Déjà vu, 漢字 🙂.");

  private static String resource(String name) throws IOException {
    try (InputStream in = AnswerBytesTest.class.getResourceAsStream(name)) {
      return new String(in.readAllBytes(), UTF_8);
    }
  }

  private static JsonObject withUsage() {
    JsonObject options = JsonObject.of("include_usage", true);
    return Wire.request("gpt-x").put("stream_options", options);
  }

  @Test
  void openAiStream() throws Exception {
    sandbox.script("primary", SHORT);
    try (Wire wire = Wire.openAi(sandbox, "/primary", withUsage())) {
      assertThat(wire.read()).isEqualTo(Stop.LAST_CHUNK);
      assertThat(wire.status()).isEqualTo(200);
      assertThat(wire.header("content-type")).isEqualTo("text/event-stream; charset=utf-8");
      assertThat(wire.header("x-request-id")).isEqualTo("req_1");
      assertThat(wire.body()).isEqualTo(resource("openai.sse"));
    }
  }

  @Test
  void openAiStreamSendsUsageOnlyOnRequest() throws Exception {
    try (Wire wire = Wire.openAi(sandbox, "gpt-x")) {
      wire.read();
      assertThat(wire.body()).doesNotContain("usage").endsWith("data: [DONE]\n\n");
    }
    sandbox.script("primary", Scenario.of("no-usage"));
    try (Wire wire = Wire.openAi(sandbox, "/primary", withUsage())) {
      wire.read();
      assertThat(wire.body()).doesNotContain("usage").endsWith("data: [DONE]\n\n");
    }
  }

  @Test
  void anthropicStream() throws Exception {
    sandbox.script("primary", SHORT);
    try (Wire wire = Wire.anthropic(sandbox, "/primary", Wire.request("claude-x"))) {
      assertThat(wire.read()).isEqualTo(Stop.LAST_CHUNK);
      assertThat(wire.header("request-id")).isEqualTo("req_1");
      assertThat(wire.body()).isEqualTo(resource("anthropic.sse"));
    }
  }

  @Test
  void anthropicStreamWithThinking() throws Exception {
    sandbox.script("primary", SHORT.with(ScenarioOption.REASONING, 2));
    try (Wire wire = Wire.anthropic(sandbox, "/primary", Wire.request("claude-x"))) {
      wire.read();
      assertThat(wire.body()).isEqualTo(resource("anthropic-thinking.sse"));
    }
  }

  @Test
  void openAiWhole() throws Exception {
    sandbox.script("primary", SHORT);
    JsonObject request = Wire.request("gpt-x").put("stream", false);
    try (Wire wire = Wire.openAi(sandbox, "/primary", request)) {
      assertThat(wire.read()).isEqualTo(Stop.CONTENT_LENGTH);
      assertThat(wire.header("content-type")).isEqualTo("application/json");
      assertThat(wire.body()).isEqualTo(resource("openai.json").strip());
    }
  }

  @Test
  void anthropicWhole() throws Exception {
    sandbox.script("primary", SHORT);
    JsonObject request = Wire.request("claude-x").put("stream", false);
    try (Wire wire = Wire.anthropic(sandbox, "/primary", request)) {
      assertThat(wire.read()).isEqualTo(Stop.CONTENT_LENGTH);
      assertThat(wire.body()).isEqualTo(resource("anthropic.json").strip());
    }
  }

  @Test
  void theDefaultTextNamesTheBackend() throws Exception {
    JsonObject request = Wire.request("any").put("stream", false);
    try (Wire wire = Wire.openAi(sandbox, "/eu/second", request)) {
      wire.read();
      JsonObject choice = wire.json().getJsonArray("choices").getJsonObject(0);
      assertThat(choice.getJsonObject("message").getString("content"))
          .contains("this is eu/second")
          .contains("é", "漢字", "🙂");
    }
  }

  @Test
  void aScenarioAlwaysGivesTheSameBytes() throws Exception {
    String first = bytesOf("mock-reasoning-chunks-100");
    sandbox.clearCalls();
    assertThat(bytesOf("mock-reasoning-chunks-100")).isEqualTo(first);
  }

  private String bytesOf(String model) throws IOException {
    try (Wire wire = Wire.openAi(sandbox, model)) {
      wire.read();
      return wire.raw();
    }
  }

  @Test
  void gzip() throws Exception {
    sandbox.script("primary", Scenario.of("gzip").text("Hi"));
    try (Wire wire = Wire.openAi(sandbox, "/primary", Wire.request("gpt-x"))) {
      wire.read();
      assertThat(wire.header("content-encoding")).isEqualTo("gzip");
      InputStream zipped = new ByteArrayInputStream(wire.bytes());
      String plain = new String(new GZIPInputStream(zipped).readAllBytes(), UTF_8);
      assertThat(plain).startsWith("data: {").contains("\"Hi\"").endsWith("data: [DONE]\n\n");
    }
  }

  @Test
  void modelsAndHealth() throws Exception {
    try (Wire wire = Wire.get(sandbox, "/primary/v1/models", "accept: */*")) {
      wire.read();
      JsonArray models = wire.json().getJsonArray("data");
      assertThat(models.getJsonObject(0).getString("id")).isEqualTo("mock-model");
    }
    try (Wire wire = Wire.get(sandbox, "/v1/models", "anthropic-version: 2023-06-01")) {
      wire.read();
      assertThat(wire.json().getString("first_id")).isEqualTo("mock-model");
    }
    try (Wire wire = Wire.get(sandbox, "/health", "accept: */*")) {
      wire.read();
      assertThat(wire.json().getString("status")).isEqualTo("UP");
    }
    assertThat(sandbox.calls()).isEmpty();
  }
}
