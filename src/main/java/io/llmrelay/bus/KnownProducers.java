package io.llmrelay.bus;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The private addresses of producers that accepted streams, for each service. */
final class KnownProducers {
  /** The most producers that are kept for a service. */
  static final int MAX = 64;

  /** By service, the one that accepted a stream last at the end. */
  private final Map<String, List<String>> peers = new HashMap<>();

  /** Notes that a producer accepted a stream of a service. */
  void accepted(String service, String peer) {
    List<String> known = peers.computeIfAbsent(service, name -> new ArrayList<>());
    known.remove(peer);
    if (known.size() == MAX) {
      known.remove(0);
    }
    known.add(peer);
  }

  /** Removes a producer that vanished. */
  void lost(String peer) {
    peers.values().forEach(known -> known.remove(peer));
  }

  /** Returns the producer that accepted a stream last and is none of these, or {@code null}. */
  String latest(String service, Set<String> without) {
    List<String> known = peers.getOrDefault(service, List.of());
    for (int i = known.size() - 1; i >= 0; i--) {
      if (!without.contains(known.get(i))) {
        return known.get(i);
      }
    }
    return null;
  }
}
