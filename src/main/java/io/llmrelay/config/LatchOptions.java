package io.llmrelay.config;

import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import com.fasterxml.jackson.databind.annotation.JsonSerialize;
import io.vertx.core.json.JsonObject;

/** Limits for the output held back before the commit point. */
public class LatchOptions {
  /** The default of {@link #getMaxSize}. */
  public static final int DEFAULT_MAX_SIZE = 4 * 1024 * 1024;

  @JsonDeserialize(using = Binding.SizeReader.class)
  @JsonSerialize(using = Binding.SizeWriter.class)
  private int maxSize = DEFAULT_MAX_SIZE;

  /** Creates options with the defaults. */
  public LatchOptions() {}

  /** Creates a copy of other options. */
  public LatchOptions(LatchOptions other) {
    maxSize = other.maxSize;
  }

  /**
   * Creates options from JSON as {@link #toJson} writes it.
   *
   * @throws ConfigException if a key is unknown or a value has the wrong form
   */
  public LatchOptions(JsonObject json) {
    this(ConfigReader.read(json, LatchOptions.class));
  }

  /** Returns these options as JSON. */
  public JsonObject toJson() {
    return ConfigReader.toJson(this);
  }

  /**
   * Returns the most bytes of one answer held back before the commit point; an attempt that exceeds
   * it fails. In a file it is a size: {@code max-size: 4MB}.
   */
  public int getMaxSize() {
    return maxSize;
  }

  /** Sets the most bytes of one answer held back before the commit point. */
  public LatchOptions setMaxSize(int maxSize) {
    this.maxSize = maxSize;
    return this;
  }
}
