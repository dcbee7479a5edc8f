package io.llmrelay.availability;

import io.llmrelay.chat.RelayHints.Prefer;
import io.llmrelay.chat.SkipReason;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/** The keys of a backend, at least one, and the choice among them. Immutable. */
final class Keys implements Iterable<Account> {
  private final List<Account> accounts;
  private final long[] hashes;
  private final Prefer prefer;

  Keys(List<Account> accounts, Prefer prefer) {
    this.accounts = List.copyOf(accounts);
    this.prefer = prefer;
    hashes = accounts.stream().mapToLong(account -> Rendezvous.hash(account.name)).toArray();
  }

  int size() {
    return accounts.size();
  }

  Account get(int index) {
    return accounts.get(index);
  }

  List<Account> all() {
    return accounts;
  }

  @Override
  public Iterator<Account> iterator() {
    return accounts.iterator();
  }

  /** Returns whether a key may be used now with which no attempt of the request has failed. */
  boolean hasOther(String model, Cost expected, KeyPreference preference) {
    for (Account account : accounts) {
      if (!preference.hasFailed(account) && account.check(model, expected) == null) {
        return accounts.size() > 1;
      }
    }
    return false;
  }

  /**
   * Returns why no key may be used now, or {@code null}: the skip of one that lacks only a slot, or
   * else of the one that is available first.
   */
  Skip check(String model, Cost expected) {
    Account soonest = null;
    Skip first = null;
    for (Account account : accounts) {
      Skip skip = account.check(model, expected);
      if (skip == null) {
        return null;
      }
      if (first == null || rank(skip) < rank(first)) {
        first = skip;
        soonest = account;
      }
    }
    return accounts.size() == 1
        ? first
        : new Skip(
            first.reason(),
            first.kind(),
            "none of " + size() + " keys, " + soonest.key + ": " + first.message(),
            first.availableInMs());
  }

  /** Returns an order of skips; requests can queue for a key that lacks only a slot. */
  private static long rank(Skip skip) {
    return isSaturated(skip)
        ? -1
        : skip.availableInMs() < 0 ? Long.MAX_VALUE : skip.availableInMs();
  }

  /** Returns the slots of the keys that lack only a slot. */
  List<Slots> lacking(String model) {
    return accounts.stream()
        .filter(account -> isSaturated(account.check(model, null)))
        .map(account -> account.slots)
        .toList();
  }

  private static boolean isSaturated(Skip skip) {
    return skip != null && skip.reason() == SkipReason.SATURATED;
  }

  /** Takes over the slot of a key that was granted to a request; -1 if none was. */
  int redeem(SlotQueue queue) {
    for (int i = 0; queue != null && i < accounts.size(); i++) {
      if (queue.redeem(accounts.get(i).slots)) {
        return i;
      }
    }
    return -1;
  }

  /**
   * Returns the index of the preferred key that may be used: one that has not failed before one
   * that has, and if the request has waited, the first whose cooldown ends.
   *
   * @param rejected the keys not to choose, a bit for each index
   * @return -1 if there is none
   */
  int choose(String model, Cost expected, boolean waited, KeyPreference preference, long rejected) {
    if (accounts.size() == 1) {
      return rejected == 0 ? 0 : -1;
    }
    int best = -1;
    int bestRank = Integer.MAX_VALUE;
    double bestScore = Double.POSITIVE_INFINITY;
    for (int i = 0; i < accounts.size(); i++) {
      Account account = accounts.get(i);
      Skip skip = (rejected >>> i & 1) != 0 ? null : account.check(model, expected);
      boolean never = skip != null && !(waited && skip.availableInMs() >= 0);
      if (never || (rejected >>> i & 1) != 0) {
        continue;
      }
      int rank = skip != null ? 2 : preference.hasFailed(account) ? 1 : 0;
      double score = skip != null ? skip.availableInMs() : score(i, preference);
      if (rank < bestRank || (rank == bestRank && score < bestScore)) {
        best = i;
        bestRank = rank;
        bestScore = score;
      }
    }
    return best;
  }

  /** Returns whether a key is the one that the conversation of a request is attached to. */
  boolean isPreferred(Account account, KeyPreference preference) {
    if (accounts.size() == 1 || preference.affinity() == 0 || prefer == Prefer.ORDER) {
      return accounts.get(0) == account;
    }
    Account best = null;
    double lowest = Double.POSITIVE_INFINITY;
    for (int i = 0; i < accounts.size(); i++) {
      double score = score(i, preference);
      best = score < lowest ? accounts.get(i) : best;
      lowest = Math.min(score, lowest);
    }
    return best == account;
  }

  private double score(int index, KeyPreference preference) {
    Account account = accounts.get(index);
    if (prefer == Prefer.ORDER) {
      return index;
    }
    if (preference.affinity() != 0) {
      return Rendezvous.score(preference.affinity(), hashes[index], account.weight);
    }
    ThreadLocalRandom random = ThreadLocalRandom.current();
    return prefer == Prefer.LEAST_BUSY
        ? (account.slots.inUse() + random.nextDouble()) / account.weight
        : Rendezvous.score(random.nextLong(), account.weight);
  }
}
