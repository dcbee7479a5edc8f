package io.llmrelay.config;

import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import com.fasterxml.jackson.databind.annotation.JsonSerialize;
import io.vertx.core.json.JsonObject;

/** What spans have, in an application that adds a {@code TracingListener}. */
public class TracingOptions {
  /** The default of {@link #getMaxContent}. */
  public static final int DEFAULT_MAX_CONTENT = 16 * 1024;

  private boolean content;

  @JsonDeserialize(using = Binding.SizeReader.class)
  @JsonSerialize(using = Binding.SizeWriter.class)
  private int maxContent = DEFAULT_MAX_CONTENT;

  /** Creates options with the defaults. */
  public TracingOptions() {}

  /** Creates a copy of other options. */
  public TracingOptions(TracingOptions other) {
    content = other.content;
    maxContent = other.maxContent;
  }

  /**
   * Creates options from JSON as {@link #toJson} writes it.
   *
   * @throws ConfigException if a key is unknown or a value has the wrong form
   */
  public TracingOptions(JsonObject json) {
    this(ConfigReader.read(json, TracingOptions.class));
  }

  /** Returns these options as JSON. */
  public JsonObject toJson() {
    return ConfigReader.toJson(this);
  }

  /**
   * Returns whether recorded spans of attempts have the texts of requests and answers, as {@code
   * gen_ai.system_instructions}, {@code gen_ai.input.messages} and {@code gen_ai.output.messages}.
   * By default not: whoever reads the traces reads the prompts.
   */
  public boolean isContent() {
    return content;
  }

  /** Sets whether recorded spans of attempts have the texts of requests and answers. */
  public TracingOptions setContent(boolean content) {
    this.content = content;
    return this;
  }

  /** Returns the most characters of each of these attributes. */
  public int getMaxContent() {
    return maxContent;
  }

  /** Sets the most characters of each of these attributes. */
  public TracingOptions setMaxContent(int maxContent) {
    this.maxContent = maxContent;
    return this;
  }
}
