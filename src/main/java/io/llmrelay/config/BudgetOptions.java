package io.llmrelay.config;

import io.vertx.core.json.JsonObject;

/**
 * The limits for the use of a backend; a limit that is {@code null} does not apply. Minutes, days
 * and months are calendar units in UTC.
 */
public class BudgetOptions {
  /** The default of {@link #getWarnAt}. */
  public static final double DEFAULT_WARN_AT = 0.8;

  private Double dailyUsd;
  private Double monthlyUsd;
  private Long requestsPerMinute;
  private Long requestsPerDay;
  private Long tokensPerMinute;
  private Long tokensPerDay;
  private double warnAt = DEFAULT_WARN_AT;

  /** Creates options with the defaults. */
  public BudgetOptions() {}

  /** Creates a copy of other options. */
  public BudgetOptions(BudgetOptions other) {
    dailyUsd = other.dailyUsd;
    monthlyUsd = other.monthlyUsd;
    requestsPerMinute = other.requestsPerMinute;
    requestsPerDay = other.requestsPerDay;
    tokensPerMinute = other.tokensPerMinute;
    tokensPerDay = other.tokensPerDay;
    warnAt = other.warnAt;
  }

  /**
   * Creates options from JSON as {@link #toJson} writes it.
   *
   * @throws ConfigException if a key is unknown or a value has the wrong form
   */
  public BudgetOptions(JsonObject json) {
    this(ConfigReader.read(json, BudgetOptions.class));
  }

  /** Returns these options as JSON. */
  public JsonObject toJson() {
    return ConfigReader.toJson(this);
  }

  /**
   * Returns US dollars per day by the catalogue's prices; models without a price are not counted.
   */
  public Double getDailyUsd() {
    return dailyUsd;
  }

  /** Sets US dollars per day by the catalogue's prices. */
  public BudgetOptions setDailyUsd(Double dailyUsd) {
    this.dailyUsd = dailyUsd;
    return this;
  }

  /** Returns US dollars per month. */
  public Double getMonthlyUsd() {
    return monthlyUsd;
  }

  /** Sets US dollars per month. */
  public BudgetOptions setMonthlyUsd(Double monthlyUsd) {
    this.monthlyUsd = monthlyUsd;
    return this;
  }

  /** Returns attempts per minute, failed ones included. */
  public Long getRequestsPerMinute() {
    return requestsPerMinute;
  }

  /** Sets attempts per minute, failed ones included. */
  public BudgetOptions setRequestsPerMinute(Long requestsPerMinute) {
    this.requestsPerMinute = requestsPerMinute;
    return this;
  }

  /** Returns attempts per day. */
  public Long getRequestsPerDay() {
    return requestsPerDay;
  }

  /** Sets attempts per day. */
  public BudgetOptions setRequestsPerDay(Long requestsPerDay) {
    this.requestsPerDay = requestsPerDay;
    return this;
  }

  /** Returns tokens per minute, input and output together. */
  public Long getTokensPerMinute() {
    return tokensPerMinute;
  }

  /** Sets tokens per minute, input and output together. */
  public BudgetOptions setTokensPerMinute(Long tokensPerMinute) {
    this.tokensPerMinute = tokensPerMinute;
    return this;
  }

  /** Returns tokens per day. */
  public Long getTokensPerDay() {
    return tokensPerDay;
  }

  /** Sets tokens per day. */
  public BudgetOptions setTokensPerDay(Long tokensPerDay) {
    this.tokensPerDay = tokensPerDay;
    return this;
  }

  /** Returns the share of a limit at which listeners are notified, above 0 and at most 1. */
  public double getWarnAt() {
    return warnAt;
  }

  /** Sets the share of a limit at which listeners are notified, above 0 and at most 1. */
  public BudgetOptions setWarnAt(double warnAt) {
    this.warnAt = warnAt;
    return this;
  }
}
