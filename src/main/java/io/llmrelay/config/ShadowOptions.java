package io.llmrelay.config;

import io.vertx.core.json.JsonObject;

/** Copies of an alias's requests to another candidate, whose answers are discarded. */
public class ShadowOptions {
  /** The default of {@link #getShare}. */
  public static final double DEFAULT_SHARE = 0.01;

  /** The default of {@link #getMaxOpen}. */
  public static final int DEFAULT_MAX_OPEN = 4;

  private String candidate;
  private double share = DEFAULT_SHARE;
  private int maxOpen = DEFAULT_MAX_OPEN;

  /** Creates options with the defaults. */
  public ShadowOptions() {}

  /** Creates a copy of other options. */
  public ShadowOptions(ShadowOptions other) {
    candidate = other.candidate;
    share = other.share;
    maxOpen = other.maxOpen;
  }

  /**
   * Creates options from JSON as {@link #toJson} writes it.
   *
   * @throws ConfigException if a key is unknown or a value has the wrong form
   */
  public ShadowOptions(JsonObject json) {
    this(ConfigReader.read(json, ShadowOptions.class));
  }

  /** Returns these options as JSON. */
  public JsonObject toJson() {
    return ConfigReader.toJson(this);
  }

  /** Returns the candidate that gets the copies. */
  public String getCandidate() {
    return candidate;
  }

  /** Sets the candidate that gets the copies. */
  public ShadowOptions setCandidate(String candidate) {
    this.candidate = candidate;
    return this;
  }

  /** Returns the share of the requests that are copied, above 0 and at most 1. */
  public double getShare() {
    return share;
  }

  /** Sets the share of the requests that are copied, above 0 and at most 1. */
  public ShadowOptions setShare(double share) {
    this.share = share;
    return this;
  }

  /** Returns the most copies that are open at a time; further requests are not copied. */
  public int getMaxOpen() {
    return maxOpen;
  }

  /** Sets the most copies that are open at a time. */
  public ShadowOptions setMaxOpen(int maxOpen) {
    this.maxOpen = maxOpen;
    return this;
  }
}
