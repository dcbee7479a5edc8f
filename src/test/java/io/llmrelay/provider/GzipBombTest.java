package io.llmrelay.provider;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.llmrelay.chat.FailureKind;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.NetServer;
import io.vertx.junit5.VertxExtension;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.stream.LongStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A body of some hundred kilobytes that expands to two hundred megabytes. */
@ExtendWith(VertxExtension.class)
class GzipBombTest {
  private static final int EXPANDED = 200 << 20;

  /** What all threads together may allocate until the request has failed. */
  private static final int ALLOWED = 64 << 20;

  private static final String EVENT = Sse.text("x".repeat(4_000));

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          openai | text/event-stream    | 200 | data:  | is too long
          openai | text/event-stream    | 200 | :      | is too long
          openai | application/json     | 200 | {      | bytes of JSON
          ollama | application/x-ndjson | 200 | {      | is too long
          openai | application/json     | 500 | {      | HTTP 500
          openai | text/event-stream    | 200 | events | bytes of text came at once
          """)
  void failsWithinTheBounds(
      String dialect, String type, int status, String begin, String message, Vertx vertx)
      throws IOException {
    boolean events = begin.equals("events");
    Buffer response =
        response(type, status, events ? "" : begin, events ? EVENT : " ".repeat(1 << 20));
    NetServer server =
        Consumer.await(
            vertx
                .createNetServer()
                .connectHandler(socket -> socket.handler(request -> socket.write(response)))
                .listen(0, "127.0.0.1"));
    Rig rig = Rig.at(vertx, Rig.options(dialect, null), server.actualPort());
    long before = allocated();
    Consumer consumer = rig.failing(FailureKind.SERVER_ERROR);
    assertThat(allocated() - before).isLessThan(ALLOWED);
    assertThat(consumer.failure.message()).contains(message);
  }

  static long allocated() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    return LongStream.of(threads.getThreadAllocatedBytes(threads.getAllThreadIds()))
        .filter(bytes -> bytes > 0)
        .sum();
  }

  private static Buffer response(String type, int status, String begin, String filling)
      throws IOException {
    ByteArrayOutputStream zipped = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(zipped)) {
      out.write(begin.getBytes(StandardCharsets.UTF_8));
      byte[] bytes = filling.getBytes(StandardCharsets.UTF_8);
      for (int i = 0; i < EXPANDED; i += bytes.length) {
        out.write(bytes);
      }
    }
    assertThat(zipped.size()).isLessThan(EXPANDED / 500);
    return Buffer.buffer(
            "HTTP/1.1 %d X\r\nContent-Type: %s\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n"
                .formatted(status, type, zipped.size()))
        .appendBytes(zipped.toByteArray());
  }
}
