package io.llmrelay.provider;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;

/** A server whose queue is full: a connection to it is neither refused nor made. */
public final class FullHouse implements AutoCloseable {
  private static final int PATIENCE_MS = 300;

  private final ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
  private final List<Socket> guests = new ArrayList<>();

  public FullHouse() throws IOException {
    boolean full = false;
    while (!full) {
      Socket guest = new Socket();
      try {
        guest.connect(new InetSocketAddress(server.getInetAddress(), port()), PATIENCE_MS);
        guests.add(guest);
      } catch (IOException nobodyAnswers) {
        guest.close();
        full = true;
      }
    }
  }

  public int port() {
    return server.getLocalPort();
  }

  /** Lets the guests go, and takes the next caller. */
  public Socket makeRoom() throws IOException {
    for (Socket guest : guests) {
      server.accept().close();
      guest.close();
    }
    guests.clear();
    return server.accept();
  }

  @Override
  public void close() throws IOException {
    for (Socket guest : guests) {
      guest.close();
    }
    server.close();
  }
}
