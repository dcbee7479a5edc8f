package io.llmrelay.config;

import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import com.fasterxml.jackson.databind.annotation.JsonSerialize;
import io.llmrelay.chat.Resume;
import io.vertx.core.json.JsonObject;
import java.util.List;

/** What happens to streams that break off after the commit point. By default they fail. */
public class ResumeOptions {
  /** The default of {@link #getMode}. */
  public static final Resume DEFAULT_MODE = Resume.OFF;

  /** The default of {@link #getMaxSize}. */
  public static final int DEFAULT_MAX_SIZE = 256 * 1024;

  /** The default of {@link #getMaxMemory}. */
  public static final int DEFAULT_MAX_MEMORY = 64 * 1024 * 1024;

  private Resume mode = DEFAULT_MODE;

  @JsonDeserialize(using = Binding.SizeReader.class)
  @JsonSerialize(using = Binding.SizeWriter.class)
  private int maxSize = DEFAULT_MAX_SIZE;

  @JsonDeserialize(using = Binding.SizeReader.class)
  @JsonSerialize(using = Binding.SizeWriter.class)
  private int maxMemory = DEFAULT_MAX_MEMORY;

  private List<String> only = List.of();

  /** Creates options with the defaults. */
  public ResumeOptions() {}

  /** Creates a copy of other options. */
  public ResumeOptions(ResumeOptions other) {
    mode = other.mode;
    maxSize = other.maxSize;
    maxMemory = other.maxMemory;
    only = other.only;
  }

  /**
   * Creates options from JSON as {@link #toJson} writes it.
   *
   * @throws ConfigException if a key is unknown or a value has the wrong form
   */
  public ResumeOptions(JsonObject json) {
    this(ConfigReader.read(json, ResumeOptions.class));
  }

  /** Returns these options as JSON. */
  public JsonObject toJson() {
    return ConfigReader.toJson(this);
  }

  /** Returns how a stream is resumed, unless a request has a {@code resume} of its own. */
  public Resume getMode() {
    return mode;
  }

  /** Sets how a stream is resumed, unless a request has a {@code resume} of its own. */
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

  /** Sets the most bytes of an answer that can be resumed. */
  public ResumeOptions setMaxSize(int maxSize) {
    this.maxSize = maxSize;
    return this;
  }

  /**
   * Returns the most bytes that are held for all answers that may be resumed: their requests, and
   * what is kept of the answers. Where there is too little, an answer is not resumed. In a file it
   * is a size: {@code max-memory: 64MB}.
   */
  public int getMaxMemory() {
    return maxMemory;
  }

  /** Sets the most bytes that are held for all answers that may be resumed. */
  public ResumeOptions setMaxMemory(int maxMemory) {
    this.maxMemory = maxMemory;
    return this;
  }

  /** Returns the aliases or models that are asked for, and the backends, resumed; empty: all. */
  public List<String> getOnly() {
    return only;
  }

  /** Sets the aliases or models that are asked for, and the backends, resumed. */
  public ResumeOptions setOnly(List<String> only) {
    this.only = List.copyOf(only);
    return this;
  }
}
