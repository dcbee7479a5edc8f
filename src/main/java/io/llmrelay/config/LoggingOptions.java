package io.llmrelay.config;

import io.vertx.core.json.JsonObject;

/** The relay's log. Format and level are settings of the runnable jar. */
public class LoggingOptions {
  /** The form of a log record. */
  public enum Format {
    /** A line of text. */
    TEXT,
    /** A JSON object on a line. */
    JSON
  }

  /** The least severe records that are logged. */
  public enum Level {
    /** Defects, and what stops the relay. */
    ERROR,
    /** What operators should look at: failed attempts, circuits, cooldowns. */
    WARNING,
    /** Each request, if {@link #getRequests} is set, and each reload. */
    INFO,
    /** Details of connections and streams. */
    DEBUG
  }

  /** The default of {@link #getFormat}. */
  public static final Format DEFAULT_FORMAT = Format.TEXT;

  /** The default of {@link #getLevel}. */
  public static final Level DEFAULT_LEVEL = Level.INFO;

  private Format format = DEFAULT_FORMAT;
  private Level level = DEFAULT_LEVEL;
  private Boolean requests;

  /** Creates options with the defaults. */
  public LoggingOptions() {}

  /** Creates a copy of other options. */
  public LoggingOptions(LoggingOptions other) {
    format = other.format;
    level = other.level;
    requests = other.requests;
  }

  /**
   * Creates options from JSON as {@link #toJson} writes it.
   *
   * @throws ConfigException if a key is unknown or a value has the wrong form
   */
  public LoggingOptions(JsonObject json) {
    this(ConfigReader.read(json, LoggingOptions.class));
  }

  /** Returns these options as JSON. */
  public JsonObject toJson() {
    return ConfigReader.toJson(this);
  }

  /** Returns the form of records; ignored by an embedded relay. */
  public Format getFormat() {
    return format;
  }

  /** Sets the form of records. */
  public LoggingOptions setFormat(Format format) {
    this.format = format;
    return this;
  }

  /** Returns the least severe level that is logged; ignored by an embedded relay. */
  public Level getLevel() {
    return level;
  }

  /** Sets the least severe level that is logged. */
  public LoggingOptions setLevel(Level level) {
    this.level = level;
    return this;
  }

  /**
   * Returns whether each request is logged at its end. {@code null}, the default, stands for no, in
   * the runnable jar for yes. Failed attempts and changes of a backend's state are always logged.
   */
  public Boolean getRequests() {
    return requests;
  }

  /** Sets whether each request is logged at its end. */
  public LoggingOptions setRequests(Boolean requests) {
    this.requests = requests;
    return this;
  }
}
