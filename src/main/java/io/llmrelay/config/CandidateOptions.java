package io.llmrelay.config;

import com.fasterxml.jackson.annotation.JsonCreator;

/** A candidate of an alias. */
public class CandidateOptions {
  public static final int DEFAULT_WEIGHT = 1;
  public static final int DEFAULT_TIER = 1;

  private String candidate;
  private int weight = DEFAULT_WEIGHT;
  private int tier = DEFAULT_TIER;

  public CandidateOptions() {}

  /** Creates a candidate of the first tier, with weight 1. */
  @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
  public CandidateOptions(String candidate) {
    this.candidate = candidate;
  }

  public CandidateOptions(CandidateOptions other) {
    candidate = other.candidate;
    weight = other.weight;
    tier = other.tier;
  }

  /** Returns the name: {@code backend}, {@code backend/model}, a model or another alias. */
  public String getCandidate() {
    return candidate;
  }

  public CandidateOptions setCandidate(String candidate) {
    this.candidate = candidate;
    return this;
  }

  /** Returns the share of requests relative to the others of the tier; 0 for a last resort. */
  public int getWeight() {
    return weight;
  }

  public CandidateOptions setWeight(int weight) {
    this.weight = weight;
    return this;
  }

  /** Returns the priority: those of tier 1 are tried before those of tier 2, and so on. */
  public int getTier() {
    return tier;
  }

  public CandidateOptions setTier(int tier) {
    this.tier = tier;
    return this;
  }
}
