package io.llmrelay.provider;

import static java.time.Duration.ofMillis;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.is;

import io.llmrelay.Awake;
import io.llmrelay.Certificates;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.Timeouts;
import io.llmrelay.soak.Count;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.junit5.VertxExtension;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Connections that are kept, lost, refused, too slow, or not to be trusted. */
@ExtendWith(VertxExtension.class)
class ConnectionTest {
  @Test
  void keepsTheConnectionForTheNextStream(Vertx vertx) {
    Set<Object> connections = ConcurrentHashMap.newKeySet();
    Rig rig =
        Rig.openai(
            vertx,
            request -> {
              connections.add(request.connection());
              Sse.stream(request, Sse.text("x"), Sse.finish("stop"), Sse.DONE);
            });
    for (int i = 0; i < 5; i++) {
      assertThat(rig.open().awaitEnd().failure).isNull();
    }
    assertThat(connections).hasSize(1);
  }

  /** Vert.x's own limit on acquiring a connection would leave one for each new connection. */
  @Test
  void leavesNoTimerBehindForANewConnection(Vertx vertx) {
    AtomicBoolean close = new AtomicBoolean();
    Rig rig =
        Rig.openai(
            vertx,
            request -> {
              if (close.get()) {
                request.response().putHeader("connection", "close");
              }
              Sse.stream(request, Sse.text("x"), Sse.finish("stop"), Sse.DONE);
            });
    int reused = timersOfTwenty(rig, vertx);
    close.set(true);
    int before = Count.timers(vertx);
    timersOfTwenty(rig, vertx);
    await().atMost(Duration.ofSeconds(5)).until(() -> Count.timers(vertx) - before <= reused);
  }

  /** The timers that twenty requests leave, each of a consumer of its own. */
  private static int timersOfTwenty(Rig rig, Vertx vertx) {
    int before = Count.timers(vertx);
    for (int i = 0; i < 20; i++) {
      assertThat(rig.open().awaitEnd().failure).isNull();
    }
    return Count.timers(vertx) - before;
  }

  @Test
  void resetsWhatGoesOnAfterTheEnd(Vertx vertx) {
    AtomicInteger closed = new AtomicInteger();
    Rig rig =
        Rig.openai(
            vertx,
            request -> {
              request.connection().closeHandler(v -> closed.incrementAndGet());
              request
                  .response()
                  .setChunked(true)
                  .write(Sse.text("x") + Sse.finish("stop") + Sse.DONE);
            });
    Awake watch = Awake.begin();
    assertThat(rig.open().awaitEnd().end.getString("finish_reason")).isEqualTo("stop");
    assertThat(watch.elapsed()).isLessThan(Duration.ofMillis(Exchange.REST_MS));
    await().untilAtomic(closed, is(1));
  }

  /** Nothing but the limit on bytes can reset a request before the timer could have. */
  @Test
  void takesLittleAfterTheEnd(Vertx vertx) {
    List<Long> lifetimes = new CopyOnWriteArrayList<>();
    Rig rig =
        Rig.openai(
            vertx,
            request -> {
              long begin = System.nanoTime();
              request
                  .connection()
                  .closeHandler(v -> lifetimes.add((System.nanoTime() - begin) / 1_000_000));
              request.response().setChunked(true);
              request.response().write(Sse.text("x") + Sse.finish("stop") + Sse.DONE);
              Sse.flood(request.response(), new AtomicLong());
            });
    for (int i = 1; i <= 10 && lifetimes.stream().noneMatch(ms -> ms < Exchange.REST_MS); i++) {
      assertThat(rig.open().awaitEnd().failure).isNull();
      await().until(lifetimes::size, is(i));
    }
    assertThat(lifetimes).anyMatch(ms -> ms < Exchange.REST_MS);
  }

  @Test
  void aFinishReasonIsEnoughWhereNothingFollows(Vertx vertx) {
    Rig rig =
        Rig.openai(
            vertx,
            request ->
                request.response().setChunked(true).write(Sse.text("x") + Sse.finish("length")));
    assertThat(rig.open().awaitEnd().end.getString("finish_reason")).isEqualTo("length");
  }

  /** An opener that gives up earlier than that would take a complete answer for a stall. */
  @Test
  void whatMayFollowAFinishReasonIsWaitedForNoLongerThanHalfAStall(Vertx vertx) {
    Rig rig =
        Rig.openai(
            vertx,
            request ->
                request.response().setChunked(true).write(Sse.text("x") + Sse.finish("stop")));
    ChatRequest request = Rig.HELLO.forCandidate("m", timeouts(null, ofMillis(400)));
    Awake watch = Awake.begin();
    Consumer consumer = rig.open(request, true).awaitEnd();
    assertThat(consumer.end.getString("finish_reason")).isEqualTo("stop");
    assertThat(watch.elapsed()).isLessThan(Duration.ofMillis(Exchange.FINISH_MS - 500));
  }

  @Test
  void aLostConnectionIsAFailureWithTheUsageSoFar(Vertx vertx) {
    List<HttpServerRequest> requests = new CopyOnWriteArrayList<>();
    Rig rig =
        Rig.openai(
            vertx,
            request -> {
              requests.add(request);
              request.response().setChunked(true);
              request
                  .response()
                  .write(Sse.text("x") + Sse.data("{\"usage\":{\"prompt_tokens\":3}}"));
            });
    Consumer consumer = rig.open();
    await().until(() -> !consumer.chunks.isEmpty());
    requests.get(0).connection().close();
    assertThat(consumer.awaitEnd().failure.kind()).isEqualTo(FailureKind.NETWORK);
    assertThat(consumer.failure.usage().inputTokens()).isEqualTo(3);
  }

  @Test
  void aConnectionLostBeforeTheHeadIsAFailure(Vertx vertx) {
    Rig rig = Rig.openai(vertx, request -> request.connection().close());
    assertThat(rig.failing(FailureKind.NETWORK).failure.status()).isEqualTo(0);
  }

  @Test
  void aRefusedConnectionIsAFailure(Vertx vertx) throws IOException {
    int port;
    try (ServerSocket socket = new ServerSocket(0)) {
      port = socket.getLocalPort();
    }
    Rig rig = Rig.at(vertx, Rig.options("openai", null), port);
    assertThat(rig.failing(FailureKind.NETWORK).failure.message()).contains("refused");
  }

  @Test
  void aConnectionThatTakesTooLongIsATimeout(Vertx vertx) throws IOException {
    try (FullHouse house = new FullHouse()) {
      Rig rig = Rig.at(vertx, Rig.options("openai", null), house.port());
      ChatRequest request = Rig.HELLO.forCandidate("m", timeouts(ofMillis(100), null));
      Consumer consumer = rig.open(request, true).awaitEnd();
      assertThat(consumer.failure.kind()).isEqualTo(FailureKind.TIMEOUT);
    }
  }

  @Test
  void anUntrustedCertificateIsAFailure(Vertx vertx, @TempDir Path folder) throws Exception {
    Certificates own = Certificates.in(folder, "EC", "EC");
    AtomicInteger requests = new AtomicInteger();
    HttpServer server =
        Consumer.await(
            vertx
                .createHttpServer(
                    new HttpServerOptions()
                        .setSsl(true)
                        .setKeyCertOptions(
                            new PemKeyCertOptions()
                                .setCertPath(own.certificate().toString())
                                .setKeyPath(own.key().toString())))
                .requestHandler(request -> requests.incrementAndGet())
                .listen(0, "127.0.0.1"));
    Rig rig =
        Rig.atUrl(vertx, Rig.options("openai", null), "https://localhost:" + server.actualPort());
    assertThat(rig.failing(FailureKind.NETWORK).failure.message()).contains("TLS");
    assertThat(requests).hasValue(0);
  }

  @Test
  void moreThanMayWaitAreTurnedAway(Vertx vertx) {
    AtomicInteger requests = new AtomicInteger();
    Rig rig =
        Rig.of(
            vertx,
            Rig.options("openai", null).setMaxConnections(1),
            request -> requests.incrementAndGet());
    rig.open();
    await().untilAtomic(requests, is(1));
    ChatRequest brief = Rig.HELLO.forCandidate("m", timeouts(Duration.ofSeconds(3), null));
    List<Consumer> waiting = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      waiting.add(rig.open(brief, true));
      waiting.get(i).awaitAccepted();
    }
    Failure failure = rig.failing(FailureKind.SATURATED).failure;
    assertThat(failure.message()).contains("all 1 connections (max-connections)");
    assertThat(failure.kind().status()).isEqualTo(503);
    for (Consumer consumer : waiting) {
      assertThat(consumer.awaitEnd().failure.kind()).isEqualTo(FailureKind.TIMEOUT);
    }
    assertThat(requests).hasValue(1);
  }

  @Test
  void hundredsOfStreamsAreOpenAtATimeByDefault(Vertx vertx) {
    AtomicInteger requests = new AtomicInteger();
    Rig rig = Rig.openai(vertx, request -> requests.incrementAndGet());
    for (int i = 0; i < 300; i++) {
      rig.open();
    }
    await().untilAtomic(requests, is(300));
  }

  private static Timeouts timeouts(Duration connect, Duration stall) {
    return new Timeouts(connect, null, null, stall, null);
  }
}
