package io.llmrelay.sandbox;

import io.llmrelay.sandbox.openai.OpenAiDialect;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Parses and formats the text form of a {@link Scenario}: words joined by dashes. */
final class ScenarioParser {

  private static final String PREFIX = Scenario.MODEL_PREFIX;

  private static final Map<Integer, String> POSITIONS =
      Map.of(
          Scenario.HEAD, "head",
          Scenario.COMMENTS, "comments",
          Scenario.ROLE, "role",
          Scenario.FINISH, "finish");

  private final String text;
  private String rest;

  private ScenarioParser(String text) {
    this.text = text;
    this.rest = text.startsWith(PREFIX) ? text.substring(PREFIX.length()) : text;
  }

  static Scenario parse(String text) {
    return new ScenarioParser(text).scenario();
  }

  /** Returns the model names of all kinds, with an example value for each required number. */
  static List<String> known() {
    List<String> names = new ArrayList<>();
    for (ScenarioKind kind : ScenarioKind.values()) {
      if (kind == ScenarioKind.HTTP) {
        OpenAiDialect.errorNames().forEach(name -> names.add(PREFIX + name));
        ServerErrors.names().forEach(name -> names.add(PREFIX + name));
      } else {
        String size = kind.takesMegabytes() ? "-1" : "";
        String time = kind.takesTime() ? "-for-1000" : "";
        names.add(PREFIX + kind.word + size + time);
      }
    }
    return names;
  }

  static String format(Scenario scenario) {
    ScenarioKind kind = scenario.kind();
    StringBuilder out = new StringBuilder(kind.word);
    if (kind == ScenarioKind.HTTP) {
      ErrorResponse response = scenario.error();
      out.setLength(0);
      out.append(response.word().isEmpty() ? response.status() : response.word());
    } else if (scenario.error() != null && !scenario.error().word().isEmpty()) {
      out.append("-").append(scenario.error().word());
    }
    scenario
        .options()
        .forEach(
            (option, value) -> {
              String name =
                  option == ScenarioOption.AFTER && value < 0 ? POSITIONS.get(value) : "" + value;
              out.append(option.word.isEmpty() ? "" : "-" + option.word);
              out.append(option.flag ? "" : "-" + name);
            });
    return out.toString();
  }

  private Scenario scenario() {
    if (text.endsWith("-")) {
      throw unknownScenario("nothing follows the last dash");
    }
    Scenario scenario = kind();
    while (!rest.isEmpty()) {
      ScenarioOption option =
          Arrays.stream(ScenarioOption.values())
              .filter(candidate -> consume(candidate.word))
              .findFirst()
              .orElseThrow(() -> unknownScenario("'" + rest + "' is not an option"));
      if (option == ScenarioOption.AFTER && !scenario.kind().isFault()) {
        throw unknownScenario("-after requires a fault");
      }
      scenario = scenario.with(option, value(option));
    }
    if (scenario.kind().takesTime() && scenario.option(ScenarioOption.FOR, 0) == 0) {
      throw unknownScenario(scenario.kind().word + " requires -for-MS");
    }
    return scenario;
  }

  private int value(ScenarioOption option) {
    if (option.flag) {
      return 1;
    }
    return option == ScenarioOption.AFTER ? position() : number();
  }

  private Scenario kind() {
    if (rest.matches("[2-5]\\d\\d(-.*)?")) {
      return Scenario.of(ScenarioKind.HTTP, errorResponse());
    }
    ScenarioKind best =
        Arrays.stream(ScenarioKind.values())
            .filter(kind -> startsWith(kind.word))
            .max(Comparator.comparingInt(kind -> kind.word.length()))
            .orElseThrow(() -> unknownScenario("no such kind"));
    consume(best.word);
    if (best.isStreamError()) {
      boolean named = rest.matches("[45]\\d\\d(-.*)?");
      return Scenario.of(best, named ? errorResponse() : ErrorResponse.named("", "529"));
    }
    Scenario scenario = Scenario.of(best, null);
    return best.takesMegabytes() ? scenario.with(ScenarioOption.MEGABYTES, number()) : scenario;
  }

  /** Parses a status and the following word, if it is a variant of the body. */
  private ErrorResponse errorResponse() {
    int status = number();
    int dash = rest.indexOf('-');
    String word = dash < 0 ? rest : rest.substring(0, dash);
    ErrorResponse variant = ErrorResponse.of(status, word);
    if (variant == null) {
      return ErrorResponse.of(status, "");
    }
    consume(word);
    return variant;
  }

  private int position() {
    for (Map.Entry<Integer, String> position : POSITIONS.entrySet()) {
      if (consume(position.getValue())) {
        return position.getKey();
      }
    }
    return number();
  }

  private boolean startsWith(String word) {
    return !word.isEmpty() && (rest.equals(word) || rest.startsWith(word + "-"));
  }

  private boolean consume(String word) {
    if (!startsWith(word)) {
      return false;
    }
    rest = rest.equals(word) ? "" : rest.substring(word.length() + 1);
    return true;
  }

  private int number() {
    int dash = rest.indexOf('-');
    String digits = dash < 0 ? rest : rest.substring(0, dash);
    if (!digits.matches("\\d{1,6}")) {
      throw unknownScenario("expected a number up to 999999 at '" + rest + "'");
    }
    consume(digits);
    return Integer.parseInt(digits);
  }

  private IllegalArgumentException unknownScenario(String reason) {
    String kinds = known().stream().collect(Collectors.joining(", "));
    return new IllegalArgumentException(
        "Unknown scenario '" + text + "': " + reason + ". Known: " + kinds);
  }
}
