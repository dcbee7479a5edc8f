package io.llmrelay.provider.wire;

import io.vertx.core.buffer.Buffer;
import java.io.IOException;

/** Cuts the bytes of a stream into its events, as they come. */
public interface EventDecoder {
  /** Longest event, in bytes. */
  int MAX_EVENT = 1 << 20;

  /** What comes out. The bytes belong to the decoder and change after the call. */
  interface Handler {
    /**
     * An event.
     *
     * @param name its name, or {@code null} where it has none; {@code error} is always an error
     */
    void event(String name, byte[] bytes, int from, int to);

    /**
     * Text that is no event, but may be an error: lines without a known field, the value of a field
     * named {@code error}, or what the stream's end left unfinished.
     */
    void stray(byte[] bytes, int from, int to);
  }

  /**
   * Takes the next bytes.
   *
   * @return false if an event is too long; the decoder must not be used any more then
   * @throws IOException if the stream is broken, and where its next event begins cannot be told
   */
  boolean read(Buffer bytes) throws IOException;

  /** Nothing more comes. */
  void end();

  /** Signs of life so far that are no events. */
  default int comments() {
    return 0;
  }

  /** Whether a stream may begin as JSON does; otherwise such a body is one whole answer. */
  default boolean beginsAsJson() {
    return false;
  }
}
