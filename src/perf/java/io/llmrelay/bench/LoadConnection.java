package io.llmrelay.bench;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;

/** One connection of the load generator, and the answer that comes through it. */
final class LoadConnection implements ResponseReader.Lines {
  private static final byte[] DATA = Bytes.of("data:");
  private static final byte[] CONTENT = Bytes.of("\"content\":\"");
  private static final byte[] TEXT = Bytes.of("\"text\":\"");
  private static final byte[] ARGUMENTS = Bytes.of("\"arguments\":\"");
  private static final byte[] RESPONSE = Bytes.of("data: {\"type\":\"response.");
  private static final byte[] RESPONSE_TEXT = Bytes.of("output_text.delta\"");
  private static final byte[] RESPONSE_DONE = Bytes.of("response.completed\"");
  private static final byte[] DELTA = Bytes.of("\"delta\":\"");
  private static final byte[] DONE = Bytes.of("[DONE]");
  private static final byte[] STOPPED = Bytes.of("message_stop");
  private static final byte[] ERROR = Bytes.of("\"error\"");

  private final LoadResult result;
  private final int expected;
  private final ResponseReader response = new ResponseReader(this);
  private SocketChannel channel;
  private SelectionKey key;
  private ByteBuffer unsent;
  private boolean counted;
  private long start;
  private long now;
  private long lastSent;
  private int chunks;
  private boolean done;
  private boolean failed;
  private boolean disordered;

  /**
   * @param expected how many chunks each answer has
   */
  LoadConnection(LoadResult result, int expected) {
    this.result = result;
    this.expected = expected;
  }

  /** Asks, on the connection there is or on a new one. */
  void start(Selector selector, int port, ByteBuffer request, boolean counted) throws IOException {
    this.counted = counted;
    start = System.nanoTime();
    lastSent = start;
    chunks = 0;
    done = false;
    failed = false;
    disordered = false;
    response.reset();
    unsent = request.duplicate();
    if (channel != null) {
      send();
      return;
    }
    channel = SocketChannel.open();
    channel.configureBlocking(false);
    channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
    boolean connected =
        channel.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    key = channel.register(selector, SelectionKey.OP_CONNECT, this);
    if (connected) {
      send();
    }
  }

  void connected() throws IOException {
    channel.finishConnect();
    send();
  }

  /** Sends what the socket takes; the rest when it is writable. */
  void send() throws IOException {
    channel.write(unsent);
    key.interestOps(
        unsent.hasRemaining()
            ? SelectionKey.OP_READ | SelectionKey.OP_WRITE
            : SelectionKey.OP_READ);
  }

  /** Takes what has come; true if the answer is complete. */
  boolean read(ByteBuffer buffer, byte[] bytes) throws IOException {
    int n = channel.read(buffer.clear());
    if (n < 0) {
      throw new IOException("closed early");
    }
    now = System.nanoTime();
    result.reads++;
    buffer.flip().get(bytes, 0, n);
    return response.read(bytes, 0, n);
  }

  @Override
  public void line(byte[] b, int from, int to) {
    if (!Bytes.startsWith(b, from, to, DATA)) {
      return;
    }
    if (Bytes.startsWith(b, from, to, RESPONSE)) {
      response(b, from, to);
      return;
    }
    int text = after(b, from, to, CONTENT);
    if (text < 0) {
      text = after(b, from, to, TEXT);
    }
    if (text < 0) {
      text = after(b, from, to, ARGUMENTS);
    }
    if (text >= 0 && b[text] != '"') {
      chunks(b, text, to);
    } else if (Bytes.indexOf(b, from, to, ERROR) >= 0) {
      failed = true;
    } else {
      done |= Bytes.indexOf(b, from, to, DONE) >= 0 || Bytes.indexOf(b, from, to, STOPPED) >= 0;
    }
  }

  /** Takes an event of a response; the last ones repeat what the deltas have brought. */
  private void response(byte[] b, int from, int to) {
    if (Bytes.indexOf(b, from, Math.min(to, from + 60), RESPONSE_TEXT) >= 0) {
      chunks(b, after(b, from, to, DELTA), to);
    } else {
      done |= Bytes.indexOf(b, from, Math.min(to, from + 60), RESPONSE_DONE) >= 0;
    }
  }

  /** Takes the times of a text, between which there may be the JSON of arguments. */
  private void chunks(byte[] b, int from, int to) {
    // Chunks that travelled together may have become one.
    for (int i = from; i < to && b[i] != '"'; ) {
      if (b[i] == '\\') {
        i += 2;
      } else if (Bytes.isHex(b[i]) && i + Bytes.HEX <= to) {
        chunk(Bytes.hex(b, i));
        i += Bytes.HEX;
      } else {
        i++;
      }
    }
  }

  private static int after(byte[] b, int from, int to, byte[] what) {
    int at = Bytes.indexOf(b, from, to, what);
    return at < 0 || at + what.length == to ? -1 : at + what.length;
  }

  private void chunk(long sent) {
    result.chunks++;
    if (counted) {
      result.countedChunks++;
      result.transit.add(now - sent);
      if (chunks == 0) {
        result.firstChunk.add(now - start);
      }
    }
    chunks++;
    disordered |= sent - lastSent < 0;
    lastSent = sent;
  }

  /** What is wrong with the complete answer, or {@code null}. */
  String complaint() {
    if (response.status() != 200) {
      return "status " + response.status();
    }
    if (failed) {
      return "error event";
    }
    if (!done || chunks != expected) {
      return "incomplete";
    }
    return disordered ? "disordered" : null;
  }

  boolean counted() {
    return counted;
  }

  long start() {
    return start;
  }

  void close() {
    if (channel != null) {
      try {
        channel.close();
      } catch (IOException e) {
        // It is gone, which is what was wanted.
      }
      channel = null;
    }
  }
}
