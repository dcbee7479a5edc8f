package io.llmrelay.failover;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** Observations that a test makes up. */
final class Observed implements Observations {
  final Map<String, Integer> open = new HashMap<>();
  final Map<String, Double> firstChunkMs = new HashMap<>();
  final Set<String> explored = new HashSet<>();

  @Override
  public int open(String backend) {
    return open.getOrDefault(backend, 0);
  }

  @Override
  public double firstChunkMs(String backend, String model) {
    return firstChunkMs.getOrDefault(backend, Double.NaN);
  }

  @Override
  public boolean explore(String backend, String model) {
    return explored.remove(backend);
  }
}
