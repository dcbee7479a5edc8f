package io.llmrelay.chaos;

import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A row of the wall.
 *
 * @param name what the primary does, as it stands in the table
 * @param outcomes of a stream and a whole answer, with a fallback, then alone
 * @param next who serves a healthy request afterwards
 * @param circuit of the primary afterwards, where one failure is enough to open it
 * @param cooldown what of the primary is not used afterwards, and for how many seconds
 */
public record Row(
    String name, List<String> outcomes, String next, String circuit, String cooldown) {
  static final String NONE = "-";

  /** Scenarios whose answers lack a usage that could be checked. */
  private static final Set<String> WITHOUT_USAGE =
      Set.of("400-streamoptions", "length-empty", "no-finish");

  private static final Pattern NAME =
      Pattern.compile("(?:(\\w+): )?(warm )?(once )?(\\S+)( \\+retry)?( \\+again)?(?: @(\\S+))?");

  static List<String> cells(String line) {
    return Stream.of(line.split("\\|")).map(String::strip).toList();
  }

  static Row parse(String line) {
    List<String> cells = cells(line);
    if (cells.size() != 8 || !NAME.matcher(cells.get(0)).matches()) {
      throw new IllegalArgumentException("not a row: " + line);
    }
    return new Row(cells.get(0), cells.subList(1, 5), cells.get(5), cells.get(6), cells.get(7));
  }

  /** The outcome that is right. */
  String expected(boolean streaming, boolean alone) {
    return outcomes.get((streaming ? 0 : 1) + (alone ? 2 : 0));
  }

  /** Whether there is such a request. */
  boolean played(boolean streaming, boolean alone) {
    return !expected(streaming, alone).equals(NONE);
  }

  List<String> dialects() {
    String only = part(1);
    return only == null ? List.of("openai", "anthropic") : List.of(only);
  }

  /** The scenario or, in brackets, the place where there is none. */
  String primary(long slowMs) {
    return part(4).replace("{slow}", Long.toString(slowMs));
  }

  /** Whether the connection has served another request before. */
  boolean warm() {
    return part(2) != null;
  }

  boolean once() {
    return part(3) != null;
  }

  /** Whether another stream has the primary's only connection. */
  boolean busy() {
    return part(4).equals("(busy)");
  }

  /** Whether the primary thinks before it answers. */
  boolean reasons() {
    return part(4).startsWith("reasoning");
  }

  /** Whether the primary says at the end how many tokens it took. */
  boolean counts() {
    return !WITHOUT_USAGE.contains(part(4));
  }

  /** Whether the sandbox ever sees the request. */
  boolean reaches() {
    return !part(4).startsWith("(");
  }

  /** How many retries the request allows. */
  int retries() {
    return part(5) == null ? 0 : 1;
  }

  /** How often the primary is asked. It is not asked again before its cooldown is over. */
  int attempts() {
    boolean again = part(6) != null || (retries() > 0 && cooldown.equals(NONE));
    return !reaches() ? 0 : again ? 2 : 1;
  }

  /** The timer the row is about, or {@code null}. */
  String timer() {
    return part(7);
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
