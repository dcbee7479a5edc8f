package io.llmrelay.failover;

import io.llmrelay.availability.Rendezvous;
import io.llmrelay.chat.RelayHints.Prefer;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Orders the members of a group: first by tier, then by what is preferred.
 *
 * <p>If the request belongs to a conversation, the order by weight, load or latency gives way to
 * weighted {@linkplain Rendezvous rendezvous hashing}, which is the same for all requests of the
 * conversation and on every node. Members that are much busier or much slower than the best one are
 * left to the end.
 */
final class Ranking {
  /** How much more than its share of the open requests a member of a conversation may have. */
  private static final double MAX_LOAD = 1.25;

  /** How much slower than the fastest a member of a conversation may be. */
  private static final double MAX_SLOWNESS = 2;

  private static final double SLOWNESS_MS = 50;

  /** A member of a group, with what decides on its place. */
  static final class Member {
    final Planner.Choice first;
    final List<Planner.Choice> choices;
    private final int weight;
    private final int tier;
    private final long name;

    /** The rendezvous rank; lower is preferred. */
    private double affinity;

    /** Whether it is much worse than others and comes after them. */
    private boolean far;

    private double score;

    /**
     * @param choices the candidates of the member, in order; more than one for an alias
     * @param name a hash of the member's name
     */
    Member(List<Planner.Choice> choices, int weight, int tier, long name) {
      this.first = choices.get(0);
      this.choices = choices;
      this.weight = weight;
      this.tier = tier;
      this.name = name;
    }
  }

  private static final Comparator<Member> ORDER =
      Comparator.<Member>comparingInt(member -> member.tier)
          .thenComparing(member -> member.far)
          .thenComparingDouble(member -> member.score);

  private final Observations observations;
  private final Conversation conversation;

  /** Whether this is for a request, which may explore, and not only to show the order. */
  private final boolean real;

  Ranking(Observations observations, Conversation conversation, boolean real) {
    this.observations = observations;
    this.conversation = conversation;
    this.real = real;
  }

  /** Sorts members, and returns the one that the conversation is attached to. */
  Member sort(List<Member> members, Prefer prefer) {
    boolean attached = conversation.hash() != 0 && prefer != Prefer.ORDER && prefer != Prefer.COST;
    for (Member member : members) {
      member.affinity =
          attached ? Rendezvous.score(conversation.hash(), member.name, member.weight) : 0;
    }
    switch (prefer) {
      case ORDER -> {}
      case COST -> members.forEach(member -> member.score = cost(member.first));
      case WEIGHT -> members.forEach(member -> member.score = attached ? 0 : draw(member));
      case LEAST_BUSY -> byLoad(members, attached);
      case LOWEST_LATENCY -> byLatency(members, attached);
    }
    if (attached) {
      members.forEach(member -> member.score = member.far ? member.score : member.affinity);
    }
    members.sort(ORDER);
    Member pinned = members.get(0);
    for (Member member : members) {
      if (attached && member.tier == pinned.tier && member.affinity < pinned.affinity) {
        pinned = member;
      }
    }
    return pinned;
  }

  private static double cost(Planner.Choice choice) {
    return choice.costUsd() == null ? Double.MAX_VALUE : choice.costUsd();
  }

  private static double draw(Member member) {
    return Rendezvous.score(ThreadLocalRandom.current().nextLong(), member.weight);
  }

  private void byLoad(List<Member> members, boolean attached) {
    double total = 1;
    double weights = 0;
    for (Member member : members) {
      int open = observations.open(member.first.candidate().backend());
      member.first.observe(open);
      total += open;
      weights += member.weight;
      member.score =
          member.weight == 0
              ? Double.MAX_VALUE
              : (open + ThreadLocalRandom.current().nextDouble()) / member.weight;
    }
    for (Member member : members) {
      double share = Math.ceil(MAX_LOAD * total * member.weight / weights);
      member.far = attached && member.first.observed() >= share;
    }
  }

  private void byLatency(List<Member> members, boolean attached) {
    double best = Double.POSITIVE_INFINITY;
    for (Member member : members) {
      Candidate candidate = member.first.candidate();
      double ms = observations.firstChunkMs(candidate.backend(), candidate.model());
      member.first.observe(ms);
      best = ms < best ? ms : best;
    }
    boolean explores = real;
    for (Member member : members) {
      Candidate candidate = member.first.candidate();
      double ms = member.first.observed();
      boolean worse = Double.isNaN(ms) || ms > best;
      boolean explored =
          explores && worse && observations.explore(candidate.backend(), candidate.model());
      explores &= !explored;
      // Members that were never observed come last, in random order, until they are explored.
      member.score = explored ? -1 : Double.isNaN(ms) ? Double.MAX_VALUE * random() : ms;
      member.far = attached && !explored && ms > MAX_SLOWNESS * best + SLOWNESS_MS;
    }
  }

  private static double random() {
    return 0.5 + ThreadLocalRandom.current().nextDouble() / 2;
  }
}
