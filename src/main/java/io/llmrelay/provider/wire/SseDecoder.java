package io.llmrelay.provider.wire;

import io.vertx.core.buffer.Buffer;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * An incremental decoder of server-sent events.
 *
 * <p>Each read is copied once, behind the incomplete line and event of the previous reads, and no
 * byte is scanned twice: {@code scan} is the position of the search for line ends. Several data
 * lines of an event are joined in place: a later line moves towards the front, over the line end
 * and the field name before it.
 *
 * <p>LF, CR and CRLF end a line; a CR ends it at once, and an LF that follows is dropped even if it
 * arrives with the next read. An event without data is ignored. So is an event at the end of the
 * stream that no empty line terminates, or a truncated stream would look complete.
 *
 * <p>Some servers report an error as bare JSON, or in a field named {@code error}. Such text is
 * passed to {@link Handler#stray}.
 */
public final class SseDecoder implements EventDecoder {
  /** The most text between events that is kept, in bytes. */
  public static final int MAX_STRAY = 64 * 1024;

  private static final int INITIAL_BUFFER = 4 * 1024;

  /** A larger buffer is replaced by a small one once it is empty. */
  private static final int LARGE_BUFFER = 64 * 1024;

  private static final byte[] BOM = {(byte) 0xEF, (byte) 0xBB, (byte) 0xBF};
  private static final byte[] DATA = {'d', 'a', 't', 'a'};
  private static final byte[] EVENT = {'e', 'v', 'e', 'n', 't'};
  private static final byte[] ERROR = {'e', 'r', 'r', 'o', 'r'};
  private static final byte[] ID = {'i', 'd'};
  private static final byte[] RETRY = {'r', 'e', 't', 'r', 'y'};
  private static final int LONGEST_NAME = 5;

  private final Handler handler;
  private final ByteArrayOutputStream stray = new ByteArrayOutputStream(0);
  private byte[] buffer = new byte[INITIAL_BUFFER];
  private int line;
  private int scan;
  private int limit;
  private int dataFrom = -1;
  private int dataTo;
  private String name;
  private boolean afterCr;
  private boolean begun;
  private int comments;

  /** Creates a decoder that passes events to a handler. */
  public SseDecoder(Handler handler) {
    this.handler = handler;
  }

  /** Returns the number of comment lines so far. */
  @Override
  public int comments() {
    return comments;
  }

  @Override
  public boolean read(Buffer bytes) {
    append(bytes);
    while (scan < limit) {
      byte b = buffer[scan++];
      if (b == '\n' && afterCr) {
        afterCr = false;
        line = scan;
      } else {
        afterCr = b == '\r';
        if (afterCr || b == '\n') {
          int end = scan - 1;
          int from = begin(end);
          line = scan;
          if (from == end) {
            dispatch();
          } else {
            field(from, end);
          }
        }
      }
    }
    return limit - kept() <= MAX_EVENT;
  }

  @Override
  public void end() {
    int from = begin(limit);
    line = limit;
    if (from < limit) {
      field(from, limit);
    }
    flushStray();
    if (dataFrom >= 0) {
      handler.stray(buffer, dataFrom, dataTo);
      dataFrom = -1;
    }
  }

  private int kept() {
    return dataFrom >= 0 ? dataFrom : line;
  }

  private void append(Buffer bytes) {
    int kept = kept();
    if (kept == limit && buffer.length > LARGE_BUFFER) {
      buffer = new byte[INITIAL_BUFFER];
    } else if (kept > 0) {
      System.arraycopy(buffer, kept, buffer, 0, limit - kept);
    }
    line -= kept;
    scan -= kept;
    limit -= kept;
    if (dataFrom >= 0) {
      dataTo -= kept;
      dataFrom = 0;
    }
    int length = bytes.length();
    if (limit + length > buffer.length) {
      buffer = Arrays.copyOf(buffer, Math.max(limit + length, 2 * buffer.length));
    }
    bytes.getBytes(0, length, buffer, limit);
    limit += length;
  }

  /** Returns the start of the current line, after the byte order mark of the first one. */
  private int begin(int end) {
    boolean first = !begun;
    begun = true;
    return first && starts(line, end, BOM) ? line + BOM.length : line;
  }

  private void field(int from, int end) {
    int colon = from;
    int last = Math.min(end, from + LONGEST_NAME);
    while (colon < last && buffer[colon] != ':') {
      colon++;
    }
    if (colon < end && buffer[colon] != ':') {
      stray(from, end);
      return;
    }
    int value = Math.min(end, colon + 1);
    if (value < end && buffer[value] == ' ') {
      value++;
    }
    if (colon == from) {
      comments++;
    } else if (is(from, colon, DATA)) {
      data(value, end);
    } else if (is(from, colon, EVENT)) {
      name = value == end ? null : new String(buffer, value, end - value, StandardCharsets.UTF_8);
    } else if (is(from, colon, ERROR)) {
      stray(value, end);
    } else if (!is(from, colon, ID) && !is(from, colon, RETRY)) {
      stray(from, end);
    }
  }

  private void data(int from, int end) {
    if (dataFrom < 0) {
      dataFrom = from;
      dataTo = end;
    } else {
      buffer[dataTo++] = '\n';
      System.arraycopy(buffer, from, buffer, dataTo, end - from);
      dataTo += end - from;
    }
  }

  private void dispatch() {
    flushStray();
    if (dataFrom >= 0 && dataTo > dataFrom) {
      handler.event(name, buffer, dataFrom, dataTo);
    }
    dataFrom = -1;
    name = null;
  }

  private void stray(int from, int end) {
    if (stray.size() + end - from < MAX_STRAY) {
      if (stray.size() > 0) {
        stray.write('\n');
      }
      stray.write(buffer, from, end - from);
    }
  }

  private void flushStray() {
    if (stray.size() > 0) {
      byte[] text = stray.toByteArray();
      stray.reset();
      handler.stray(text, 0, text.length);
    }
  }

  private boolean is(int from, int end, byte[] name) {
    return end - from == name.length && starts(from, end, name);
  }

  private boolean starts(int from, int end, byte[] prefix) {
    return end - from >= prefix.length
        && Arrays.equals(buffer, from, from + prefix.length, prefix, 0, prefix.length);
  }
}
