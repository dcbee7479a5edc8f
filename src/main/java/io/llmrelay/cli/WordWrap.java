package io.llmrelay.cli;

/** Text that arrives in pieces, printed at once, in lines of a readable length. */
final class Wrapped {
  private static final int WIDTH = 76;

  private final Terminal terminal;
  private final String indent;
  private int column;

  Wrapped(Terminal terminal, String indent) {
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

  void end() {
    terminal.line();
    column = 0;
  }
}
