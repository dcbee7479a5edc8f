package io.llmrelay.config;

import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import com.fasterxml.jackson.databind.annotation.JsonSerialize;

/** Limits for the output held back before the commit point. */
public class LatchOptions {
  public static final int DEFAULT_MAX_SIZE = 4 * 1024 * 1024;

  @JsonDeserialize(using = Binding.SizeReader.class)
  @JsonSerialize(using = Binding.SizeWriter.class)
  private int maxSize = DEFAULT_MAX_SIZE;

  public LatchOptions() {}

  public LatchOptions(LatchOptions other) {
    maxSize = other.maxSize;
  }

  /**
   * Returns the most bytes of one answer held back before the commit point; an attempt that exceeds
   * it fails. In a file it is a size: {@code max-size: 4MB}.
   */
  public int getMaxSize() {
    return maxSize;
  }

  public LatchOptions setMaxSize(int maxSize) {
    this.maxSize = maxSize;
    return this;
  }
}
