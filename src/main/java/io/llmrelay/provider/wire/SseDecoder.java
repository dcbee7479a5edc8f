package io.llmrelay.provider.wire;

import io.netty.buffer.ByteBuf;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.internal.buffer.BufferInternal;
import java.io.ByteArrayOutputStream;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * An incremental decoder of server-sent events.
 *
 * <p>A read is decoded in place. Only an incomplete event is copied to a buffer of the decoder,
 * which exists until the event is complete. No byte is scanned twice: {@code scan} is the position
 * of the search for line ends. Several data lines of an event are joined in that buffer: a later
 * line is moved towards the front, over its field name and the line end before it.
 *
 * <p>LF, CR and CRLF end a line; a CR ends it at once, and an LF that follows is dropped even if it
 * arrives with the next read. An event without data is ignored. So is an event at the end of the
 * stream that is not terminated by an empty line; otherwise a truncated stream would look complete.
 *
 * <p>Some servers report an error as bare JSON, or in a field named {@code error}. Such text is
 * passed to {@link Handler#stray}.
 */
public final class SseDecoder implements EventDecoder {
  /** The maximum bytes of text outside of events that are kept. */
  public static final int MAX_STRAY = 64 * 1024;

  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.nativeOrder());

  /** A word whose eight bytes are 1. */
  private static final long ONES = 0x0101010101010101L;

  private static final byte[] NOTHING = {};
  private static final byte[] BOM = {(byte) 0xEF, (byte) 0xBB, (byte) 0xBF};
  private static final byte[] DATA = {'d', 'a', 't', 'a'};
  private static final byte[] EVENT = {'e', 'v', 'e', 'n', 't'};
  private static final byte[] ERROR = {'e', 'r', 'r', 'o', 'r'};
  private static final byte[] ID = {'i', 'd'};
  private static final byte[] RETRY = {'r', 'e', 't', 'r', 'y'};
  private static final int LONGEST_NAME = 5;

  private final Handler handler;

  /** The text between events, {@code null} if there is none. */
  private ByteArrayOutputStream stray;

  private byte[] buffer = NOTHING;

  /** Whether the buffer belongs to the decoder, not to the current read. */
  private boolean ownsBuffer;

  private int line;
  private int scan;
  private int limit;
  private int dataFrom = -1;
  private int dataTo;
  private String name;
  private boolean afterCr;
  private boolean begun;
  private int comments;
  private int maxEvent = MAX_EVENT;

  /** Creates a decoder that passes events to a handler. */
  public SseDecoder(Handler handler) {
    this.handler = handler;
  }

  @Override
  public void limit(int bytes) {
    maxEvent = bytes;
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
      if (afterCr && buffer[scan] == '\n') {
        line = ++scan;
      }
      int end = lineEnd();
      afterCr = end < limit && buffer[end] == '\r';
      scan = Math.min(limit, end + 1);
      if (end < limit) {
        int from = begin(end);
        line = scan;
        if (from == end) {
          dispatch();
        } else {
          field(from, end);
        }
      }
    }
    int incomplete = limit - kept();
    if (incomplete == 0) {
      use(NOTHING, 0, 0);
    } else if (!ownsBuffer) {
      keep(0);
    }
    return incomplete <= maxEvent;
  }

  /** Returns the index of the next line end, or that after the last byte. */
  private int lineEnd() {
    byte[] bytes = buffer;
    int to = limit;
    int i = scan;
    while (i + Long.BYTES <= to && !hasLineEnd((long) LONGS.get(bytes, i))) {
      i += Long.BYTES;
    }
    while (i < to && bytes[i] != '\n' && bytes[i] != '\r') {
      i++;
    }
    return i;
  }

  /** Returns whether one of eight bytes is LF or CR. */
  private static boolean hasLineEnd(long bytes) {
    return (zeros(bytes ^ ONES * '\n') | zeros(bytes ^ ONES * '\r')) != 0;
  }

  /** Returns 0 if, and only if, no byte is zero. */
  private static long zeros(long bytes) {
    return (bytes - ONES) & ~bytes & ONES << 7;
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
    int length = bytes.length();
    ByteBuf read = ((BufferInternal) bytes).unwrap();
    if (kept() == limit && read.hasArray()) {
      use(read.array(), read.arrayOffset() + read.readerIndex(), length);
    } else {
      keep(length);
      bytes.getBytes(0, length, buffer, limit);
      limit += length;
    }
  }

  private void use(byte[] bytes, int from, int length) {
    buffer = bytes;
    ownsBuffer = false;
    line = from;
    scan = from;
    limit = from + length;
  }

  /**
   * Moves the incomplete event to the front of the decoder's buffer, with room for more.
   *
   * @return the number of bytes by which it moved
   */
  private int keep(int room) {
    int from = kept();
    int length = limit - from;
    byte[] target = buffer;
    boolean other = !ownsBuffer || length + room > buffer.length;
    if (other) {
      target = new byte[Math.max(length + room, ownsBuffer ? 2 * buffer.length : 0)];
      ownsBuffer = true;
    }
    if (other || from > 0) {
      System.arraycopy(buffer, from, target, 0, length);
    }
    buffer = target;
    line -= from;
    scan -= from;
    limit -= from;
    if (dataFrom >= 0) {
      dataTo -= from;
      dataFrom = 0;
    }
    return from;
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
      int at = ownsBuffer ? from : from - keep(0);
      buffer[dataTo++] = '\n';
      System.arraycopy(buffer, at, buffer, dataTo, end - from);
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
    int length = stray == null ? 0 : stray.size();
    if (from < end && length + end - from < MAX_STRAY) {
      if (stray == null) {
        stray = new ByteArrayOutputStream();
      } else {
        stray.write('\n');
      }
      stray.write(buffer, from, end - from);
    }
  }

  private void flushStray() {
    if (stray != null) {
      byte[] text = stray.toByteArray();
      stray = null;
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
