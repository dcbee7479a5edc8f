package io.llmrelay.sandbox;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Reads and writes the text form of a {@link Scenario}, word by word from the left. */
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

  /** The names a client may ask for, numbers filled in with an example. */
  static List<String> known() {
    List<String> names = new ArrayList<>();
    for (Kind kind : Kind.values()) {
      if (kind == Kind.HTTP) {
        ApiError.names().forEach(name -> names.add(PREFIX + name));
        ServerErrors.names().forEach(name -> names.add(PREFIX + name));
      } else {
        String size = kind.hasMegabytes() ? "-1" : "";
        String time = kind.needsTime() ? "-for-1000" : "";
        names.add(PREFIX + kind.word + size + time);
      }
    }
    return names;
  }

  static String format(Scenario scenario) {
    Kind kind = scenario.kind();
    StringBuilder out = new StringBuilder(kind.word);
    if (kind == Kind.HTTP) {
      ErrorReply reply = scenario.error();
      out.setLength(0);
      out.append(reply.word().isEmpty() ? reply.error().status() : reply.word());
    } else if (scenario.error() != null && !scenario.error().word().isEmpty()) {
      out.append("-").append(scenario.error().word());
    }
    scenario
        .options()
        .forEach(
            (option, value) -> {
              String name = option == Option.AFTER && value < 0 ? POSITIONS.get(value) : "" + value;
              out.append(option.word.isEmpty() ? "-" : "-" + option.word + "-").append(name);
            });
    return out.toString();
  }

  private Scenario scenario() {
    if (text.endsWith("-")) {
      throw unknown("something must follow the last dash");
    }
    Scenario scenario = kind();
    while (!rest.isEmpty()) {
      Option option =
          Arrays.stream(Option.values())
              .filter(candidate -> take(candidate.word))
              .findFirst()
              .orElseThrow(() -> unknown("'" + rest + "' is not an option"));
      if (option == Option.AFTER && !scenario.kind().isFault()) {
        throw unknown("only a fault can come after something");
      }
      scenario = scenario.with(option, option == Option.AFTER ? position() : number());
    }
    if (scenario.kind().needsTime() && scenario.option(Option.FOR, 0) == 0) {
      throw unknown(scenario.kind().word + " needs -for-MS");
    }
    return scenario;
  }

  private Scenario kind() {
    if (rest.matches("[2-5]\\d\\d(-.*)?")) {
      return Scenario.of(Kind.HTTP, errorReply());
    }
    Kind best =
        Arrays.stream(Kind.values())
            .filter(kind -> startsWith(kind.word))
            .max(Comparator.comparingInt(kind -> kind.word.length()))
            .orElseThrow(() -> unknown("no such kind"));
    take(best.word);
    if (best.isStreamError()) {
      boolean named = rest.matches("[45]\\d\\d(-.*)?");
      return Scenario.of(best, named ? errorReply() : ErrorReply.of("", ApiError.named("529")));
    }
    Scenario scenario = Scenario.of(best, null);
    return best.hasMegabytes() ? scenario.with(Option.MEGABYTES, number()) : scenario;
  }

  /** A status, and the word after it that chooses the body if it is one that does. */
  private ErrorReply errorReply() {
    int status = number();
    int dash = rest.indexOf('-');
    String word = dash < 0 ? rest : rest.substring(0, dash);
    ErrorReply variant = ErrorReply.of(status, word);
    if (variant == null) {
      return ErrorReply.of(status, "");
    }
    take(word);
    return variant;
  }

  private int position() {
    for (Map.Entry<Integer, String> position : POSITIONS.entrySet()) {
      if (take(position.getValue())) {
        return position.getKey();
      }
    }
    return number();
  }

  private boolean startsWith(String word) {
    return !word.isEmpty() && (rest.equals(word) || rest.startsWith(word + "-"));
  }

  private boolean take(String word) {
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
      throw unknown("a number up to 999999 must stand where '" + rest + "' begins");
    }
    take(digits);
    return Integer.parseInt(digits);
  }

  private IllegalArgumentException unknown(String why) {
    String kinds = known().stream().collect(Collectors.joining(", "));
    return new IllegalArgumentException(
        "Unknown scenario '" + text + "': " + why + ". Known: " + kinds);
  }
}
