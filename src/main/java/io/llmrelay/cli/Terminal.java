package io.llmrelay.cli;

import java.io.PrintWriter;
import java.util.regex.Pattern;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Help.Ansi.Style;

/** Writes output, with colours if it is a terminal and NO_COLOR is not set. */
final class Terminal {
  private static final Pattern ESCAPE = Pattern.compile("\u001b\\[[0-9;]*m");

  private final PrintWriter out;
  private final boolean coloured;

  Terminal(PrintWriter out) {
    this(out, Ansi.AUTO.enabled());
  }

  Terminal(PrintWriter out, boolean coloured) {
    this.out = out;
    this.coloured = coloured;
  }

  /** Prints text and flushes the output. */
  void print(String text) {
    out.print(text);
    out.flush();
  }

  void line(String text) {
    out.println(text);
    out.flush();
  }

  void line() {
    line("");
  }

  String bold(String text) {
    return styled(text, Style.bold);
  }

  String dim(String text) {
    return styled(text, Style.faint);
  }

  String good(String text) {
    return styled(text, Style.fg_green);
  }

  String bad(String text) {
    return styled(text, Style.fg_red);
  }

  private String styled(String text, Style style) {
    return coloured ? style.on() + text + style.off() : text;
  }

  /** Returns the number of visible characters. */
  static int width(String text) {
    return ESCAPE.matcher(text).replaceAll("").length();
  }
}
