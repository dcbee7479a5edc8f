package io.llmrelay.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmrelay.sandbox.Wire.Stop;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The part of a response that arrives despite a fault, and the state of the connection afterwards.
 */
class FaultTest extends SandboxTestBase {

  private static long count(String text, String part) {
    return Pattern.compile(Pattern.quote(part)).matcher(text).results().count();
  }

  private static long openAiTokens(Wire wire) {
    return count(wire.body(), "\"delta\":{\"content\":");
  }

  private static long anthropicTokens(Wire wire) {
    return count(wire.body(), "text_delta");
  }

  @ParameterizedTest
  @CsvSource({
    "die, FIN",
    "reset, RESET",
    "stall, SILENCE",
  })
  void beforeTheHead(String scenario, Stop stop) throws Exception {
    try (Wire wire = Wire.openAi(sandbox, "mock-" + scenario)) {
      assertThat(readToSilence(wire)).isEqualTo(stop);
      assertThat(wire.raw()).isEmpty();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "die-after-head, FIN",
    "reset-after-head, RESET",
    "stall-after-head, SILENCE",
    "end-after-head, LAST_CHUNK",
  })
  void afterTheHead(String scenario, Stop stop) throws Exception {
    try (Wire wire = Wire.openAi(sandbox, "mock-" + scenario)) {
      assertThat(readToSilence(wire)).isEqualTo(stop);
      assertThat(wire.status()).isEqualTo(200);
      assertThat(wire.bytes()).isEmpty();
    }
  }

  @Test
  void commentsAndOpeningFramesAreNotContent() throws Exception {
    try (Wire wire = Wire.openAi(sandbox, "mock-stall-after-comments")) {
      assertThat(readToSilence(wire)).isEqualTo(Stop.SILENCE);
      assertThat(wire.body()).isEqualTo(": keep-alive\n\n".repeat(3));
    }
    try (Wire wire = Wire.openAi(sandbox, "mock-stall-after-role")) {
      assertThat(readToSilence(wire)).isEqualTo(Stop.SILENCE);
      assertThat(count(wire.body(), "data: ")).isEqualTo(1);
      assertThat(wire.body()).contains("\"role\":\"assistant\"");
    }
    try (Wire wire = Wire.anthropic(sandbox, "mock-stall-after-role")) {
      assertThat(readToSilence(wire)).isEqualTo(Stop.SILENCE);
      assertThat(wire.body()).contains("event: message_start", "event: ping");
      assertThat(anthropicTokens(wire)).isZero();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "die, FIN",
    "reset, RESET",
    "stall, SILENCE",
    "end, LAST_CHUNK",
    "sse-error, LAST_CHUNK"
  })
  void afterTokens(String fault, Stop stop) throws Exception {
    String model = "mock-" + fault + "-after-3";
    try (Wire wire = Wire.openAi(sandbox, model)) {
      assertThat(readToSilence(wire)).isEqualTo(stop);
      assertThat(openAiTokens(wire)).isEqualTo(3);
      assertThat(wire.body()).doesNotContain("[DONE]").doesNotContain("\"stop\"");
    }
    try (Wire wire = Wire.anthropic(sandbox, model)) {
      assertThat(readToSilence(wire)).isEqualTo(stop);
      assertThat(anthropicTokens(wire)).isEqualTo(3);
      assertThat(wire.body()).doesNotContain("message_stop").doesNotContain("end_turn");
    }
  }

  @Test
  void aStallMayEnd() throws Exception {
    try (Wire wire = Wire.openAi(sandbox, "mock-stall-after-3-for-100")) {
      assertThat(wire.read()).isEqualTo(Stop.LAST_CHUNK);
      assertThat(wire.body()).endsWith("data: [DONE]\n\n");
    }
    SandboxCall call = get(started().ended());
    assertThat(call.endedAt()).isAfterOrEqualTo(call.receivedAt().plusMillis(95));
  }

  @Test
  void anEndWithoutFinishReasonFollowsTheWholeText() throws Exception {
    try (Wire wire = Wire.openAi(sandbox, "mock-end-chunks-5")) {
      assertThat(wire.read()).isEqualTo(Stop.LAST_CHUNK);
      assertThat(openAiTokens(wire)).isEqualTo(5);
      assertThat(wire.body()).doesNotContain("\"stop\"").doesNotContain("[DONE]");
    }
  }

  @ParameterizedTest
  @CsvSource({"die-in-frame, FIN", "reset-in-frame, RESET", "end-in-frame, LAST_CHUNK"})
  void cutInAFrame(String scenario, Stop stop) throws Exception {
    try (Wire wire = Wire.openAi(sandbox, "mock-" + scenario + "-after-2")) {
      assertThat(wire.read()).isEqualTo(stop);
      assertThat(openAiTokens(wire)).isEqualTo(3);
      assertThat(wire.body()).endsWith("\"delta\":{\"content\":\"");
    }
    try (Wire wire = Wire.anthropic(sandbox, "mock-" + scenario + "-after-2")) {
      assertThat(wire.read()).isEqualTo(stop);
      assertThat(wire.body()).endsWith("\"delta\":{\"type\":\"text_delta\",\"text\":\"");
    }
  }

  @ParameterizedTest
  @CsvSource({"die-in-char, FIN", "reset-in-char, RESET", "end-in-char, LAST_CHUNK"})
  void cutInACharacter(String scenario, Stop stop) throws Exception {
    try (Wire wire = Wire.anthropic(sandbox, "mock-" + scenario)) {
      assertThat(wire.read()).isEqualTo(stop);
      assertThat(wire.bodyIsUtf8()).isFalse();
      assertThat(anthropicTokens(wire)).isEqualTo(2);
    }
  }

  @Test
  void errorEvents() throws Exception {
    try (Wire wire = Wire.anthropic(sandbox, "mock-sse-error")) {
      wire.read();
      assertThat(wire.status()).isEqualTo(200);
      assertThat(wire.body())
          .isEqualTo(
              "event: error\ndata: {\"type\":\"error\",\"error\":"
                  + "{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n");
    }
    try (Wire wire = Wire.openAi(sandbox, "mock-sse-error-429-quota")) {
      wire.read();
      assertThat(wire.status()).isEqualTo(200);
      assertThat(wire.body()).startsWith("data: {\"error\":{").contains("insufficient_quota");
    }
  }

  @Test
  void theErrorOfAParticularServerIsSentVerbatim() throws Exception {
    try (Wire wire = Wire.openAi(sandbox, "mock-sse-error-400-badrequest-after-1")) {
      wire.read();
      assertThat(wire.status()).isEqualTo(200);
      assertThat(openAiTokens(wire)).isEqualTo(1);
      assertThat(wire.body())
          .endsWith("\"type\":\"BadRequestError\",\"param\":null,\"code\":400}}\n\n");
    }
  }

  @Test
  void noiseIsDataWithoutPayload() throws Exception {
    String noise = "data: : keepalive\n\ndata: ping\n\ndata: null\n\ndata: \"\"\n\n";
    try (Wire wire = Wire.openAi(sandbox, "mock-noise-every-1")) {
      assertThat(wire.readTo(20, "data: ping")).isEqualTo(Stop.FOUND);
      assertThat(wire.body()).startsWith(noise + noise).doesNotContain("{");
    }
    try (Wire wire = Wire.anthropic(sandbox, "mock-noise-after-2-for-8-every-2")) {
      assertThat(wire.read()).isEqualTo(Stop.LAST_CHUNK);
      assertThat(wire.body()).containsOnlyOnce(noise).contains("message_stop");
    }
    try (Wire wire = Wire.openAi(sandbox, "mock-comments-for-40")) {
      assertThat(wire.read()).isEqualTo(Stop.LAST_CHUNK);
      assertThat(wire.body()).startsWith(": keep-alive\n\n: keep-alive\n\ndata: {");
    }
  }

  @Test
  void endMarkerAfterAnError() throws Exception {
    try (Wire wire = Wire.openAi(sandbox, "mock-sse-error-done-500-after-1")) {
      wire.read();
      assertThat(wire.body()).contains("\"server_error\"").endsWith("data: [DONE]\n\n");
    }
  }

  @Test
  void aMalformedFrameIsFollowedByValidOnes() throws Exception {
    try (Wire wire = Wire.openAi(sandbox, "mock-malformed-after-2-chunks-4")) {
      assertThat(wire.read()).isEqualTo(Stop.LAST_CHUNK);
      assertThat(wire.body()).contains("\"choices\":[{\n\n").endsWith("data: [DONE]\n\n");
      assertThat(openAiTokens(wire)).isEqualTo(4);
    }
  }

  @Test
  void hugeFrameHasNoNewline() throws Exception {
    try (Wire wire = Wire.anthropic(sandbox, "mock-huge-frame-2")) {
      assertThat(wire.read()).isEqualTo(Stop.LAST_CHUNK);
      assertThat(wire.body()).containsPattern("x{2097152}\"}}\n\n").contains("message_stop");
    }
  }

  @Test
  void anEndlessFrameLastsUntilTheClientDisconnects() throws Exception {
    try (Wire wire = Wire.openAi(sandbox, "mock-endless-frame-after-2")) {
      assertThat(wire.readTo(3_000_000, "x")).isEqualTo(Stop.FOUND);
      assertThat(openAiTokens(wire)).isEqualTo(3);
      assertThat(wire.body()).endsWith("x");
    }
  }

  @Test
  void commentsAndPingsLastUntilTheClientDisconnects() throws Exception {
    try (Wire wire = Wire.openAi(sandbox, "mock-comments-every-1")) {
      assertThat(wire.readTo(20, ": keep-alive")).isEqualTo(Stop.FOUND);
      assertThat(wire.body()).doesNotContain("data:");
    }
    try (Wire wire = Wire.anthropic(sandbox, "mock-pings-every-1")) {
      assertThat(wire.readTo(20, "event: ping")).isEqualTo(Stop.FOUND);
      assertThat(anthropicTokens(wire)).isZero();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"die-after-3", "end-in-char", "malformed", "stall-after-role"})
  void aFaultInTheMiddleOfAWholeAnswer(String scenario) throws Exception {
    JsonObject request = Wire.request("mock-" + scenario).put("stream", false);
    try (Wire wire = Wire.openAi(sandbox, "", request)) {
      readToSilence(wire);
      assertThat(wire.status()).isEqualTo(200);
      assertThat(wire.body()).startsWith("{\"id\":\"chatcmpl-1\"").contains("this is sandbox");
      assertThatThrownBy(wire::json).isInstanceOf(DecodeException.class);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"stall-after-2-for-1", "noise-after-2-for-1", "huge-frame-1", "flood-1"})
  void aWholeAnswerMayBeCompleteDespiteAFault(String scenario) throws Exception {
    JsonObject request = Wire.request("mock-" + scenario).put("stream", false);
    try (Wire wire = Wire.anthropic(sandbox, "", request)) {
      assertThat(wire.read()).isEqualTo(Stop.LAST_CHUNK);
      assertThat(wire.json().getString("stop_reason")).isEqualTo("end_turn");
    }
  }
}
