package io.llmrelay.provider.wire;

import io.vertx.core.buffer.Buffer;

/**
 * A decoder of newline-delimited JSON: every line that begins with an object or array is an event.
 * Other lines are keep-alives or error messages.
 *
 * <p>The last line may lack a line end, since servers differ in that; it is an event only if it is
 * a complete object, so that a truncated one is not.
 */
public final class NdjsonDecoder implements EventDecoder {
  private final Handler handler;
  private final ByteAccumulator pending = new ByteAccumulator();

  /** The number of pending bytes that were searched for a line end. */
  private int scanned;

  /** Creates a decoder that passes events to a handler. */
  public NdjsonDecoder(Handler handler) {
    this.handler = handler;
  }

  @Override
  public boolean read(Buffer bytes) {
    pending.append(bytes);
    while (scanned < pending.length()) {
      if (pending.bytes()[pending.from() + scanned++] == '\n') {
        line(pending.from(), pending.from() + scanned);
        pending.consume(scanned);
        scanned = 0;
      }
    }
    return pending.length() <= MAX_EVENT;
  }

  private void line(int from, int to) {
    for (int i = from; i < to; i++) {
      byte b = pending.bytes()[i];
      if (b == '{' || b == '[') {
        handler.event(null, pending.bytes(), i, to);
        return;
      }
      if (b > ' ' || b < 0) {
        handler.stray(pending.bytes(), i, to);
        return;
      }
    }
  }

  @Override
  public void end() {
    if (Json.object(pending.bytes(), pending.from(), pending.to()) != null) {
      line(pending.from(), pending.to());
    }
  }

  @Override
  public boolean beginsAsJson() {
    return true;
  }
}
