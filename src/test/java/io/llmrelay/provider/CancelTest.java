package io.llmrelay.provider;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.greaterThan;
import static org.hamcrest.Matchers.is;

import io.llmrelay.Still;
import io.llmrelay.chat.BlockKind;
import io.llmrelay.chat.FailureKind;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.junit5.VertxExtension;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A consumer that goes away takes the request with it, in every phase; one that is slow, slows. */
@ExtendWith(VertxExtension.class)
class CancelTest {
  private final List<HttpServerRequest> requests = new CopyOnWriteArrayList<>();
  private final List<String> models = new CopyOnWriteArrayList<>();
  private final AtomicInteger closed = new AtomicInteger();

  private void note(HttpServerRequest request) {
    request.response().closeHandler(v -> closed.incrementAndGet());
    request.body().onSuccess(body -> models.add(body.toJsonObject().getString("model")));
    requests.add(request);
  }

  private static String chunk(String text) {
    return Integer.toHexString(text.length()) + "\r\n" + text + "\r\n";
  }

  private static void silent(Consumer consumer) {
    assertThat(consumer.calls).doesNotContain("end", "fail");
  }

  @Test
  void beforeTheHead(Vertx vertx) {
    Rig rig = Rig.openai(vertx, this::note);
    Consumer consumer = rig.open();
    await().until(() -> requests.size() == 1);
    consumer.cancel();
    await().untilAtomic(closed, is(1));
    silent(consumer);
  }

  @Test
  void whileStreaming(Vertx vertx) {
    Rig rig =
        Rig.openai(
            vertx,
            request -> {
              note(request);
              request.response().setChunked(true).write(Sse.text("Hel"));
            });
    Consumer consumer = rig.open();
    await().until(() -> !consumer.chunks.isEmpty());
    consumer.cancel();
    await().untilAtomic(closed, is(1));
    silent(consumer);
  }

  /**
   * A response that were paused in Vert.x would arrive whole there, and its connection would go to
   * the next stream: the slow consumer's pause would hold that up, and its leaving would cut it
   * off.
   *
   * @param rest the chunks that the backend sends while the consumer reads nothing
   */
  @ParameterizedTest
  @ValueSource(ints = {0, 8, 11, 12, 40})
  void ofASlowConsumerDoesNotTouchOtherStreams(int rest, Vertx vertx) throws Exception {
    Semaphore go = new Semaphore(0);
    int window = Consumer.BUS.window();
    try (RawServer server =
        new RawServer(
            call -> {
              call.body();
              call.write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
              for (int i = 0; i < window; i++) {
                call.write(chunk(Sse.text("x")));
                go.acquireUninterruptibly();
              }
              call.write(
                  chunk(Sse.text("y")).repeat(rest)
                      + chunk(Sse.text("z") + Sse.finish("stop") + Sse.DONE)
                      + "0\r\n\r\n");
            })) {
      Rig rig = Rig.at(vertx, Rig.options("openai", null), server.port());
      Consumer slow = rig.open(Rig.HELLO, false);
      for (int i = 1; i <= window; i++) {
        int arrived = i;
        await().until(() -> slow.chunks.size() == arrived);
        go.release();
      }
      List<Consumer> others = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        Consumer other = rig.open();
        others.add(other);
        await().until(() -> !other.chunks.isEmpty());
      }
      slow.cancel();
      go.release(others.size() * window);

      String whole = "x".repeat(window) + "y".repeat(rest) + "z";
      for (Consumer other : others) {
        assertThat(other.awaitEnd().failure).isNull();
        assertThat(other.text(BlockKind.TEXT)).isEqualTo(whole);
      }
      silent(slow);
    }
  }

  @Test
  void whileAnErrorIsRead(Vertx vertx) {
    AtomicInteger written = new AtomicInteger();
    Rig rig =
        Rig.openai(
            vertx,
            request -> {
              note(request);
              request.response().setStatusCode(500).setChunked(true);
              request.response().write("half an err").onSuccess(v -> written.incrementAndGet());
            });
    Consumer consumer = rig.open();
    await().untilAtomic(written, is(1));
    long begin = System.nanoTime();
    consumer.cancel();
    await().untilAtomic(closed, is(1));
    assertThat(Duration.ofNanos(System.nanoTime() - begin))
        .isLessThan(Duration.ofMillis(Exchange.ERROR_BODY_MS));
    silent(consumer);
  }

  @Test
  void whileAnErrorTakesTooLong(Vertx vertx) {
    Rig rig =
        Rig.openai(
            vertx,
            request -> {
              note(request);
              request.response().setStatusCode(503).setChunked(true).write("half an err");
            });
    assertThat(rig.open().awaitEnd().failure.kind()).isEqualTo(FailureKind.OVERLOADED);
    await().untilAtomic(closed, is(1));
  }

  @Test
  void whileWaitingForAConnection(Vertx vertx) {
    Rig rig = Rig.of(vertx, Rig.options("openai", null).setMaxConnections(1), this::note);
    Consumer first = open(rig, "first");
    await().until(() -> requests.size() == 1);
    Consumer second = open(rig, "second");
    second.awaitAccepted();
    Consumer third = open(rig, "third");
    third.awaitAccepted();
    second.cancel();
    requests.get(0).response().end(Sse.text("x") + Sse.finish("stop") + Sse.DONE);
    first.awaitEnd();
    await().until(() -> requests.size() == 2);
    await().until(() -> models.equals(List.of("first", "third")));
    requests.get(1).response().end(Sse.text("x") + Sse.finish("stop") + Sse.DONE);
    assertThat(third.awaitEnd().failure).isNull();
    assertThat(requests).hasSize(2);
    silent(second);
  }

  private static Consumer open(Rig rig, String model) {
    return rig.open(Rig.HELLO.withModel(model), true);
  }

  @Test
  void whileConnecting(Vertx vertx) throws IOException {
    try (FullHouse house = new FullHouse()) {
      Rig rig = Rig.at(vertx, Rig.options("openai", null).setMaxConnections(1), house.port());
      Consumer first = open(rig, "first");
      first.awaitAccepted();
      Consumer second = open(rig, "second");
      second.awaitAccepted();
      first.cancel();
      try (Socket socket = house.makeRoom()) {
        socket.setSoTimeout(10_000);
        String request = read(socket.getInputStream(), "\"second\"");
        assertThat(request).startsWith("POST ").doesNotContain("\"first\"");
      }
      silent(first);
    }
  }

  private static String read(InputStream in, String until) throws IOException {
    StringBuilder text = new StringBuilder();
    byte[] bytes = new byte[1024];
    while (text.indexOf(until) < 0) {
      int n = in.read(bytes);
      if (n < 0) {
        break;
      }
      text.append(new String(bytes, 0, n, StandardCharsets.ISO_8859_1));
    }
    return text.toString();
  }

  @Test
  void undeployingFailsEveryStreamAndEndsItsRequest(Vertx vertx) {
    Rig rig =
        Rig.openai(
            vertx,
            request -> {
              note(request);
              if (requests.size() > 1) {
                request.response().setChunked(true).write(Sse.text("Hel"));
              }
            });
    Consumer waiting = rig.open();
    await().until(() -> requests.size() == 1);
    Consumer streaming = rig.open();
    await().until(() -> !streaming.chunks.isEmpty());
    Consumer.await(vertx.undeploy(rig.deployment));
    assertThat(waiting.awaitEnd().failure.kind()).isEqualTo(FailureKind.UNAVAILABLE);
    assertThat(streaming.awaitEnd().failure.kind()).isEqualTo(FailureKind.UNAVAILABLE);
    await().untilAtomic(closed, is(2));
    Consumer late = rig.open().awaitEnd();
    assertThat(late.failure.message()).contains("no handler");
  }

  @Test
  void aConsumerThatTakesNothingStopsTheServer(Vertx vertx) {
    AtomicLong taken = new AtomicLong();
    Rig rig =
        Rig.openai(
            vertx,
            request -> {
              note(request);
              Sse.flood(request.response().setChunked(true), taken);
            });
    int window = Consumer.BUS.window();
    Consumer consumer = rig.open(Rig.HELLO, false);
    await().until(() -> consumer.chunks.size() == window);
    long before = Still.at(taken::get);
    assertThat(before).isLessThan(32L << 20);
    assertThat(consumer.chunks).hasSize(window);

    consumer.consume(window);
    await().until(() -> consumer.chunks.size() == 2 * window);
    for (int i = 0; i < 100; i++) {
      int sofar = consumer.chunks.size();
      consumer.consume(window);
      await()
          .pollDelay(Duration.ZERO)
          .pollInterval(Duration.ofMillis(5))
          .until(() -> consumer.chunks.size() == sofar + window);
    }
    await().untilAtomic(taken, greaterThan(before));
    consumer.cancel();
    await().untilAtomic(closed, is(1));
  }
}
