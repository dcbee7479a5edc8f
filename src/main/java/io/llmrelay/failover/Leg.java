package io.llmrelay.failover;

import java.util.List;

/** The state of one attempt within the state machine: what has arrived, and when by its clock. */
final class Leg {
  /** Counted from 1. */
  final int number;

  final Candidate candidate;
  final long startedAt;

  /** Created once, because every chunk returns one of them. */
  final List<Action> deliver;

  final List<Action> hold;

  /** Whether the response head has arrived. */
  boolean head;

  /** The time of the first chunk; -1 before it. */
  long firstChunkAt = -1;

  long lastChunkAt;

  /** Bytes that the latch holds. */
  long heldBytes;

  /** Characters that count towards the commit point. */
  long heldCharacters;

  /** Whether a tool call has started. */
  boolean calls;

  /** Everything that has arrived. */
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
