package io.llmrelay.config;

import com.fasterxml.jackson.annotation.JsonCreator;
import io.vertx.core.json.JsonObject;

/** A candidate of an alias. */
public class CandidateOptions {
  /** The default of {@link #getWeight}. */
  public static final int DEFAULT_WEIGHT = 1;

  /** The default of {@link #getTier}. */
  public static final int DEFAULT_TIER = 1;

  private String candidate;
  private int weight = DEFAULT_WEIGHT;
  private int tier = DEFAULT_TIER;

  /** Creates options with the defaults. */
  public CandidateOptions() {}

  /** Creates a candidate of the first tier, with weight 1. */
  @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
  public CandidateOptions(String candidate) {
    this.candidate = candidate;
  }

  /** Creates a copy of other options. */
  public CandidateOptions(CandidateOptions other) {
    candidate = other.candidate;
    weight = other.weight;
    tier = other.tier;
  }

  /**
   * Creates options from JSON as {@link #toJson} writes it.
   *
   * @throws ConfigException if a key is unknown or a value has the wrong form
   */
  public CandidateOptions(JsonObject json) {
    this(ConfigReader.read(json, CandidateOptions.class));
  }

  /** Returns these options as JSON. */
  public JsonObject toJson() {
    return ConfigReader.toJson(this);
  }

  /** Returns the name: {@code backend}, {@code backend/model}, a model or another alias. */
  public String getCandidate() {
    return candidate;
  }

  /** Sets the name: {@code backend}, {@code backend/model}, a model or another alias. */
  public CandidateOptions setCandidate(String candidate) {
    this.candidate = candidate;
    return this;
  }

  /** Returns the share of requests relative to the others of the tier; 0 for a last resort. */
  public int getWeight() {
    return weight;
  }

  /** Sets the share of requests relative to the others of the tier. */
  public CandidateOptions setWeight(int weight) {
    this.weight = weight;
    return this;
  }

  /** Returns the priority: those of tier 1 are tried before those of tier 2, and so on. */
  public int getTier() {
    return tier;
  }

  /** Sets the priority: those of tier 1 are tried before those of tier 2, and so on. */
  public CandidateOptions setTier(int tier) {
    this.tier = tier;
    return this;
  }
}
