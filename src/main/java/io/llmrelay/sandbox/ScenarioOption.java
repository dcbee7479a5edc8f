package io.llmrelay.sandbox;

/**
 * The options of a scenario. All but the first are written {@code -word-NUMBER}, or {@code -word}
 * if they are flags.
 */
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
  REASONING("reasoning"),
  /** The number of tool calls. */
  CALLS("calls"),
  /** The characters of arguments per chunk; 0 for a tool call in one chunk. */
  FRAGMENT("fragment"),
  /** The offset at which arguments are split in two chunks. */
  SPLIT("split"),
  BROKEN("broken", true),
  INDEX_ZERO("index-zero", true),
  NO_INDEX("no-index", true),
  NO_IDS("no-ids", true),
  REPEATED_NAMES("repeated-names", true),
  FINISH_STOP("finish-stop", true);

  /** The largest number: about 17 minutes, a terabyte, a million chunks. */
  static final int MAX = 999_999;

  final String word;

  /** Whether no number follows. */
  final boolean flag;

  ScenarioOption(String word) {
    this(word, false);
  }

  ScenarioOption(String word, boolean flag) {
    this.word = word;
    this.flag = flag;
  }
}
