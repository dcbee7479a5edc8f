package io.llmrelay.provider.gemini;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The capabilities of a model, derived from its name. An alias such as {@code gemini-flash-latest}
 * counts as the newest generation, and a model other than Gemini as the oldest.
 *
 * @param name in lower case
 * @param generation such as 2.5
 */
record GeminiModel(String name, double generation) {
  private static final Pattern NUMBERED = Pattern.compile("gemini-(\\d{1,3}(?:\\.\\d{1,3})?)\\b");
  private static final Pattern OLD_GEMMA = Pattern.compile("gemma-[123](\\D|$)");
  private static final double OLDEST = 1;
  private static final double NEWEST = 1_000;

  /** Returns the model with a name; {@code null} for one that is not known yet. */
  static GeminiModel of(String model) {
    String name = model == null ? "" : model.toLowerCase(Locale.ROOT);
    Matcher numbered = NUMBERED.matcher(name);
    if (numbered.find()) {
      return new GeminiModel(name, Double.parseDouble(numbered.group(1)));
    }
    return new GeminiModel(name, name.contains("gemini") ? NEWEST : OLDEST);
  }

  /** Returns whether tool calls have ids and must be signed, and their results may have media. */
  boolean hasSignedCalls() {
    return generation >= 3;
  }

  /** Whether answers may be structured while there are tools. */
  boolean hasFormatWithTools() {
    return generation >= 3 || !name.contains("gemini");
  }

  /** Whether it is a Gemma of the first three generations, without system texts and tools. */
  boolean isOldGemma() {
    return OLD_GEMMA.matcher(name).find();
  }

  /** Whether thinking has a budget. */
  boolean hasThinkingBudget() {
    return generation == 2.5;
  }

  /** Returns whether thinking has levels. */
  boolean hasThinkingLevels() {
    return generation >= 3;
  }

  /** Returns whether the penalties of repetition may be set. */
  boolean hasPenalties() {
    return generation < 3.5;
  }

  /** Returns whether the level {@code minimal} exists. */
  boolean hasMinimalThinking() {
    return name.contains("flash-lite") || name.contains("gemini-3-flash");
  }

  /** Returns whether a budget of thinking may be 0. */
  boolean canDisableThinking() {
    return !name.contains("pro");
  }

  /** Returns the minimum budget of thinking, in tokens. */
  int minThinkingBudget() {
    return name.contains("pro") ? 128 : name.contains("lite") ? 512 : 1;
  }

  /** Returns the maximum budget of thinking, in tokens. */
  int maxThinkingBudget() {
    return name.contains("pro") ? 32_768 : 24_576;
  }
}
