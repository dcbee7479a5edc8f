package io.llmrelay.sandbox;

import static io.llmrelay.sandbox.Scenario.ALL;
import static io.llmrelay.sandbox.Scenario.BEFORE_HEAD;
import static io.llmrelay.sandbox.Scenario.HEAD;
import static io.llmrelay.sandbox.Scenario.ROLE;

/**
 * The kinds of behaviour, each with its word in the grammar. A kind either determines the whole
 * answer or is a fault at a position of an otherwise healthy one; only faults take {@code after}.
 */
enum ScenarioKind {
  MODEL("model"),
  REASONING("reasoning"),
  REASONING_DETAILS("reasoning-details"),
  REFUSAL("refusal"),
  TOOL_CALL("tool-call"),
  TOOL_CALLS("tool-calls"),
  TOOL_LOOP("tool-loop"),
  JSON("json"),
  LENGTH("length"),
  LENGTH_EMPTY("length-empty"),
  CONTENT_FILTER("content-filter"),
  EMPTY("empty"),
  USAGE_ONLY("usage-only"),
  NO_USAGE("no-usage"),
  USAGE_IN_CHOICE("usage-in-choice"),
  USAGE_IN_X_GROQ("usage-in-x-groq"),
  NUMBERS("numbers"),
  NO_FINISH("no-finish"),
  NO_DONE("no-done"),
  GZIP("gzip"),
  WRONG_TYPE("wrong-type"),
  REPEATED("repeated"),
  EARLY_FINISH("early-finish"),
  DRIP("drip"),
  TRAILING("trailing"),
  REDIRECT("redirect"),
  SPLITTING("splitting"),
  SPLITTING_HEAD("splitting-head"),
  DOWN("down"),
  FLAP("flap"),
  /** Any HTTP status; the word is an example. */
  HTTP("503"),
  DIE("die", BEFORE_HEAD),
  DIE_IN_FRAME("die-in-frame", 1),
  DIE_IN_CHAR("die-in-char", 1),
  RESET("reset", BEFORE_HEAD),
  RESET_IN_FRAME("reset-in-frame", 1),
  RESET_IN_CHAR("reset-in-char", 1),
  REFUSE_STREAM("refuse-stream", BEFORE_HEAD),
  RESET_STREAM("reset-stream", BEFORE_HEAD),
  GOAWAY("goaway", BEFORE_HEAD),
  GOAWAY_REFUSE("goaway-refuse", BEFORE_HEAD),
  END("end", ALL),
  END_IN_FRAME("end-in-frame", 1),
  END_IN_CHAR("end-in-char", 1),
  STALL("stall", BEFORE_HEAD),
  SSE_ERROR("sse-error", HEAD),
  SSE_ERROR_DONE("sse-error-done", HEAD),
  MALFORMED("malformed", 1),
  BROKEN_GZIP("broken-gzip", 1),
  BROKEN_CHUNKING("broken-chunking", 1),
  COMMENTS("comments", HEAD),
  PINGS("pings", ROLE),
  NOISE("noise", HEAD),
  ENDLESS_FRAME("endless-frame", 0),
  HUGE_FRAME("huge-frame", 0),
  FLOOD("flood", 0);

  private static final int NO_FAULT = Integer.MIN_VALUE;

  final String word;
  final int defaultPosition;

  ScenarioKind(String word) {
    this(word, NO_FAULT);
  }

  ScenarioKind(String word, int defaultPosition) {
    this.word = word;
    this.defaultPosition = defaultPosition;
  }

  boolean isFault() {
    return defaultPosition != NO_FAULT;
  }

  boolean isStreamError() {
    return this == SSE_ERROR || this == SSE_ERROR_DONE;
  }

  boolean isCompressed() {
    return this == GZIP || this == BROKEN_GZIP;
  }

  boolean hasReasoning() {
    return this == REASONING || this == REASONING_DETAILS;
  }

  boolean takesTime() {
    return this == DOWN || this == FLAP;
  }

  /** Returns whether the word is followed by a number of megabytes. */
  boolean takesMegabytes() {
    return this == HUGE_FRAME || this == FLOOD;
  }
}
