package io.llmrelay.config;

/** Copies of an alias's requests to another candidate, whose answers are discarded. */
public class ShadowOptions {
  public static final double DEFAULT_SHARE = 0.01;
  public static final int DEFAULT_MAX_OPEN = 4;

  private String candidate;
  private double share = DEFAULT_SHARE;
  private int maxOpen = DEFAULT_MAX_OPEN;

  public ShadowOptions() {}

  public ShadowOptions(ShadowOptions other) {
    candidate = other.candidate;
    share = other.share;
    maxOpen = other.maxOpen;
  }

  /** Returns the candidate that gets the copies. */
  public String getCandidate() {
    return candidate;
  }

  public ShadowOptions setCandidate(String candidate) {
    this.candidate = candidate;
    return this;
  }

  /** Returns the share of the requests that are copied, above 0 and at most 1. */
  public double getShare() {
    return share;
  }

  public ShadowOptions setShare(double share) {
    this.share = share;
    return this;
  }

  /** Returns the most copies that are open at a time; further requests are not copied. */
  public int getMaxOpen() {
    return maxOpen;
  }

  public ShadowOptions setMaxOpen(int maxOpen) {
    this.maxOpen = maxOpen;
    return this;
  }
}
