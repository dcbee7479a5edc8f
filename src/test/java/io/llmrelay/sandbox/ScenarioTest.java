package io.llmrelay.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
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
        "flap-for-2000",
        "tool-calls-calls-3-fragment-1",
        "tool-call-split-4-broken-index-zero-no-ids",
        "tool-calls-no-index-repeated-names-finish-stop",
        "tool-loop-chunks-2-reasoning-3-calls-2",
        "json-size-1-broken",
        "die-after-1-calls-2"
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
        "tool-calls-broken-1",
        "tool-call-calls",
        "tool-call-fragments-1",
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
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Scenario.of("tool-calls-calls-129"))
        .withMessage("calls must be 0 to 128, not 129");
  }

  @Test
  void copiesDoNotChangeTheOriginal() {
    Scenario original = Scenario.of("model");
    Scenario copy = original.chunks(3).text("Hi").header("a", "b").chunkDelay(5);
    assertThat(copy).hasToString("model-every-5-chunks-3");
    assertThat(original).hasToString("model");
    assertThat(original.headers()).isEmpty();
  }

  @Test
  void jsonForm() {
    Scenario scenario =
        Scenario.of(
            """
            {"scenario":"tool-calls-fragment-1","text":"Hm.","headers":{"a":"b"},
             "toolCalls":[{"id":"c1","name":"f","arguments":{"n":1}},
                          {"name":"g","arguments":"{\\"n\\":1.10"},{"name":"h"}]}""");
    assertThat(scenario).hasToString("tool-calls-fragment-1");
    assertThat(scenario.text()).isEqualTo("Hm.");
    assertThat(scenario.headers()).containsEntry("a", "b");
    assertThat(scenario.toolCalls())
        .containsExactly(
            new ToolCallScript("c1", "f", "{\"n\":1}"),
            new ToolCallScript(null, "g", "{\"n\":1.10"),
            new ToolCallScript(null, "h", "{}"));
    assertThat(Scenario.of("{}")).hasToString("model");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'scenaro':'model'}          | scenaro: unknown key, known: scenario, text, toolCalls, headers",
        "{'scenario':5}               | scenario: must be a string",
        "{'scenario':'dye'}           | Unknown scenario 'dye'",
        "{'text':5}                   | text: must be a string",
        "{'headers':5}                | headers: must be an object",
        "{'headers':{'a':5}}          | headers.a: must be a string",
        "{'toolCalls':{}}             | toolCalls: must be a list of objects",
        "{'toolCalls':['f']}          | toolCalls[0]: must be an object with id, name, arguments",
        "{'toolCalls':[{}]}           | toolCalls[0].name: must be a string",
        "{'toolCalls':[{'name':'f','args':1}]} | toolCalls[0].args: unknown key, known: id, name",
        "{'toolCalls':[{'name':'f','arguments':1}]} | toolCalls[0].arguments: must be an object, or",
        "{'toolCalls':                | a scenario in JSON must be an object"
      })
  void errorsOfTheJsonFormNameTheKey(String json, String message) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Scenario.of(json.replace('\'', '"')))
        .withMessageContaining(message);
  }

  @Test
  void scenariosInTheDocumentAreValid() throws IOException {
    String document = Files.readString(Path.of("docs/sandbox.md"));
    List<String> names =
        Pattern.compile("`(mock-[a-z0-9-]+)`")
            .matcher(document)
            .results()
            .map(m -> m.group(1))
            .toList();
    assertThat(names).hasSizeGreaterThan(30);
    names.forEach(name -> assertThat("mock-" + Scenario.of(name)).isEqualTo(name));
  }

  @Test
  void theJavadocHasEveryKindAndOption() throws IOException {
    Path source = Path.of("src/main/java/io/llmrelay/sandbox/Scenario.java");
    String javadoc = Files.readString(source).replaceAll("\\s+\\*\\s+", " ");
    for (ScenarioKind kind : ScenarioKind.values()) {
      String word = kind == ScenarioKind.HTTP ? "NNN" : kind.word;
      assertThat(javadoc).containsPattern("\\{@code " + word + "(-[A-Z]+|\\[-NNN])?}");
    }
    for (ScenarioOption option : ScenarioOption.values()) {
      if (option != ScenarioOption.MEGABYTES) {
        assertThat(javadoc).contains("-" + option.word);
      }
    }
  }
}
