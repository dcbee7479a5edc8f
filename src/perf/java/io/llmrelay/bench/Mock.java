package io.llmrelay.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayDeque;
import java.util.PriorityQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * A backend that speaks OpenAI's and Anthropic's streams, at two ports, on one thread. How it
 * answers is said by the {@link Script} in the prompt.
 *
 * <p>Streams that are not paced take turns, one piece each. Paced ones wait in a queue by their
 * time; a selector can only wait for whole milliseconds, so what is left of the last one is waited
 * out in short naps.
 */
final class Mock implements AutoCloseable {
  private static final int BACKLOG = 8192;
  private static final int BUFFER = 64 * 1024;
  private static final long MILLI = 1_000_000;
  private static final long NAP = MILLI / 10;

  final Wire openAi = Wire.openAi();
  final Wire openAiCall = Wire.openAiCall();
  final Wire anthropic = Wire.anthropic();
  final AtomicLong refused = new AtomicLong();

  private final Selector selector = Selector.open();
  private final ServerSocketChannel[] servers = new ServerSocketChannel[2];
  private final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER);
  private final ArrayDeque<MockConnection> active = new ArrayDeque<>();
  private final PriorityQueue<MockConnection> waiting = new PriorityQueue<>();
  private final Thread thread = new Thread(this::run, "mock");

  Mock() throws IOException {
    for (int i = 0; i < servers.length; i++) {
      servers[i] = ServerSocketChannel.open();
      servers[i].bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), BACKLOG);
      servers[i].configureBlocking(false);
      servers[i].register(selector, SelectionKey.OP_ACCEPT);
    }
    thread.setDaemon(true);
    thread.start();
  }

  int port(int i) {
    return servers[i].socket().getLocalPort();
  }

  @Override
  public void close() throws IOException {
    thread.interrupt();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    for (SelectionKey key : selector.keys()) {
      key.channel().close();
    }
    selector.close();
  }

  void soon(MockConnection connection) {
    active.add(connection);
  }

  void later(MockConnection connection) {
    waiting.add(connection);
  }

  private void run() {
    try {
      while (!Thread.interrupted()) {
        select();
        long now = System.nanoTime();
        while (!waiting.isEmpty() && waiting.peek().due() - now <= 0) {
          advance(waiting.poll());
        }
        for (int n = active.size(); n > 0; n--) {
          advance(active.poll());
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void select() throws IOException {
    long left = waiting.isEmpty() ? Long.MAX_VALUE : waiting.peek().due() - System.nanoTime();
    if (active.isEmpty() && left >= MILLI) {
      selector.select(this::ready, waiting.isEmpty() ? 0 : left / MILLI);
      return;
    }
    if (active.isEmpty() && left > 0) {
      LockSupport.parkNanos(Math.min(left, NAP));
    }
    selector.selectNow(this::ready);
  }

  private void ready(SelectionKey key) {
    if (key.isValid() && key.isAcceptable()) {
      accept((ServerSocketChannel) key.channel());
      return;
    }
    MockConnection connection = (MockConnection) key.attachment();
    try {
      if (key.isValid() && key.isReadable()) {
        connection.read(buffer);
      }
      if (key.isValid() && key.isWritable()) {
        connection.awaitRoom(false);
        soon(connection);
      }
    } catch (IOException e) {
      connection.close();
    }
  }

  private void accept(ServerSocketChannel server) {
    try {
      for (SocketChannel c = server.accept(); c != null; c = server.accept()) {
        c.configureBlocking(false);
        c.setOption(StandardSocketOptions.TCP_NODELAY, true);
        SelectionKey key = c.register(selector, SelectionKey.OP_READ);
        key.attach(new MockConnection(this, c, key, server == servers[0]));
      }
    } catch (IOException e) {
      System.err.println("The mock cannot accept a connection: " + e.getMessage());
    }
  }

  /** One piece of a stream; of a paced one all that is due. */
  private void advance(MockConnection connection) {
    if (!connection.open()) {
      return;
    }
    try {
      MockConnection.Next next = connection.step();
      while (next == MockConnection.Next.AGAIN && connection.paced()) {
        next = connection.step();
      }
      switch (next) {
        case AGAIN -> soon(connection);
        case LATER -> later(connection);
        case BLOCKED -> connection.awaitRoom(true);
        case DONE -> {}
      }
    } catch (IOException e) {
      connection.close();
    }
  }
}
