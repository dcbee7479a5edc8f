package io.llmrelay.cli.litellm;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A candidate of a converted alias.
 *
 * @param name the backend and the model
 * @param weight the share of the requests in relation to the others of the tier
 * @param tier the candidates of tier 1 come first
 */
record Candidate(String name, long weight, int tier) {
  static final long MAX_WEIGHT = 1_000_000;
  static final int MAX_TIER = 100;

  static Candidate of(String name) {
    return new Candidate(name, 1, 1);
  }

  /** Returns the same candidate, this many tiers later. */
  Candidate after(int tiers) {
    return new Candidate(name, weight, Math.min(tier + tiers, MAX_TIER));
  }

  private Object toTree() {
    if (weight == 1 && tier == 1) {
      return name;
    }
    Map<String, Object> tree = new LinkedHashMap<>();
    tree.put("candidate", name);
    if (weight != 1) {
      tree.put("weight", weight);
    }
    if (tier != 1) {
      tree.put("tier", tier);
    }
    return tree;
  }

  /**
   * Returns the shortest form of an alias with these candidates.
   *
   * @param shadow the candidate that gets a copy of every request; {@code null} if none does
   */
  static Object toTree(List<Candidate> candidates, String shadow) {
    List<Object> trees = candidates.stream().map(Candidate::toTree).toList();
    if (shadow == null && trees.stream().allMatch(String.class::isInstance)) {
      return trees;
    }
    Map<String, Object> tree = new LinkedHashMap<>();
    tree.put("candidates", trees);
    if (shadow != null) {
      tree.put("shadow", Map.of("candidate", shadow, "share", 1.0));
    }
    return tree;
  }
}
