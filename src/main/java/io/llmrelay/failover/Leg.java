package io.llmrelay.failover;

import java.util.List;

/** The state of one attempt within the state machine: its progress, with times by the clock. */
final class Leg {
  /** Counted from 1. */
  final int number;

  final Candidate candidate;

  /** The name of the backend's key, or {@code null}. */
  final String key;

  /** What {@link Admission#affinity} returns. */
  final String affinity;

  final long startedAt;

  /** The actions for a chunk, allocated once per attempt. */
  final List<Action> deliver;

  final List<Action> hold;

  /** When the next candidate is to start beside this attempt; {@link Long#MAX_VALUE} for never. */
  long hedgeAt = Long.MAX_VALUE;

  /** The place of its entry in the trail; -1 before it has one. */
  int trailIndex = -1;

  /** The bytes delivered before its output continued them; -1 if it has not resumed an answer. */
  long resumedAt = -1;

  /** The totals of an attempt to resume that were received and not delivered. */
  long skippedChunks;

  long skippedBytes;

  /** Whether the response head has arrived. */
  boolean headReceived;

  /** The time of the first chunk; -1 before its arrival. */
  long firstChunkAt = -1;

  long lastChunkAt;

  /** The bytes that the latch holds. */
  long heldBytes;

  /** The characters before the commit point that count towards it. */
  long heldCharacters;

  /** Whether a tool call has started. */
  boolean hasToolCalls;

  /** The totals received, before and after the commit point. */
  long chunks;

  long bytes;
  long characters;

  Leg(int number, Candidate candidate, String key, String affinity, long startedAt) {
    this.number = number;
    this.candidate = candidate;
    this.key = key;
    this.affinity = affinity;
    this.startedAt = startedAt;
    deliver = List.of(new Action.Deliver(number));
    hold = List.of(new Action.Hold(number));
  }

  /** Returns whether no chunk has arrived. */
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
