package io.llmrelay.sandbox;

/** The numbers in a scenario; all but the first are written {@code -word-NUMBER}. */
enum ScenarioOption {
  /** Follows the kind without a word. */
  MEGABYTES(""),
  /** The position of a fault; some positions have a name instead of a number. */
  AFTER("after"),
  FOR("for"),
  RETRY_AFTER("retry-after"),
  RESET("reset"),
  FIRST("first"),
  EVERY("every"),
  CHUNKS("chunks"),
  SIZE("size"),
  REASONING("reasoning");

  /** The largest number: about 17 minutes, a terabyte, a million chunks. */
  static final int MAX = 999_999;

  final String word;

  ScenarioOption(String word) {
    this.word = word;
  }
}
