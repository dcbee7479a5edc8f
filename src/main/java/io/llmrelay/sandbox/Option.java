package io.llmrelay.sandbox;

/** The numbers that may follow a kind, each as {@code -word-number}. */
enum Option {
  FOR("for"),
  RETRY_AFTER("retry-after"),
  FIRST("first"),
  EVERY("every"),
  CHUNKS("chunks"),
  SIZE("size");

  final String word;

  Option(String word) {
    this.word = word;
  }
}
