package io.llmrelay.config;

import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import com.fasterxml.jackson.databind.annotation.JsonSerialize;
import io.llmrelay.chat.Resume;
import java.util.List;

/** What happens to streams that break off after the commit point. By default they fail. */
public class ResumeOptions {
  public static final Resume DEFAULT_MODE = Resume.OFF;
  public static final int DEFAULT_MAX_SIZE = 256 * 1024;

  private Resume mode = DEFAULT_MODE;

  @JsonDeserialize(using = Binding.SizeReader.class)
  @JsonSerialize(using = Binding.SizeWriter.class)
  private int maxSize = DEFAULT_MAX_SIZE;

  private List<String> only = List.of();

  public ResumeOptions() {}

  public ResumeOptions(ResumeOptions other) {
    mode = other.mode;
    maxSize = other.maxSize;
    only = other.only;
  }

  /** Returns how a stream is resumed, unless a request has a {@code resume} of its own. */
  public Resume getMode() {
    return mode;
  }

  public ResumeOptions setMode(Resume mode) {
    this.mode = mode;
    return this;
  }

  /**
   * Returns the most bytes of an answer that can be resumed; a longer one fails as without. In a
   * file it is a size: {@code max-size: 256KB}.
   */
  public int getMaxSize() {
    return maxSize;
  }

  public ResumeOptions setMaxSize(int maxSize) {
    this.maxSize = maxSize;
    return this;
  }

  /** Returns the aliases or models that are asked for, and the backends, resumed; empty: all. */
  public List<String> getOnly() {
    return only;
  }

  public ResumeOptions setOnly(List<String> only) {
    this.only = List.copyOf(only);
    return this;
  }
}
