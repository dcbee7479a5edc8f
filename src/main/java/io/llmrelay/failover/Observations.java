package io.llmrelay.failover;

/** What is observed of backends and decides on the order of candidates. */
interface Observations {
  /** Returns the open requests of a backend, over all lanes. */
  int open(String backend);

  /** Returns the usual milliseconds to the first chunk of a model; NaN if none was observed. */
  double firstChunkMs(String backend, String model);

  /**
   * Returns whether this request should try a model that was not observed for a while, so that one
   * that has recovered is found. Returns {@code true} to one request only from time to time.
   */
  boolean explore(String backend, String model);
}
