package io.llmrelay.provider.wire;

import io.vertx.core.buffer.Buffer;
import java.io.IOException;

/** An incremental decoder of a stream's bytes into events. */
public interface EventDecoder {
  /** The longest event, in bytes. */
  int MAX_EVENT = 1 << 20;

  /** Receives events. The bytes are valid only during the call. */
  interface Handler {
    /**
     * Called for each event.
     *
     * @param name the name of the event, or {@code null}; {@code error} is always an error
     */
    void event(String name, byte[] bytes, int from, int to);

    /**
     * Called for text outside of events, which may be an error: lines without a known field, the
     * value of a field named {@code error}, or the incomplete event at the end of the stream.
     */
    void stray(byte[] bytes, int from, int to);
  }

  /** Sets the longest event, in bytes; without effect in formats that carry nothing long. */
  default void limit(int bytes) {}

  /**
   * Decodes the next bytes.
   *
   * @return false if an event is too long; the decoder must not be used afterwards
   * @throws IOException if the stream is corrupt and cannot be resynchronized
   */
  boolean read(Buffer bytes) throws IOException;

  /** Processes the end of the stream. */
  void end();

  /** Returns the number of comments so far, which are keep-alives. */
  default int comments() {
    return 0;
  }

  /**
   * Returns whether a stream of this format begins like JSON; otherwise a JSON body is one answer.
   */
  default boolean beginsAsJson() {
    return false;
  }
}
