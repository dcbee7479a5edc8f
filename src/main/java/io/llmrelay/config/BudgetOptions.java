package io.llmrelay.config;

/**
 * The limits for the use of a backend; a limit that is {@code null} does not apply. Minutes, days
 * and months are calendar units in UTC.
 */
public class BudgetOptions {
  public static final double DEFAULT_WARN_AT = 0.8;

  private Double dailyUsd;
  private Double monthlyUsd;
  private Long requestsPerMinute;
  private Long requestsPerDay;
  private Long tokensPerMinute;
  private Long tokensPerDay;
  private double warnAt = DEFAULT_WARN_AT;

  public BudgetOptions() {}

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
   * Returns US dollars per day by the catalogue's prices; models without a price are not counted.
   */
  public Double getDailyUsd() {
    return dailyUsd;
  }

  public BudgetOptions setDailyUsd(Double dailyUsd) {
    this.dailyUsd = dailyUsd;
    return this;
  }

  /** Returns US dollars per month. */
  public Double getMonthlyUsd() {
    return monthlyUsd;
  }

  public BudgetOptions setMonthlyUsd(Double monthlyUsd) {
    this.monthlyUsd = monthlyUsd;
    return this;
  }

  /** Returns attempts per minute, failed ones included. */
  public Long getRequestsPerMinute() {
    return requestsPerMinute;
  }

  public BudgetOptions setRequestsPerMinute(Long requestsPerMinute) {
    this.requestsPerMinute = requestsPerMinute;
    return this;
  }

  /** Returns attempts per day. */
  public Long getRequestsPerDay() {
    return requestsPerDay;
  }

  public BudgetOptions setRequestsPerDay(Long requestsPerDay) {
    this.requestsPerDay = requestsPerDay;
    return this;
  }

  /** Returns tokens per minute, input and output together. */
  public Long getTokensPerMinute() {
    return tokensPerMinute;
  }

  public BudgetOptions setTokensPerMinute(Long tokensPerMinute) {
    this.tokensPerMinute = tokensPerMinute;
    return this;
  }

  /** Returns tokens per day. */
  public Long getTokensPerDay() {
    return tokensPerDay;
  }

  public BudgetOptions setTokensPerDay(Long tokensPerDay) {
    this.tokensPerDay = tokensPerDay;
    return this;
  }

  /** Returns the share of a limit at which listeners are notified, above 0 and at most 1. */
  public double getWarnAt() {
    return warnAt;
  }

  public BudgetOptions setWarnAt(double warnAt) {
    this.warnAt = warnAt;
    return this;
  }
}
