package io.llmrelay.bench;

import io.llmrelay.bench.Figure.Compared;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.DoubleBinaryOperator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * What comes of all measurements: for each scenario and Java its figures, those of the first system
 * beside those of each other. Compared are the medians; the spread is that of the comparisons made
 * within each round.
 */
final class Report {
  /** What others use of the processors is worth a word above this. */
  private static final double BUSY = 0.2;

  private static final String LINE = "  %-28s  %-24s  %-24s  %s%n";

  private final Map<String, Map<String, List<JsonObject>>> tables = new LinkedHashMap<>();

  /** One line of a table; {@code compared} is {@code null} where that makes no sense. */
  private record Row(Figure figure, Spread first, Spread second, Spread compared) {}

  /** Takes a measurement. The first system of a scenario is what the others are compared with. */
  void add(JsonObject measured) {
    String table = measured.getString("scenario") + " " + measured.getInteger("java");
    tables
        .computeIfAbsent(table, t -> new LinkedHashMap<>())
        .computeIfAbsent(measured.getString("system"), s -> new ArrayList<>())
        .add(measured);
  }

  /** What the first system is compared with; itself if there is no other. */
  private static List<String> others(List<String> names) {
    return names.size() == 1 ? names : names.subList(1, names.size());
  }

  private static List<Row> rows(List<JsonObject> first, List<JsonObject> second) {
    return Figure.of(first.get(0).getString("scenario")).stream()
        .map(figure -> row(figure, values(first, figure), values(second, figure)))
        .filter(Objects::nonNull)
        .toList();
  }

  private static double[] values(List<JsonObject> measured, Figure figure) {
    return measured.stream().mapToDouble(figure::in).filter(Double::isFinite).toArray();
  }

  private static Row row(Figure figure, double[] a, double[] b) {
    if (a.length == 0 || b.length == 0) {
      return null;
    }
    Spread first = Spread.of(a);
    Spread second = Spread.of(b);
    if (figure.compared() == Compared.NOT) {
      return new Row(figure, first, second, null);
    }
    boolean ratio = figure.compared() == Compared.RATIO;
    DoubleBinaryOperator how = ratio ? (x, y) -> y / x : (x, y) -> y - x;
    double[] rounds =
        IntStream.range(0, Math.min(a.length, b.length))
            .mapToDouble(i -> how.applyAsDouble(a[i], b[i]))
            .toArray();
    double middle = how.applyAsDouble(first.median(), second.median());
    return new Row(figure, first, second, Spread.around(middle, rounds));
  }

  /** One object for each line of the tables. */
  List<JsonObject> toJson() {
    List<JsonObject> all = new ArrayList<>();
    for (Map<String, List<JsonObject>> systems : tables.values()) {
      List<String> names = List.copyOf(systems.keySet());
      List<JsonObject> first = systems.get(names.get(0));
      for (String second : others(names)) {
        for (Row row : rows(first, systems.get(second))) {
          JsonObject json =
              new JsonObject()
                  .put("summary", first.get(0).getString("scenario"))
                  .put("java", first.get(0).getInteger("java"))
                  .put("figure", row.figure.path())
                  .put(names.get(0), row.first.toJson())
                  .put(second, row.second.toJson());
          if (row.compared != null) {
            String how = row.figure.compared().name().toLowerCase(Locale.ROOT);
            json.put(how, row.compared.toJson());
          }
          all.add(json);
        }
      }
    }
    return all;
  }

  @Override
  public String toString() {
    StringBuilder out = new StringBuilder();
    tables.values().forEach(systems -> table(out, systems));
    return out.toString();
  }

  private static void table(StringBuilder out, Map<String, List<JsonObject>> systems) {
    List<String> names = List.copyOf(systems.keySet());
    List<JsonObject> first = systems.get(names.get(0));
    String scenario = first.get(0).getString("scenario");
    out.append(scenario + ": " + Figure.title(scenario))
        .append(" (Java " + first.get(0).getInteger("java") + ")\n");
    for (String second : others(names)) {
      out.append(String.format(LINE, "", names.get(0), second, "compared"));
      for (Row row : rows(first, systems.get(second))) {
        out.append(
            String.format(
                LINE,
                row.figure.label(),
                row.first.text(row.figure.decimals(), ""),
                row.second.text(row.figure.decimals(), ""),
                compared(row)));
      }
    }
    systems.forEach((name, measured) -> trouble(out, name, measured));
    out.append('\n');
  }

  private static String compared(Row row) {
    if (row.compared == null) {
      return "";
    }
    boolean ratio = row.figure.compared() == Compared.RATIO;
    return ratio ? "× " + row.compared.text(2, "") : row.compared.text(2, "+");
  }

  /** What makes a table worth less. */
  private static void trouble(StringBuilder out, String name, List<JsonObject> measured) {
    int errors = measured.stream().mapToInt(m -> m.getInteger("errors")).sum();
    if (errors > 0) {
      String kinds =
          measured.stream()
              .map(m -> m.getJsonObject("error_kinds", new JsonObject()))
              .flatMap(kind -> kind.fieldNames().stream())
              .distinct()
              .collect(Collectors.joining(", "));
      out.append("  " + name + ": " + errors + " errors: " + kinds + "\n");
    }
    if (measured.stream().anyMatch(m -> m.containsKey("ended"))) {
      out.append("  " + name + ": the process ended, so its CPU and memory are not known\n");
    }
    double others =
        measured.stream().mapToDouble(m -> m.getDouble("other_cores", 0.0)).max().orElse(0);
    if (others > BUSY) {
      out.append(
          String.format(
              Locale.ROOT,
              "  %s: others used %.1f processors meanwhile; better measure again%n",
              name,
              others));
    }
  }
}
