package io.llmrelay.failover;

import java.util.List;

/**
 * The state of one attempt within the machine: what it has brought, and when.
 *
 * <p>Times are by the machine's clock.
 */
final class Leg {
  /** Counted from 1. */
  final int number;

  final Candidate candidate;
  final long startedAt;

  /** Made once, as every chunk takes one of them. */
  final List<Action> deliver;

  final List<Action> hold;

  /** Whether the response head has arrived. */
  boolean head;

  /** -1 before the first chunk. */
  long firstChunkAt = -1;

  long lastChunkAt;

  /** What the latch holds, in bytes, and what of it counts towards the commit point. */
  long heldBytes;

  long heldCharacters;

  /** Whether a tool call has started. */
  boolean calls;

  /** All that came. */
  long chunks;

  long bytes;
  long characters;

  Leg(int number, Candidate candidate, long startedAt) {
    this.number = number;
    this.candidate = candidate;
    this.startedAt = startedAt;
    deliver = List.of(new Action.Deliver(number));
    hold = List.of(new Action.Hold(number));
  }

  boolean silent() {
    return firstChunkAt < 0;
  }

  void count(int number, int length, int characters, long now) {
    chunks += number;
    bytes += length;
    this.characters += characters;
    firstChunkAt = silent() ? now : firstChunkAt;
    lastChunkAt = now;
  }

  Trail.Timing timing(long now) {
    return new Trail.Timing(startedAt, now - startedAt, silent() ? -1 : firstChunkAt - startedAt);
  }
}
