package io.llmrelay.sandbox;

import io.vertx.core.buffer.Buffer;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * One action while a response is written. A step may repeat, so that a flood is one small object.
 *
 * @param bytes the bytes that the n-th repetition writes; only for {@link Action#WRITE}, {@link
 *     Action#PLAIN} and {@link Action#RAW}
 * @param first milliseconds before the first execution
 * @param every milliseconds before each repetition
 */
record Step(Action action, IntFunction<Buffer> bytes, int times, int first, int every) {

  enum Action {
    HEAD,
    WRITE,
    WAIT,
    /** Ends the response as HTTP requires. */
    END,
    /** Writes to the body without its compression. */
    PLAIN,
    /** Writes to the connection, bypassing the HTTP encoder. */
    RAW,
    /** Closes the connection before the end of the response. */
    DROP,
    /** Closes the connection with a TCP reset. */
    RESET,
    /** Resets the HTTP/2 stream with REFUSED_STREAM; over HTTP/1.1 as {@link #DROP}. */
    REFUSE_STREAM,
    /** Resets the HTTP/2 stream with INTERNAL_ERROR; over HTTP/1.1 as {@link #DROP}. */
    RESET_STREAM,
    /** Sends a GOAWAY whose last stream is this one, and goes on; over HTTP/1.1 does nothing. */
    GOAWAY,
    /** Sends a GOAWAY whose last stream is before this one; over HTTP/1.1 as {@link #DROP}. */
    GOAWAY_REFUSE,
    /** Waits until the client disconnects. */
    HANG
  }

  static Step of(Action action) {
    return new Step(action, null, 1, 0, 0);
  }

  static Step pause(int millis) {
    return new Step(Action.WAIT, null, 1, millis, 0);
  }

  static Step write(Buffer bytes) {
    return repeat(i -> bytes, 1, 0, 0);
  }

  static Step write(String text) {
    return write(Buffer.buffer(text));
  }

  /** Returns steps that write each byte on its own. */
  Stream<Step> drip() {
    return action != Action.WRITE
        ? Stream.of(this)
        : IntStream.range(0, times).mapToObj(i -> drip(bytes.apply(i), i == 0 ? first : every));
  }

  private static Step drip(Buffer all, int delay) {
    return repeat(i -> all.slice(i, i + 1), all.length(), delay, 0);
  }

  static Step raw(Buffer bytes) {
    return new Step(Action.RAW, i -> bytes, 1, 0, 0);
  }

  static Step repeat(IntFunction<Buffer> bytes, int times, int first, int every) {
    return new Step(Action.WRITE, bytes, times, first, every);
  }
}
