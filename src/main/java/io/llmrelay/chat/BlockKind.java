package io.llmrelay.chat;

import java.util.Locale;

/** The kind of a block and of its chunks. */
public enum BlockKind {
  /** The answer. */
  TEXT,
  /** The model's reasoning, if the provider shows it; not part of the answer's text. */
  REASONING,
  /** A refusal in the model's own words (OpenAI sends it apart from the text). */
  REFUSAL,
  /** The arguments of a tool call, as JSON. */
  TOOL_CALL,
  /**
   * JSON that accompanies the answer: values that each end with a line feed. The block's name is
   * the field of OpenAI's API, or of an extension of it, that carries such a value, for example
   * {@code reasoning_details}. Images are such data, and the answer's content as well.
   */
  DATA,
  /**
   * Vectors, each in a line: the index of its input, a space, and its floats (32 bits,
   * little-endian) in base64.
   */
  EMBEDDING,
  /**
   * Events of the API in whose form the request was {@linkplain ReceivedForm received}, as the
   * backend has sent them: JSON values that each end with a line feed. They are all events but the
   * deltas of text, reasoning and arguments, which are chunks of other blocks. An event ends the
   * block before it, so that blocks are in the order of the answer. The block's name is the API.
   */
  EVENT,
  /** A kind this version does not know. */
  OTHER;

  /** Returns whether chunks of this kind accompany the content but are not content. */
  public boolean accompanies() {
    return this == DATA || this == EVENT;
  }

  /** Returns the name on the wire, such as {@code text} or {@code tool_call}. */
  public String code() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * Returns the kind with this wire name: {@link #OTHER} for an unknown name, {@link #TEXT} for
   * {@code null}.
   */
  public static BlockKind of(String code) {
    return code == null ? TEXT : WireNames.find(values(), code, OTHER);
  }
}
