package io.llmrelay.cluster;

/** The limits that nodes share. */
public interface Sharing {

  /** Shares a limit. */
  void add(SharedLimit limit);

  /** Stops to share a limit. */
  void remove(SharedLimit limit);
}
