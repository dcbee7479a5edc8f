package io.llmrelay.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.llmrelay.sandbox.Wire.Stop;
import io.vertx.core.json.JsonObject;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Answers, errors and faults in every dialect. */
class DialectsTest extends SandboxTestBase {

  static Stream<Arguments> everyForm() {
    return Stream.of(Vendor.values())
        .flatMap(vendor -> Stream.of(Arguments.of(vendor, true), Arguments.of(vendor, false)));
  }

  private ParsedAnswer ask(Vendor vendor, boolean streaming, Scenario scenario) throws Exception {
    return ask(vendor, streaming, scenario, vendor.request());
  }

  private ParsedAnswer ask(Vendor vendor, boolean streaming, Scenario scenario, JsonObject request)
      throws Exception {
    sandbox.script("primary", scenario);
    try (Wire wire = vendor.send(sandbox, "primary", "m", streaming, request)) {
      ParsedAnswer answer = ParsedAnswer.of(vendor, wire);
      assertThat(wire.status()).as(wire.body()).isEqualTo(200);
      return answer;
    }
  }

  @ParameterizedTest
  @MethodSource("everyForm")
  void textAndUsage(Vendor vendor, boolean streaming) throws Exception {
    ParsedAnswer answer =
        ask(vendor, streaming, Scenario.ok().text("Déjà vu, 漢字 🙂.").chunkSize(2));
    assertThat(answer.text).hasToString("Déjà vu, 漢字 🙂.");
    assertThat(answer.outputTokens).isEqualTo(7);
    Map<Vendor, String> finish =
        Map.of(
            Vendor.OPENAI, "stop",
            Vendor.OPENAI_RESPONSES, "completed",
            Vendor.ANTHROPIC, "end_turn",
            Vendor.GEMINI, "STOP",
            Vendor.OLLAMA, "stop",
            Vendor.BEDROCK, "end_turn",
            Vendor.COHERE, "COMPLETE");
    assertThat(answer.finish).isEqualTo(finish.get(vendor));
  }

  @ParameterizedTest
  @MethodSource("everyForm")
  void reasoning(Vendor vendor, boolean streaming) throws Exception {
    ParsedAnswer answer =
        ask(vendor, streaming, Scenario.of("reasoning-reasoning-3").text("Hi there"));
    assertThat(answer.text).hasToString("Hi there");
    boolean omitted = vendor == Vendor.CLOUDFLARE;
    assertThat(answer.reasoning).hasToString(omitted ? "" : "The user wants");
    boolean signs =
        vendor == Vendor.ANTHROPIC || vendor == Vendor.GEMINI || vendor == Vendor.BEDROCK;
    assertThat(answer.signatures).hasSize(signs ? 1 : 0);
  }

  @ParameterizedTest
  @MethodSource("everyForm")
  void structuredAnswer(Vendor vendor, boolean streaming) throws Exception {
    Scenario json = Scenario.of("json-size-1");
    ParsedAnswer answer = ask(vendor, streaming, json, vendor.withSchema(vendor.request()));
    assertThat(new JsonObject(answer.text.toString()))
        .isEqualTo(new JsonObject().put("city", "city").put("unit", "celsius"));
    assertThat(ask(vendor, streaming, json).text).startsWith("{\"answer\":");
    assertThat(ask(vendor, streaming, Scenario.of("json-broken")).text).endsWith("\"count\":2");
  }

  @ParameterizedTest
  @MethodSource("everyForm")
  void lengthAndRefusal(Vendor vendor, boolean streaming) throws Exception {
    ParsedAnswer length = ask(vendor, streaming, Scenario.of("length").text("one two"));
    assertThat(length.text).hasToString("one");
    if (vendor != Vendor.CLOUDFLARE) {
      assertThat(length.finish).containsIgnoringCase(vendor == Vendor.OPENAI ? "length" : "");
      assertThat(length.finish).isNotEqualTo(ask(vendor, streaming, Scenario.ok()).finish);
    }
    ParsedAnswer refusal = ask(vendor, streaming, Scenario.of("refusal"));
    boolean silent = vendor == Vendor.ANTHROPIC || vendor == Vendor.GEMINI;
    assertThat(refusal.text.isEmpty()).isEqualTo(silent);
  }

  @ParameterizedTest
  @EnumSource
  void numbersAreSentDigitForDigit(Vendor vendor) throws Exception {
    sandbox.script("primary", Scenario.of("numbers"));
    try (Wire wire = vendor.send(sandbox, "primary", "m", true, vendor.request())) {
      wire.read();
      assertThat(wire.body()).contains(":6", ":1.10", ":0.00", ":3e+50");
    }
  }

  @ParameterizedTest
  @EnumSource
  void errors(Vendor vendor) throws Exception {
    for (String name :
        new String[] {"400", "401", "404", "418", "429", "429-quota", "500", "503"}) {
      try (Wire wire = vendor.send(sandbox, "sandbox", "mock-" + name, true, vendor.request())) {
        assertThat(wire.read()).isEqualTo(Stop.CONTENT_LENGTH);
        assertThat(wire.status()).isEqualTo(Integer.parseInt(name.substring(0, 3)));
        JsonObject body = wire.json();
        switch (vendor) {
          case OPENAI, OPENAI_RESPONSES, ANTHROPIC ->
              assertThat(body.getJsonObject("error").getString("type")).isNotBlank();
          case GEMINI -> {
            JsonObject error = body.getJsonObject("error");
            assertThat(error.getInteger("code")).isEqualTo(wire.status());
            assertThat(error.getString("status")).isNotBlank();
          }
          case OLLAMA -> assertThat(body.getString("error")).isNotBlank();
          case BEDROCK -> {
            assertThat(body.getString("message")).isNotBlank();
            assertThat(wire.header("x-amzn-errortype")).contains("Exception:");
          }
          case COHERE -> assertThat(body.getString("message")).isNotBlank();
          case CLOUDFLARE -> {
            assertThat(body.getBoolean("success")).isFalse();
            assertThat(body.getJsonArray("errors").getJsonObject(0).getInteger("code"))
                .isPositive();
          }
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void faults(Vendor vendor) throws Exception {
    for (Map.Entry<String, Stop> fault :
        Map.of(
                "die-after-2", Stop.FIN,
                "reset-after-2", Stop.RESET,
                "end-after-2", Stop.LAST_CHUNK,
                "die-in-frame-after-2", Stop.FIN,
                "die-in-char-after-2", Stop.FIN,
                "sse-error-after-2", Stop.LAST_CHUNK,
                "malformed-after-2", Stop.LAST_CHUNK,
                "noise-after-2-for-10-every-2", Stop.LAST_CHUNK,
                "pings-after-2-for-10-every-2", Stop.LAST_CHUNK,
                "huge-frame-1-after-2", Stop.LAST_CHUNK)
            .entrySet()) {
      sandbox.script("primary", Scenario.of(fault.getKey()).text("one two three four"));
      try (Wire wire = vendor.send(sandbox, "primary", "m", true, vendor.request())) {
        assertThat(wire.read()).as(fault.getKey()).isEqualTo(fault.getValue());
        assertThat(wire.body()).contains("one", " two");
        boolean goesOn = fault.getKey().matches("(malformed|noise|pings|huge).*");
        assertThat(wire.body().contains(" four")).as(fault.getKey()).isEqualTo(goesOn);
      }
    }
  }

  @Test
  void aHugeFrameOfBedrockHasItsChecksum() throws Exception {
    sandbox.script("primary", Scenario.of("huge-frame-1").text("end"));
    Vendor vendor = Vendor.BEDROCK;
    try (Wire wire = vendor.send(sandbox, "primary", "m", true, vendor.request())) {
      assertThat(ParsedAnswer.of(vendor, wire).text).hasSize((1 << 20) + "end".length());
    }
  }

  @ParameterizedTest
  @EnumSource
  void aKeyIsRequired(Vendor vendor) throws Exception {
    SandboxOptions options = new SandboxOptions().setRequiredKey("sk-other");
    io.vertx.core.Vertx vertx = io.vertx.core.Vertx.vertx();
    Sandbox strict = get(Sandbox.start(vertx, options));
    try (Wire wire = vendor.send(strict, "primary", "m", true, vendor.request())) {
      wire.read();
      assertThat(wire.status()).isBetween(401, 403);
      assertThat(wire.body()).doesNotContain("sk-1");
    }
    assertThat(strict.calls("primary").get(0).keyPresent()).isTrue();
    get(strict.close());
    get(vertx.close());
  }

  @ParameterizedTest
  @EnumSource
  void modelLists(Vendor vendor) throws Exception {
    Map<Vendor, String> paths =
        Map.of(
            Vendor.OPENAI, "/p/v1/models",
            Vendor.OPENAI_RESPONSES, "/p/v1/models",
            Vendor.ANTHROPIC, "/p/v1/models",
            Vendor.GEMINI, "/p/v1beta/models?pageSize=1000",
            Vendor.OLLAMA, "/p/api/tags",
            Vendor.BEDROCK, "/p/foundation-models?byOutputModality=TEXT",
            Vendor.COHERE, "/p/v1/models?endpoint=chat",
            Vendor.CLOUDFLARE, "/p/ai/models/search?task=x");
    String header = vendor == Vendor.ANTHROPIC ? "anthropic-version: 2023-06-01" : "accept: */*";
    try (Wire wire = Wire.get(sandbox, paths.get(vendor), header)) {
      wire.read();
      assertThat(wire.status()).isEqualTo(200);
      assertThat(wire.body()).contains("mock-model").contains("mock-tool-loop");
    }
  }

  @Test
  void baseUrls() {
    String url = sandbox.baseUrl() + "/primary";
    assertThat(sandbox.backend("openai", "primary")).isEqualTo(url + "/v1");
    assertThat(sandbox.backend("anthropic", "primary")).isEqualTo(url);
    assertThat(sandbox.backend("gemini", "primary")).isEqualTo(url);
    assertThat(sandbox.backend("cloudflare", "primary")).isEqualTo(url + "/ai");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> sandbox.backend("grpc", "primary"))
        .withMessage(
            "unknown dialect 'grpc', known: anthropic, bedrock, cloudflare, cohere, gemini, ollama,"
                + " openai, openai-responses");
  }
}
