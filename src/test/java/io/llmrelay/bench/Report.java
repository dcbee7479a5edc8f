package io.llmrelay.bench;

import io.llmrelay.bench.Figure.Compared;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.DoubleBinaryOperator;
import java.util.stream.Collectors;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/** All records as tables: medians, with the least and the most of the rounds behind them. */
final class Report {
  private static final String LINE = "  %-28s  %-22s  %-22s  %s%n";

  private final Map<String, Map<String, List<JsonObject>>> tables = new LinkedHashMap<>();

  /** Takes a record: one table for each scenario and Java, in the order in which they come. */
  void add(JsonObject measured) {
    String table = measured.getString("scenario") + ", Java " + measured.getInteger("java");
    tables
        .computeIfAbsent(table, t -> new LinkedHashMap<>())
        .computeIfAbsent(measured.getString("system"), s -> new ArrayList<>())
        .add(measured);
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
    List<JsonObject> second = systems.get(names.get(names.size() - 1));
    String scenario = first.get(0).getString("scenario");
    out.append(scenario + ": " + Figure.title(scenario))
        .append(" (Java " + first.get(0).getInteger("java") + ")\n")
        .append(String.format(LINE, "", names.get(0), names.get(names.size() - 1), "compared"));
    for (Figure figure : Figure.of(scenario)) {
      double[] a = values(first, figure);
      double[] b = values(second, figure);
      if (a.length == first.size() && b.length == second.size()) {
        out.append(
            String.format(
                Locale.ROOT,
                LINE,
                figure.label(),
                spread(a, figure.decimals()),
                spread(b, figure.decimals()),
                compared(a, b, figure)));
      }
    }
    trouble(out, systems);
    out.append('\n');
  }

  private static double[] values(List<JsonObject> records, Figure figure) {
    return records.stream().mapToDouble(figure::in).filter(Double::isFinite).toArray();
  }

  private static String compared(double[] a, double[] b, Figure figure) {
    if (figure.compared() == Compared.NOT) {
      return "";
    }
    boolean ratio = figure.compared() == Compared.RATIO;
    DoubleBinaryOperator how = ratio ? (x, y) -> y / x : (x, y) -> y - x;
    double middle = how.applyAsDouble(median(a), median(b));
    DoubleStream rounds =
        IntStream.range(0, Math.min(a.length, b.length))
            .mapToDouble(i -> how.applyAsDouble(a[i], b[i]));
    return (ratio ? "× " : "") + spread(middle, rounds.toArray(), 2, !ratio);
  }

  private static String spread(double[] values, int decimals) {
    return spread(median(values), values, decimals, false);
  }

  private static String spread(double middle, double[] values, int decimals, boolean signed) {
    String form = "%" + (signed ? "+" : "") + "." + decimals + "f";
    String text = String.format(Locale.ROOT, form, middle);
    if (values.length < 2) {
      return text;
    }
    double least = DoubleStream.of(values).min().getAsDouble();
    double most = DoubleStream.of(values).max().getAsDouble();
    return text + String.format(Locale.ROOT, " [" + form + " to " + form + "]", least, most);
  }

  private static double median(double[] values) {
    double[] sorted = DoubleStream.of(values).sorted().toArray();
    int half = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
  }

  /** What takes a row's worth away. */
  private static void trouble(StringBuilder out, Map<String, List<JsonObject>> systems) {
    systems.forEach(
        (name, records) -> {
          int errors = records.stream().mapToInt(r -> r.getInteger("errors")).sum();
          if (errors > 0) {
            Set<String> kinds =
                records.stream()
                    .map(r -> r.getJsonObject("error_kinds"))
                    .filter(kind -> kind != null)
                    .flatMap(kind -> kind.fieldNames().stream())
                    .collect(Collectors.toCollection(LinkedHashSet::new));
            out.append("  " + name + ": " + errors + " errors " + kinds + "\n");
          }
          double others =
              records.stream().mapToDouble(r -> r.getDouble("other_cores", 0.0)).max().orElse(0);
          if (others > 0.2) {
            out.append(
                String.format(
                    Locale.ROOT,
                    "  %s: others used %.1f processors meanwhile; measure again%n",
                    name,
                    others));
          }
        });
  }
}
