package io.llmrelay.provider;

import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;

/** An HTTP/1.1 server on plain sockets, which can do to a connection what no library would. */
public final class RawServer implements Closeable {

  /**
   * Reacts to a request whose head was read; the body was not unless {@link Call#body} is called.
   */
  interface Behaviour {
    void handle(Call call) throws IOException;
  }

  /**
   * One request.
   *
   * @param plain the socket below TLS; without TLS the same
   * @param connection the number of its connection, from 1
   * @param number the number of the request on that connection, from 1
   */
  public record Call(
      RawServer server, Socket socket, Socket plain, int connection, int number, String head) {

    String header(String name) {
      return head.lines()
          .filter(line -> line.toLowerCase(Locale.ROOT).startsWith(name + ":"))
          .map(line -> line.substring(name.length() + 1).strip())
          .findFirst()
          .orElse(null);
    }

    /** Reads the body and keeps it. */
    String body() throws IOException {
      String length = header("content-length");
      int wanted = length == null ? 0 : Integer.parseInt(length);
      String body = new String(socket.getInputStream().readNBytes(wanted), StandardCharsets.UTF_8);
      server.bodies.add(body);
      return body;
    }

    void write(String text) throws IOException {
      socket.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
      socket.getOutputStream().flush();
    }

    void answer(int status, String type, String text) throws IOException {
      int length = text.getBytes(StandardCharsets.UTF_8).length;
      write(
          "HTTP/1.1 %d X\r\ncontent-type: %s\r\ncontent-length: %d\r\n\r\n"
                  .formatted(status, type, length)
              + text);
    }

    /** A whole answer, after which the connection is kept. */
    void answer() throws IOException {
      answer(200, "text/event-stream", Sse.text("x") + Sse.finish("stop") + Sse.DONE);
    }

    /** Closes with a FIN, which the alert close_notify precedes with TLS. */
    void close() throws IOException {
      socket.close();
    }

    /** Closes with a FIN, without an alert. */
    void cut() throws IOException {
      plain.close();
    }

    /** Closes with a RST. */
    void reset() throws IOException {
      plain.setSoLinger(true, 0);
      plain.close();
    }
  }

  public final List<Call> calls = new CopyOnWriteArrayList<>();
  public final List<String> bodies = new CopyOnWriteArrayList<>();
  private final ServerSocket server;
  private final SSLContext tls;
  private final Behaviour behaviour;
  private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
  private final AtomicInteger connections = new AtomicInteger();

  public RawServer(Behaviour behaviour) throws IOException {
    this(null, behaviour);
  }

  /** A server that speaks TLS, unless there is no context for it. */
  RawServer(SSLContext tls, Behaviour behaviour) throws IOException {
    this.tls = tls;
    this.behaviour = behaviour;
    server = new ServerSocket(0, 100, InetAddress.getLoopbackAddress());
    start(this::accept);
  }

  public int port() {
    return server.getLocalPort();
  }

  private static void start(Runnable task) {
    Thread thread = new Thread(task, "raw-server");
    thread.setDaemon(true);
    thread.start();
  }

  private void accept() {
    while (!server.isClosed()) {
      try {
        Socket socket = server.accept();
        sockets.add(socket);
        int connection = connections.incrementAndGet();
        start(() -> serve(socket, connection));
      } catch (IOException closed) {
        return;
      }
    }
  }

  private Socket withTls(Socket plain) throws IOException {
    if (tls == null) {
      return plain;
    }
    SSLSocket socket =
        (SSLSocket) tls.getSocketFactory().createSocket(plain, "localhost", plain.getPort(), true);
    socket.setUseClientMode(false);
    return socket;
  }

  private void serve(Socket plain, int connection) {
    try (Socket socket = withTls(plain)) {
      for (int number = 1; !socket.isClosed(); number++) {
        String head = head(socket.getInputStream());
        if (head == null) {
          return;
        }
        Call call = new Call(this, socket, plain, connection, number, head);
        calls.add(call);
        behaviour.handle(call);
      }
    } catch (IOException | UncheckedIOException gone) {
      // The client left, or the test closed the connection.
    } finally {
      sockets.remove(plain);
    }
  }

  private static String head(InputStream in) throws IOException {
    ByteArrayOutputStream head = new ByteArrayOutputStream();
    for (int b = in.read(); b >= 0; b = in.read()) {
      head.write(b);
      if (b == '\n' && head.toString(StandardCharsets.ISO_8859_1).endsWith("\r\n\r\n")) {
        return head.toString(StandardCharsets.ISO_8859_1);
      }
    }
    return null;
  }

  @Override
  public void close() throws IOException {
    server.close();
    for (Socket socket : sockets) {
      socket.close();
    }
  }
}
