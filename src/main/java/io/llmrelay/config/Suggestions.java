package io.llmrelay.config;

import java.util.Collection;
import java.util.Locale;

/** Suggests known names for misspelled ones. */
final class Suggestions {
  private Suggestions() {}

  /** Returns {@code ; did you mean "x"?}, or an empty text if no known name is similar. */
  static String didYouMean(String name, Collection<String> known) {
    String best = null;
    int bestDistance = Math.min(3, Math.max(1, name.length() / 2)) + 1;
    for (String candidate : known) {
      int distance = distance(normalize(name), normalize(candidate));
      if (distance < bestDistance) {
        best = candidate;
        bestDistance = distance;
      }
    }
    return best == null ? "" : "; did you mean \"" + best + "\"?";
  }

  private static String normalize(String name) {
    return name.toLowerCase(Locale.ROOT).replace("_", "").replace("-", "");
  }

  /** Returns the Levenshtein distance. */
  private static int distance(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(replaced, 1 + Math.min(row[j], row[j - 1]));
      }
    }
    return row[b.length()];
  }
}
