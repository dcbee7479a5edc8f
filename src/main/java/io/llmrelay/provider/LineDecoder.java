package io.llmrelay.provider;

import io.vertx.core.buffer.Buffer;

/**
 * Cuts lines of JSON: every line that begins as an object or array is an event. Other lines are
 * keep-alives, or somebody else's words.
 *
 * <p>A last line without a line end counts only if it is a whole object; servers differ in whether
 * they end it, and a cut one proves itself by its braces.
 */
public final class LineDecoder implements EventDecoder {
  private final Handler handler;
  private final Pending pending = new Pending();

  /** How many of the pending bytes are known to hold no line end. */
  private int scanned;

  public LineDecoder(Handler handler) {
    this.handler = handler;
  }

  @Override
  public boolean read(Buffer bytes) {
    pending.append(bytes);
    while (scanned < pending.length()) {
      if (pending.bytes()[pending.from() + scanned++] == '\n') {
        line(pending.from(), pending.from() + scanned);
        pending.use(scanned);
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
