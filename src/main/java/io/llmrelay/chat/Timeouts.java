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

  /**
   * The default of {@code firstChunk}: a chat model that is silent for so long is worth leaving.
   */
  public static final Duration FIRST_CHUNK = Duration.ofSeconds(10);

  /**
   * The default of {@code firstChunk} for a model that the catalogue knows to think before it
   * answers. Such a model mostly hides it, and leaving it throws away work that is paid for, only
   * to begin again elsewhere. It is still short enough that the default budget of five minutes
   * outlasts several silent backends.
   */
  public static final Duration REASONING_FIRST_CHUNK = Duration.ofSeconds(60);

  /** The default of {@code firstChunk} for embeddings, which come all at once. */
  public static final Duration EMBEDDING_FIRST_CHUNK = Duration.ofSeconds(60);

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
