package io.llmrelay.config;

/**
 * What may be spent at a backend; a limit that is not given does not hold. Minutes, days and months
 * are those of the calendar in UTC.
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

  /** US dollars a day, by the catalogue's prices; what has no price there is not counted. */
  public Double getDailyUsd() {
    return dailyUsd;
  }

  public BudgetOptions setDailyUsd(Double dailyUsd) {
    this.dailyUsd = dailyUsd;
    return this;
  }

  /** US dollars a month. */
  public Double getMonthlyUsd() {
    return monthlyUsd;
  }

  public BudgetOptions setMonthlyUsd(Double monthlyUsd) {
    this.monthlyUsd = monthlyUsd;
    return this;
  }

  /** Attempts a minute, well or not. */
  public Long getRequestsPerMinute() {
    return requestsPerMinute;
  }

  public BudgetOptions setRequestsPerMinute(Long requestsPerMinute) {
    this.requestsPerMinute = requestsPerMinute;
    return this;
  }

  /** Attempts a day. */
  public Long getRequestsPerDay() {
    return requestsPerDay;
  }

  public BudgetOptions setRequestsPerDay(Long requestsPerDay) {
    this.requestsPerDay = requestsPerDay;
    return this;
  }

  /** Tokens a minute, prompts and answers together. */
  public Long getTokensPerMinute() {
    return tokensPerMinute;
  }

  public BudgetOptions setTokensPerMinute(Long tokensPerMinute) {
    this.tokensPerMinute = tokensPerMinute;
    return this;
  }

  /** Tokens a day. */
  public Long getTokensPerDay() {
    return tokensPerDay;
  }

  public BudgetOptions setTokensPerDay(Long tokensPerDay) {
    this.tokensPerDay = tokensPerDay;
    return this;
  }

  /** The share of a limit at which hooks are told, above 0 and at most 1. */
  public double getWarnAt() {
    return warnAt;
  }

  public BudgetOptions setWarnAt(double warnAt) {
    this.warnAt = warnAt;
    return this;
  }
}
