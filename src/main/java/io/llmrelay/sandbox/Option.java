package io.llmrelay.sandbox;

/** The numbers a scenario may carry; all but the first are written {@code -word-NUMBER}. */
enum Option {
  /** Follows the kind without a word of its own. */
  MEGABYTES(""),
  /** Where a fault strikes; five positions have a name instead of a number. */
  AFTER("after"),
  FOR("for"),
  RETRY_AFTER("retry-after"),
  RESET("reset"),
  FIRST("first"),
  EVERY("every"),
  CHUNKS("chunks"),
  SIZE("size"),
  REASONING("reasoning");

  /** The largest number: a quarter of an hour, a terabyte, a million chunks. */
  static final int MAX = 999_999;

  final String word;

  Option(String word) {
    this.word = word;
  }
}
