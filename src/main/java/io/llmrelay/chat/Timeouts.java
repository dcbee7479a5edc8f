package io.llmrelay.chat;

import java.time.Duration;

/**
 * How long each phase may take. A {@code null} means: not said here, take it from the
 * configuration.
 *
 * @param connect from asking for a connection (the wait for a free one included) to having it
 * @param head from the start of the attempt to the response head
 * @param firstChunk from the start of the attempt to the first chunk
 * @param stall between two chunks, while the consumer is reading
 * @param total from the request to its end
 */
public record Timeouts(
    Duration connect, Duration head, Duration firstChunk, Duration stall, Duration total) {

  /** Nothing said. */
  public static final Timeouts UNSET = new Timeouts(null, null, null, null, null);

  /** These, and where they say nothing, those. */
  public Timeouts or(Timeouts other) {
    return new Timeouts(
        connect != null ? connect : other.connect,
        head != null ? head : other.head,
        firstChunk != null ? firstChunk : other.firstChunk,
        stall != null ? stall : other.stall,
        total != null ? total : other.total);
  }
}
