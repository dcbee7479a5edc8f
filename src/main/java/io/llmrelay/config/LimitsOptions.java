package io.llmrelay.config;

import io.llmrelay.chat.RelayHints;
import io.llmrelay.chat.Timeouts;
import io.vertx.core.json.JsonObject;
import java.time.Duration;

/** Upper limits for the settings in a request's {@code relay} object; higher values are reduced. */
public class LimitsOptions {
  /** The limit of each timeout, unless the configured timeout is longer. */
  public static final Duration DEFAULT_TIMEOUT = Duration.ofHours(1);

  /** The default of {@link #getRetries}. */
  public static final int DEFAULT_RETRIES = RelayHints.MAX_RETRIES;

  /** The default of {@link #getCandidates}. */
  public static final int DEFAULT_CANDIDATES = RelayHints.MAX_CANDIDATES;

  private Timeouts timeouts = Timeouts.UNSET;
  private int retries = DEFAULT_RETRIES;
  private int candidates = DEFAULT_CANDIDATES;

  /** Creates options with the defaults. */
  public LimitsOptions() {}

  /** Creates a copy of other options. */
  public LimitsOptions(LimitsOptions other) {
    timeouts = other.timeouts;
    retries = other.retries;
    candidates = other.candidates;
  }

  /**
   * Creates options from JSON as {@link #toJson} writes it.
   *
   * @throws ConfigException if a key is unknown or a value has the wrong form
   */
  public LimitsOptions(JsonObject json) {
    this(ConfigReader.read(json, LimitsOptions.class));
  }

  /** Returns these options as JSON. */
  public JsonObject toJson() {
    return ConfigReader.toJson(this);
  }

  /** Returns the longest timeouts; {@code null} values stand for the default. */
  public Timeouts getTimeouts() {
    return timeouts;
  }

  /** Sets the longest timeouts. */
  public LimitsOptions setTimeouts(Timeouts timeouts) {
    this.timeouts = timeouts;
    return this;
  }

  /** Returns the maximum number of retries of one candidate, 0 to 10. */
  public int getRetries() {
    return retries;
  }

  /** Sets the maximum number of retries of one candidate, 0 to 10. */
  public LimitsOptions setRetries(int retries) {
    this.retries = retries;
    return this;
  }

  /** Returns the maximum number of candidates that a request may name, 1 to 32. */
  public int getCandidates() {
    return candidates;
  }

  /** Sets the maximum number of candidates that a request may name, 1 to 32. */
  public LimitsOptions setCandidates(int candidates) {
    this.candidates = candidates;
    return this;
  }

  /**
   * Returns the longest timeouts with the defaults filled in.
   *
   * @param configured the timeouts of requests without any
   */
  public Timeouts timeouts(Timeouts configured) {
    return timeouts.or(
        new Timeouts(
            atLeast(configured.connect()),
            atLeast(configured.head()),
            atLeast(configured.firstChunk()),
            atLeast(configured.stall()),
            atLeast(configured.total())));
  }

  private static Duration atLeast(Duration configured) {
    return configured.compareTo(DEFAULT_TIMEOUT) > 0 ? configured : DEFAULT_TIMEOUT;
  }
}
