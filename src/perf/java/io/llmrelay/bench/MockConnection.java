package io.llmrelay.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.util.Arrays;

/** One connection to the mock: a request, its answer piece by piece, the next request. */
final class MockConnection implements Comparable<MockConnection> {
  /** What is to be done after a piece was written. */
  enum Next {
    /** The next piece, at once. */
    AGAIN,
    /** The next piece, when it is due. */
    LATER,
    /** The socket takes no more. */
    BLOCKED,
    /** The answer is complete. */
    DONE
  }

  private static final int KEPT = 16 * 1024;
  private static final byte[] END_OF_HEAD = Bytes.of("\r\n\r\n");
  private static final byte[] LENGTH = Bytes.of("\r\ncontent-length:");
  private static final byte[] CHUNKED = Bytes.of("\r\ntransfer-encoding: chunked");
  private static final byte[] LAST_CHUNK = Bytes.of("0\r\n\r\n");
  private static final byte[] MESSAGES = Bytes.of("/messages");
  private static final String OVERLOADED =
      "{\"error\":{\"message\":\"overloaded\",\"type\":\"overloaded\"}}";
  private static final byte[] REFUSAL =
      Bytes.of(
          ("HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json\r\n")
              + ("content-length: " + OVERLOADED.length() + "\r\n\r\n" + OVERLOADED));

  private final Mock mock;
  private final SocketChannel channel;
  private final SelectionKey key;
  private final boolean first;
  private byte[] in = new byte[1024];
  private int length;

  /** Bytes of the request, of which only the first {@link #KEPT} are kept. */
  private int received;

  private Wire wire;
  private Script script;
  private int next;
  private long due;
  private ByteBuffer rest;

  /**
   * @param first whether it came in at the first port
   */
  MockConnection(Mock mock, SocketChannel channel, SelectionKey key, boolean first) {
    this.mock = mock;
    this.channel = channel;
    this.key = key;
    this.first = first;
  }

  /** Takes what has come. */
  void read(ByteBuffer buffer) throws IOException {
    int n = channel.read(buffer.clear());
    if (n < 0) {
      throw new IOException("closed by the client");
    }
    if (wire != null || n == 0) {
      return;
    }
    int kept = Math.min(n, KEPT - length);
    if (length + kept > in.length) {
      in = Arrays.copyOf(in, Math.min(KEPT, 2 * (length + kept)));
    }
    buffer.flip().get(in, length, kept);
    length += kept;
    received += n;
    int head = Bytes.indexOf(in, 0, length, END_OF_HEAD);
    if (head >= 0 && whole(head)) {
      answer(head);
      length = 0;
      received = 0;
    }
  }

  /** Whether the body is there. Header names are lower-cased on the way, in place. */
  private boolean whole(int head) {
    for (int i = 0; i < head; i++) {
      in[i] = in[i] >= 'A' && in[i] <= 'Z' ? (byte) (in[i] | ' ') : in[i];
    }
    int body = head + END_OF_HEAD.length;
    if (Bytes.indexOf(in, 0, head, CHUNKED) >= 0) {
      return Bytes.startsWith(in, Math.max(body, length - LAST_CHUNK.length), length, LAST_CHUNK);
    }
    int at = Bytes.indexOf(in, 0, head, LENGTH);
    int value = at + LENGTH.length;
    while (at >= 0 && in[value] == ' ') {
      value++;
    }
    return at < 0 || received - body >= Bytes.number(in, value, head);
  }

  private void answer(int head) throws IOException {
    script = Script.parse(in, head, length);
    if (first && script.refused()) {
      mock.refused.incrementAndGet();
      channel.write(ByteBuffer.wrap(REFUSAL));
      return;
    }
    boolean messages = Bytes.indexOf(in, 0, head, MESSAGES) >= 0;
    wire = messages ? mock.anthropic : script.call() ? mock.openAiCall : mock.openAi;
    next = 0;
    due = System.nanoTime() + script.waitMicros() * 1000;
    if (script.waitMicros() > 0) {
      mock.later(this);
    } else {
      mock.soon(this);
    }
  }

  /** Writes one piece, or what is left of one. */
  Next step() throws IOException {
    if (rest != null) {
      channel.write(rest);
      if (rest.hasRemaining()) {
        return Next.BLOCKED;
      }
      rest = null;
    } else {
      ByteBuffer piece = wire.piece(next++, script.chunks());
      channel.write(piece);
      if (piece.hasRemaining()) {
        rest = ByteBuffer.allocate(piece.remaining()).put(piece).flip();
        return Next.BLOCKED;
      }
    }
    if (next == wire.pieces(script.chunks())) {
      wire = null;
      return Next.DONE;
    }
    if (paced() && wire.paced(next, script.chunks())) {
      due += script.gapMicros() * 1000;
      return Next.LATER;
    }
    return Next.AGAIN;
  }

  boolean paced() {
    return script.gapMicros() > 0;
  }

  long due() {
    return due;
  }

  boolean open() {
    return channel.isOpen();
  }

  void awaitRoom(boolean wanted) {
    key.interestOps(wanted ? SelectionKey.OP_READ | SelectionKey.OP_WRITE : SelectionKey.OP_READ);
  }

  void close() {
    try {
      channel.close();
    } catch (IOException e) {
      // It is gone, which is what was wanted.
    }
  }

  @Override
  public int compareTo(MockConnection other) {
    return Long.signum(due - other.due);
  }
}
