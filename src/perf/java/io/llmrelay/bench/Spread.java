package io.llmrelay.bench;

import io.vertx.core.json.JsonObject;
import java.util.Arrays;
import java.util.Locale;

/** A median, with the least and the most it is the middle of. */
record Spread(double median, double least, double most) {

  /** Of one value at least. */
  static Spread of(double... values) {
    return around(median(values), values);
  }

  /** A middle that was found otherwise. */
  static Spread around(double middle, double... values) {
    double[] sorted = sorted(values);
    return new Spread(middle, sorted[0], sorted[sorted.length - 1]);
  }

  private static double[] sorted(double... values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted;
  }

  private static double median(double... values) {
    double[] sorted = sorted(values);
    int half = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
  }

  /**
   * As text.
   *
   * @param sign {@code +} for differences, or empty
   */
  String text(int decimals, String sign) {
    String form = "%" + sign + "." + decimals + "f";
    String text = String.format(Locale.ROOT, form, median);
    return least == most
        ? text
        : text + String.format(Locale.ROOT, " [" + form + " to " + form + "]", least, most);
  }

  JsonObject toJson() {
    return new JsonObject().put("median", median).put("least", least).put("most", most);
  }
}
