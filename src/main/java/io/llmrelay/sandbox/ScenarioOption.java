package io.llmrelay.sandbox;

/**
 * The options of a scenario. In its text form an option is {@code -word-NUMBER}, a flag {@code
 * -word}.
 */
enum ScenarioOption {
  /** The size of a fault in megabytes: a number directly after the kind, without a word. */
  MEGABYTES(""),
  /** The position of a fault; some positions have a name instead of a number. */
  AFTER("after"),
  /** The duration of a fault or an outage, in milliseconds. */
  FOR("for"),
  /** The {@code Retry-After} of an error, in seconds. */
  RETRY_AFTER("retry-after"),
  /** The reset time of an error's rate limit, in seconds. */
  RESET("reset"),
  /** The delay before the first chunk, in milliseconds. */
  FIRST("first"),
  /** The delay between chunks, in milliseconds. */
  EVERY("every"),
  /** The number of text chunks. */
  CHUNKS("chunks"),
  /** The characters per text chunk. */
  SIZE("size"),
  /** The number of reasoning chunks. */
  REASONING("reasoning"),
  /** The number of tool calls. */
  CALLS("calls"),
  /** The characters of arguments per chunk; 0 for a tool call in one chunk. */
  FRAGMENT("fragment"),
  /** The offset at which arguments are split in two chunks. */
  SPLIT("split"),
  /** The number of images after the text. */
  IMAGES("images"),
  BROKEN("broken", true),
  INDEX_ZERO("index-zero", true),
  NO_INDEX("no-index", true),
  NO_IDS("no-ids", true),
  REPEATED_NAMES("repeated-names", true),
  FINISH_STOP("finish-stop", true),
  INTERLEAVED("interleaved", true);

  /** The largest number of any option: about 17 minutes, a terabyte or a million chunks. */
  static final int MAX = 999_999;

  final String word;

  /** Whether the option takes no number. */
  final boolean flag;

  ScenarioOption(String word) {
    this(word, false);
  }

  ScenarioOption(String word, boolean flag) {
    this.word = word;
    this.flag = flag;
  }
}
