package io.llmrelay.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ScenarioTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "model",
        "429-retry-after-7",
        "429-quota-retry-after-7",
        "502-html",
        "418",
        "die-after-3",
        "die-in-char-after-0",
        "stall-after-head",
        "reset-in-char-after-2",
        "splitting-head",
        "503-splitting",
        "endless-frame-every-5",
        "stall-after-role-for-500",
        "sse-error-after-3",
        "sse-error-429-quota-after-role",
        "huge-frame-8-after-comments",
        "model-first-10-every-2-chunks-5-size-3",
        "die-after-0-reasoning-2",
        "429-reset-7",
        "413-tpm",
        "sse-error-400-badrequest-after-2",
        "noise-after-3-for-100",
        "usage-in-x-groq",
        "flap-for-2000"
      })
  void parsesItsOwnTextForm(String text) {
    assertThat(Scenario.of(text)).hasToString(text);
    assertThat(Scenario.of("mock-" + text)).hasToString(text);
  }

  static Iterable<String> known() {
    return ScenarioParser.known();
  }

  @ParameterizedTest
  @MethodSource
  void known(String name) {
    assertThat("mock-" + Scenario.of(name)).isEqualTo(name);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "mock-",
        "dy",
        "die-after",
        "die-after-x",
        "die-after-1-",
        "model-after-3",
        "flood",
        "down",
        "flap-for-0",
        "model-chunks-1000000",
        "model-503",
        "600",
        "99"
      })
  void anInvalidTextFailsWithTheKnownScenarios(String text) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Scenario.of(text))
        .withMessageContaining("mock-stall");
  }

  @Test
  void optionsHaveALowerBound() {
    assertThatIllegalArgumentException().isThrownBy(() -> Scenario.of("model-size-0"));
    assertThatIllegalArgumentException().isThrownBy(() -> Scenario.ok().chunkDelay(-1));
  }

  @Test
  void copiesDoNotChangeTheOriginal() {
    Scenario original = Scenario.of("model");
    Scenario copy = original.chunks(3).text("Hi").header("a", "b").chunkDelay(5);
    assertThat(copy).hasToString("model-every-5-chunks-3");
    assertThat(original).hasToString("model");
    assertThat(original.headers()).isEmpty();
  }
}
