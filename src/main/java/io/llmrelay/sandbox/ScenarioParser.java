package io.llmrelay.sandbox;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Reads and writes the text form of a {@link Scenario}, word by word from the left. */
final class ScenarioParser {

  private static final String PREFIX = Scenario.MODEL_PREFIX;

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
      } else {
        String size = kind.hasMegabytes() ? "-1" : "";
        String time = kind == Kind.DOWN || kind == Kind.FLAP ? "-for-1000" : "";
        names.add(PREFIX + kind.word + size + time);
      }
    }
    return names;
  }

  static String format(Scenario scenario, Map<Option, Integer> options) {
    StringBuilder out = new StringBuilder(kindText(scenario));
    if (scenario.position != scenario.kind.defaultPosition) {
      out.append("-after-").append(position(scenario.position));
    }
    options.forEach((option, value) -> out.append("-" + option.word + "-" + value));
    return out.toString();
  }

  private static String kindText(Scenario scenario) {
    Kind kind = scenario.kind;
    return switch (kind) {
      case HTTP -> scenario.variant == null ? "" + scenario.error.status() : scenario.variant;
      case SSE_ERROR -> scenario.variant == null ? kind.word : kind.word + "-" + scenario.variant;
      case HUGE_FRAME, FLOOD -> kind.word + "-" + scenario.megabytes;
      default -> kind.word;
    };
  }

  private static String position(int position) {
    return switch (position) {
      case Scenario.HEAD -> "head";
      case Scenario.COMMENTS -> "comments";
      case Scenario.ROLE -> "role";
      default -> Integer.toString(position);
    };
  }

  private Scenario scenario() {
    Scenario scenario = kind();
    while (!rest.isEmpty()) {
      if (scenario.kind.isFault() && take("after")) {
        scenario.position = position();
      } else {
        Option option =
            Arrays.stream(Option.values())
                .filter(candidate -> take(candidate.word))
                .findFirst()
                .orElseThrow(() -> unknown("cannot read '" + rest + "'"));
        scenario = scenario.with(option, number());
      }
    }
    boolean timed = scenario.kind == Kind.DOWN || scenario.kind == Kind.FLAP;
    if (timed && scenario.option(Option.FOR, 0) == 0) {
      throw unknown(scenario.kind.word + " needs -for-MS");
    }
    return scenario;
  }

  private Scenario kind() {
    if (rest.matches("[2-5]\\d\\d(-.*)?")) {
      return http();
    }
    Kind best = null;
    for (Kind kind : Kind.values()) {
      boolean starts = rest.equals(kind.word) || rest.startsWith(kind.word + "-");
      if (starts && (best == null || kind.word.length() > best.word.length())) {
        best = kind;
      }
    }
    if (best == null) {
      throw unknown("no such kind");
    }
    take(best.word);
    Scenario scenario = new Scenario(best);
    if (best.hasMegabytes()) {
      scenario.megabytes = number();
    } else if (best == Kind.SSE_ERROR) {
      scenario.error = ApiError.named("529");
      if (rest.matches("[45]\\d\\d(-.*)?")) {
        Scenario http = http();
        scenario.variant = http.variant;
        scenario.error = http.error;
      }
    }
    return scenario;
  }

  /** A status, and the word after it that chooses the body. */
  private Scenario http() {
    String digits = rest.substring(0, 3);
    take(digits);
    Scenario scenario = Scenario.rejected(ApiError.ofStatus(Integer.parseInt(digits)));
    scenario.variant = digits;
    int dash = rest.indexOf('-');
    String word = dash < 0 ? rest : rest.substring(0, dash);
    ApiError named = ApiError.named(digits + "-" + word);
    if (named != null) {
      scenario.error = named;
    } else if (word.equals("html")) {
      scenario.contentType = "text/html";
      scenario.body = "<html><body><h1>" + digits + "</h1><hr>nginx</body></html>\n";
    } else if (word.equals("empty")) {
      scenario.contentType = "text/plain";
      scenario.body = "";
    } else if (!word.equals("error")) {
      return scenario;
    }
    take(word);
    scenario.variant = digits + "-" + word;
    return scenario;
  }

  private int position() {
    if (take("head")) {
      return Scenario.HEAD;
    } else if (take("comments")) {
      return Scenario.COMMENTS;
    }
    return take("role") ? Scenario.ROLE : number();
  }

  private boolean take(String word) {
    if (!rest.equals(word) && !rest.startsWith(word + "-")) {
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
