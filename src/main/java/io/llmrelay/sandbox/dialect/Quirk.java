package io.llmrelay.sandbox.dialect;

/** Deviations of servers within their dialect. A dialect ignores those that it cannot express. */
public enum Quirk {
  /** Tokens are JSON numbers in a stream. */
  NUMBERS,
  /** OpenAI: usage is only in the choice of the last chunk. */
  USAGE_IN_CHOICE,
  /** OpenAI: usage is only in {@code x_groq} of the last chunk. */
  USAGE_IN_X_GROQ,
  /** OpenAI: reasoning is only in {@code reasoning_details}. */
  REASONING_DETAILS,
  /** OpenAI: every tool call has the index 0. */
  INDEX_ZERO,
  /** OpenAI: tool calls have no index. */
  NO_INDEX,
  /** Tool calls have no id. */
  NO_IDS,
  /** OpenAI: every fragment of a tool call repeats its id and name. */
  REPEATED_NAMES,
  /** The finish reason of tool calls is that of a text. */
  FINISH_STOP,
  /** Anthropic: reasoning comes again before each tool call after the first. */
  INTERLEAVED
}
