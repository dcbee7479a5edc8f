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

  /** Returns the shortest form of an alias with these candidates. */
  static Object toTree(List<Candidate> candidates) {
    List<Object> trees = candidates.stream().map(Candidate::toTree).toList();
    return trees.stream().allMatch(String.class::isInstance) ? trees : Map.of("candidates", trees);
  }
}
