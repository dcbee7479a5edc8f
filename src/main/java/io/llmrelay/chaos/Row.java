package io.llmrelay.chaos;

import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A row of the wall.
 *
 * @param name the behaviour of the primary, as in the table
 * @param outcomes the outcomes of a stream and a whole answer, with a fallback, then alone
 * @param next the backend that serves a healthy request afterwards
 * @param circuit the state of the primary's circuit afterwards, if one failure opens it
 * @param cooldown the part of the primary in a cooldown afterwards, and for how many seconds
 */
public record Row(
    String name, List<String> outcomes, String next, String circuit, String cooldown) {
  static final String NONE = "-";

  /** Scenarios without a usage to check. */
  private static final Set<String> WITHOUT_USAGE =
      Set.of("400-streamoptions", "length-empty", "no-finish");

  private static final Pattern NAME =
      Pattern.compile(
          "(?:(-?[\\w,]+): )?(warm )?(once )?(\\S+)( \\+retry)?( \\+again)?(?: @(\\S+))?");

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

  /** Returns the expected outcome. */
  String expected(boolean streaming, boolean alone) {
    return outcomes.get((streaming ? 0 : 1) + (alone ? 2 : 0));
  }

  /** Returns whether a stream breaks off after the commit point. */
  public boolean breaksOff() {
    return outcomes.get(0).contains(" + ");
  }

  /** Returns whether there is such a request. */
  boolean includes(boolean streaming, boolean alone) {
    return !expected(streaming, alone).equals(NONE);
  }

  /** Returns those of some dialects that the primary may have. */
  List<String> dialects(List<String> some) {
    String named = part(1);
    if (named == null) {
      return some;
    }
    boolean without = named.startsWith("-");
    List<String> names = List.of((without ? named.substring(1) : named).split(","));
    return some.stream().filter(each -> names.contains(each) != without).toList();
  }

  /** Returns the scenario or, in parentheses, the name of an address without a sandbox. */
  String primary(long slowMs) {
    return part(4).replace("{slow}", Long.toString(slowMs));
  }

  /** Returns whether the connection has served a request before. */
  boolean warm() {
    return part(2) != null;
  }

  /** Returns whether the primary is healthy from the second request on. */
  boolean once() {
    return part(3) != null;
  }

  /** Returns whether another stream occupies the primary's only connection. */
  boolean busy() {
    return part(4).equals("(busy)");
  }

  /** Returns whether the primary's answer has reasoning. */
  boolean hasReasoning() {
    return part(4).startsWith("reasoning");
  }

  /** Returns whether the primary's answer has usage. */
  boolean hasUsage() {
    return !WITHOUT_USAGE.contains(part(4));
  }

  /** Returns whether the request reaches the sandbox. */
  boolean reaches() {
    return !part(4).startsWith("(");
  }

  /** Returns how many retries the request allows. */
  int retries() {
    return part(5) == null ? 0 : 1;
  }

  /** Returns how many requests the primary gets. It gets none during its cooldown. */
  int attempts() {
    boolean again = part(6) != null || (retries() > 0 && cooldown.equals(NONE));
    return !reaches() ? 0 : again ? 2 : 1;
  }

  /** Returns the timer that the row tests, or {@code null}. */
  String timer() {
    return part(7);
  }

  /** Returns whether that timer expires. */
  boolean timesOut() {
    return expected(false, true).equals("timeout");
  }

  private String part(int group) {
    Matcher matcher = NAME.matcher(name);
    return matcher.matches() ? matcher.group(group) : null;
  }
}
