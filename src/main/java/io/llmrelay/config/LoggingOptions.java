package io.llmrelay.config;

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
    ERROR,
    WARNING,
    INFO,
    DEBUG
  }

  public static final Format DEFAULT_FORMAT = Format.TEXT;
  public static final Level DEFAULT_LEVEL = Level.INFO;

  private Format format = DEFAULT_FORMAT;
  private Level level = DEFAULT_LEVEL;
  private Boolean requests;

  public LoggingOptions() {}

  public LoggingOptions(LoggingOptions other) {
    format = other.format;
    level = other.level;
    requests = other.requests;
  }

  /** Returns the form of records; ignored by an embedded relay. */
  public Format getFormat() {
    return format;
  }

  public LoggingOptions setFormat(Format format) {
    this.format = format;
    return this;
  }

  /** Returns the least severe level that is logged; ignored by an embedded relay. */
  public Level getLevel() {
    return level;
  }

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

  public LoggingOptions setRequests(Boolean requests) {
    this.requests = requests;
    return this;
  }
}
