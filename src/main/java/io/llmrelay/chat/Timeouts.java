package io.llmrelay.chat;

import java.time.Duration;

/**
 * The timeouts of the phases of a request. A {@code null} is an unset timeout, for which the
 * configuration applies.
 *
 * @param connect from requesting a connection to obtaining it, including the wait for a free one
 * @param head from the start of the attempt to the response head
 * @param firstChunk from the start of the attempt to the first chunk
 * @param stall between two chunks, while the consumer is reading
 * @param total from the start of the request to its end
 */
public record Timeouts(
    Duration connect, Duration head, Duration firstChunk, Duration stall, Duration total) {

  /**
   * The default of {@code firstChunk}. A model that does not reason has usually begun long before.
   */
  public static final Duration FIRST_CHUNK = Duration.ofSeconds(10);

  /**
   * The default of {@code firstChunk} for models that reason before they answer, by the catalogue.
   * Most of them send nothing while they reason, and aborting them wastes tokens that are paid for.
   * It is short enough to try several silent backends within the default total timeout of five
   * minutes.
   */
  public static final Duration REASONING_FIRST_CHUNK = Duration.ofSeconds(60);

  /** The default of {@code firstChunk} for embeddings, which come all at once. */
  public static final Duration EMBEDDING_FIRST_CHUNK = Duration.ofSeconds(60);

  /** No timeout is set. */
  public static final Timeouts UNSET = new Timeouts(null, null, null, null, null);

  /** Returns these timeouts, with unset ones taken from the others. */
  public Timeouts or(Timeouts other) {
    return new Timeouts(
        connect != null ? connect : other.connect,
        head != null ? head : other.head,
        firstChunk != null ? firstChunk : other.firstChunk,
        stall != null ? stall : other.stall,
        total != null ? total : other.total);
  }
}
