package io.llmrelay.cli;

import java.util.ArrayList;
import java.util.List;

/** Formats rows of text in columns as wide as their widest cell. */
final class TextTable {
  private static final String GAP = "   ";

  private final List<List<String>> rows = new ArrayList<>();

  TextTable row(String... cells) {
    rows.add(List.of(cells));
    return this;
  }

  /**
   * Returns the formatted rows.
   *
   * @param indent the prefix of each line
   */
  List<String> lines(String indent) {
    List<String> lines = new ArrayList<>();
    for (List<String> row : rows) {
      StringBuilder line = new StringBuilder(indent);
      for (int i = 0; i < row.size(); i++) {
        String cell = row.get(i);
        line.append(cell);
        if (i < row.size() - 1) {
          line.append(" ".repeat(width(i) - Terminal.width(cell))).append(GAP);
        }
      }
      lines.add(line.toString().stripTrailing());
    }
    return lines;
  }

  private int width(int column) {
    return rows.stream()
        .filter(row -> column < row.size())
        .mapToInt(row -> Terminal.width(row.get(column)))
        .max()
        .orElse(0);
  }
}
