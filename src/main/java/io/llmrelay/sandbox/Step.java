package io.llmrelay.sandbox;

import io.vertx.core.buffer.Buffer;
import java.util.function.IntFunction;

/**
 * One thing to do while answering. A step may repeat, so that a flood is one small object.
 *
 * @param bytes what the n-th repetition writes; only for {@link Act#WRITE} and {@link Act#RAW}
 * @param first milliseconds before the step is done for the first time
 * @param every milliseconds before each further time
 */
record Step(Act act, IntFunction<Buffer> bytes, int times, int first, int every) {

  enum Act {
    HEAD,
    WRITE,
    WAIT,
    /** Ends the answer as HTTP says. */
    END,
    /** Writes to the connection itself, past HTTP. */
    RAW,
    /** Closes the connection, whatever is still owed. */
    DROP,
    /** The same with a TCP reset. */
    RESET,
    /** Does nothing more, until the client goes. */
    HANG
  }

  static Step of(Act act) {
    return new Step(act, null, 1, 0, 0);
  }

  static Step pause(int millis) {
    return new Step(Act.WAIT, null, 1, millis, 0);
  }

  static Step write(Buffer bytes) {
    return repeat(i -> bytes, 1, 0, 0);
  }

  static Step write(String text) {
    return write(Buffer.buffer(text));
  }

  static Step raw(String text) {
    Buffer bytes = Buffer.buffer(text);
    return new Step(Act.RAW, i -> bytes, 1, 0, 0);
  }

  static Step repeat(IntFunction<Buffer> bytes, int times, int first, int every) {
    return new Step(Act.WRITE, bytes, times, first, every);
  }
}
