package io.llmrelay.chaos;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A row of the wall.
 *
 * @param name what the primary does, as it stands in the table
 * @param outcomes of a stream and a whole answer, with a fallback, then alone
 * @param next who serves a healthy request afterwards
 */
public record Row(String name, List<String> outcomes, String next) {
  private static final Pattern NAME =
      Pattern.compile("(?:(\\w+): )?(once )?(\\S+)( \\+retry)?(?: @(\\S+))?");

  static List<String> cells(String line) {
    return Stream.of(line.split("\\|")).map(String::strip).toList();
  }

  static Row parse(String line) {
    List<String> cells = cells(line);
    if (cells.size() != 6 || !NAME.matcher(cells.get(0)).matches()) {
      throw new IllegalArgumentException("not a row: " + line);
    }
    return new Row(cells.get(0), cells.subList(1, 5), cells.get(5));
  }

  /** The outcome that is right. */
  String expected(boolean streaming, boolean alone) {
    return outcomes.get((streaming ? 0 : 1) + (alone ? 2 : 0));
  }

  List<String> dialects() {
    String only = part(1);
    return only == null ? List.of("openai", "anthropic") : List.of(only);
  }

  /** The scenario or, in brackets, the place where there is none. */
  String primary(long slowMs) {
    return part(3).replace("{slow}", Long.toString(slowMs));
  }

  boolean once() {
    return part(2) != null;
  }

  /** Whether the sandbox ever sees the request. */
  boolean reaches() {
    return !part(3).startsWith("(");
  }

  int retries() {
    return part(4) == null ? 0 : 1;
  }

  /** The timer the row is about, or {@code null}. */
  String timer() {
    return part(5);
  }

  /** Whether that timer runs out. */
  boolean timesOut() {
    return expected(false, true).equals("timeout");
  }

  private String part(int group) {
    Matcher matcher = NAME.matcher(name);
    return matcher.matches() ? matcher.group(group) : null;
  }
}
