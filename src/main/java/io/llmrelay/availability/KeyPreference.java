package io.llmrelay.availability;

import java.util.HashSet;
import java.util.Set;

/**
 * What a request prefers among the keys of a backend: the one that its conversation has used, and
 * one with which no attempt of it has failed. Not thread-safe.
 */
public final class KeyPreference {
  private final long affinity;
  private Set<String> failed = Set.of();

  /**
   * @param affinity a hash that the requests of one conversation share; 0 for none
   */
  public KeyPreference(long affinity) {
    this.affinity = affinity;
  }

  long affinity() {
    return affinity;
  }

  /** Records that an attempt failed for a reason that is about its key. */
  public void failed(Permit permit) {
    if (permit.key() != null) {
      failed = failed.isEmpty() ? new HashSet<>() : failed;
      failed.add(permit.accountName());
    }
  }

  boolean hasFailed(Account account) {
    return !failed.isEmpty() && failed.contains(account.name);
  }
}
