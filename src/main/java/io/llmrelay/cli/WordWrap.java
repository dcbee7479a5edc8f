package io.llmrelay.cli;

/** Prints text that arrives in pieces, wrapped at word boundaries. */
final class WordWrap {
  private static final int WIDTH = 76;

  private final Terminal terminal;
  private final String indent;
  private int column;

  WordWrap(Terminal terminal, String indent) {
    this.terminal = terminal;
    this.indent = indent;
  }

  void print(String text) {
    for (String word : text.split("(?= )")) {
      if (column > 0 && column + Terminal.width(word) > WIDTH) {
        end();
      }
      String printed = column == 0 ? word.stripLeading() : word;
      terminal.print((column == 0 ? indent : "") + printed);
      column += Terminal.width(printed);
    }
  }

  /** Ends the current line. */
  void end() {
    terminal.line();
    column = 0;
  }
}
