package io.llmrelay.failover;

import io.llmrelay.chat.RelayHints.Prefer;
import java.util.List;

/**
 * A configured name for several candidates, which count as one.
 *
 * @param prefer the order of the members; {@code null} for that of every request
 * @param members the candidates
 * @param shadow what gets copies of requests, or {@code null}
 */
public record Alias(Prefer prefer, List<Member> members, Shadow shadow) {

  /** Creates an alias whose candidates are tried in order. */
  public static Alias of(List<String> candidates) {
    return new Alias(null, candidates.stream().map(name -> new Member(name, 1, 1)).toList(), null);
  }

  /**
   * A candidate of an alias.
   *
   * @param candidate its name: a backend, a model, {@code backend/model} or another alias
   * @param weight its share of the requests relative to the others of its tier
   * @param tier its priority: those of a tier precede all of higher tiers
   */
  public record Member(String candidate, int weight, int tier) {}

  /**
   * Copies of requests whose answers are discarded.
   *
   * @param candidate what gets them
   * @param share the share of requests that are copied, from 0 to 1
   * @param maxOpen the most copies that are open at a time, on each lane
   */
  public record Shadow(String candidate, double share, int maxOpen) {}
}
