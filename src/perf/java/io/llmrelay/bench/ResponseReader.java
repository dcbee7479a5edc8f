package io.llmrelay.bench;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.util.Arrays;
import java.util.Locale;

/** Reads an HTTP response as it comes, and hands over the lines of its body. */
final class ResponseReader {
  /** Where the lines go. The bytes may change after the call. */
  interface Lines {
    void line(byte[] bytes, int from, int to);
  }

  private enum State {
    HEAD,
    SIZE,
    CHUNK,
    AFTER_CHUNK,
    TRAILER,
    PLAIN,
    COMPLETE
  }

  private static final int STATUS_AT = "HTTP/1.1 ".length();
  private static final String LENGTH = "content-length:";
  private static final String CHUNKED = "transfer-encoding: chunked";

  private final Lines lines;

  /** The line of the head or the body that is not finished yet. */
  private byte[] line = new byte[256];

  private int length;
  private State state;
  private int status;
  private long left;
  private boolean chunked;

  ResponseReader(Lines lines) {
    this.lines = lines;
    reset();
  }

  /** The next response begins. */
  void reset() {
    state = State.HEAD;
    length = 0;
    status = 0;
    left = 0;
    chunked = false;
  }

  int status() {
    return status;
  }

  /** Takes the next bytes; true if the response is complete. */
  boolean read(byte[] bytes, int from, int to) {
    int at = from;
    while (at < to && state != State.COMPLETE) {
      switch (state) {
        case HEAD -> at = head(bytes, at, to);
        case CHUNK, PLAIN -> at = body(bytes, at, to);
        default -> frame(bytes[at++]);
      }
    }
    return state == State.COMPLETE;
  }

  private int head(byte[] bytes, int from, int to) {
    int end = Bytes.indexOf(bytes, from, to, (byte) '\n');
    keep(bytes, from, end < 0 ? to : end);
    if (end < 0) {
      return to;
    }
    if (status == 0) {
      status = (int) Bytes.number(line, STATUS_AT, length);
    } else if (length > 1) {
      header(new String(line, 0, length, ISO_8859_1).toLowerCase(Locale.ROOT));
    } else if (chunked) {
      state = State.SIZE;
    } else {
      state = left > 0 ? State.PLAIN : State.COMPLETE;
    }
    length = 0;
    return end + 1;
  }

  private void header(String header) {
    if (header.startsWith(LENGTH)) {
      left = Long.parseLong(header.substring(LENGTH.length()).trim());
    }
    chunked |= header.startsWith(CHUNKED);
  }

  private void frame(byte b) {
    if (state == State.SIZE && b != '\n' && b != '\r') {
      left = left << 4 | Bytes.hex(b);
    } else if (b == '\n') {
      state =
          switch (state) {
            case SIZE -> left > 0 ? State.CHUNK : State.TRAILER;
            case AFTER_CHUNK -> State.SIZE;
            default -> State.COMPLETE;
          };
    }
  }

  private int body(byte[] bytes, int from, int to) {
    int last = (int) Math.min(to, from + left);
    int at = from;
    for (int end = newline(bytes, at, last); end >= 0; end = newline(bytes, at, last)) {
      if (length == 0) {
        lines.line(bytes, at, end);
      } else {
        keep(bytes, at, end);
        lines.line(line, 0, length);
        length = 0;
      }
      at = end + 1;
    }
    keep(bytes, at, last);
    left -= last - from;
    if (left == 0) {
      state = state == State.CHUNK ? State.AFTER_CHUNK : State.COMPLETE;
    }
    return last;
  }

  private static int newline(byte[] bytes, int from, int to) {
    return Bytes.indexOf(bytes, from, to, (byte) '\n');
  }

  private void keep(byte[] bytes, int from, int to) {
    int more = to - from;
    if (length + more > line.length) {
      line = Arrays.copyOf(line, 2 * (length + more));
    }
    System.arraycopy(bytes, from, line, length, more);
    length += more;
  }
}
