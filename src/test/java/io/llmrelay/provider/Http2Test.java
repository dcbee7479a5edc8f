package io.llmrelay.provider;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.is;

import io.llmrelay.Certificates;
import io.llmrelay.Still;
import io.llmrelay.chat.ChatMessage;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.Timeouts;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.config.BackendTlsOptions;
import io.vertx.core.Context;
import io.vertx.core.Handler;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.Http2Settings;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.StreamResetException;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.junit5.VertxExtension;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Streams over HTTP/2: how they share connections, and what happens to those. */
@ExtendWith(VertxExtension.class)
class Http2Test {
  private static final long INTERNAL_ERROR = 2;
  private static final long REFUSED_STREAM = 7;
  private static final long HTTP_1_1_REQUIRED = 13;

  private final List<HttpConnection> connections = new CopyOnWriteArrayList<>();
  private final Map<HttpConnection, Context> contexts = new ConcurrentHashMap<>();
  private final AtomicInteger closed = new AtomicInteger();
  private final List<HttpServerRequest> requests = new CopyOnWriteArrayList<>();

  private static BackendOptions options() {
    return Rig.options("openai", null).setHttpVersion("2");
  }

  private HttpServer server(
      Vertx vertx, HttpServerOptions options, Handler<HttpServerRequest> handler) {
    return Consumer.await(
        vertx
            .createHttpServer(options)
            .connectionHandler(
                connection -> {
                  contexts.put(connection, vertx.getOrCreateContext());
                  connections.add(connection);
                  connection.closeHandler(v -> closed.incrementAndGet());
                })
            .requestHandler(
                request -> {
                  requests.add(request);
                  handler.handle(request);
                })
            .listen(0, "127.0.0.1"));
  }

  private static HttpServerOptions streams(int max) {
    return new HttpServerOptions()
        .setInitialSettings(new Http2Settings().setMaxConcurrentStreams(max));
  }

  private Rig rig(Vertx vertx, Handler<HttpServerRequest> handler) {
    return rig(vertx, streams(100), options(), handler);
  }

  private Rig rig(
      Vertx vertx,
      HttpServerOptions server,
      BackendOptions options,
      Handler<HttpServerRequest> handler) {
    return Rig.at(vertx, options, server(vertx, server, handler).actualPort());
  }

  private static void answer(HttpServerRequest request) {
    Sse.stream(request, Sse.text("x"), Sse.finish("stop"), Sse.DONE);
  }

  private static void begin(HttpServerRequest request) {
    request.response().setChunked(true).putHeader("content-type", "text/event-stream");
    request.response().write(Sse.text("x"));
  }

  private static void finish(HttpServerRequest request) {
    request.response().end(Sse.finish("stop") + Sse.DONE);
  }

  /** Sends a GOAWAY without an error; -1 for the last stream that there was. */
  @SuppressWarnings("deprecation")
  private static void goAway(HttpConnection connection, int lastStream) {
    connection.goAway(0, lastStream, Buffer.buffer());
  }

  private static void assertServed(Consumer consumer) {
    consumer.awaitEnd();
    assertThat(consumer.failure).isNull();
    assertThat(consumer.end.getString("finish_reason")).isEqualTo("stop");
    assertThat(consumer.pieces).containsExactly("x");
  }

  /**
   * Waits until the relay has read all that was sent, which the answer to a ping shows. A ping from
   * another thread may be answered before Vert.x expects it, and then is not.
   */
  private void awaitAllRead(HttpConnection connection) {
    Promise<Buffer> pong = Promise.promise();
    contexts
        .get(connection)
        .runOnContext(v -> connection.ping(Buffer.buffer(8).appendLong(1)).onComplete(pong));
    Consumer.await(pong.future());
  }

  /** As many connections as the server's limit of streams makes necessary, and no more. */
  @Test
  void aBurstSharesAFewConnections(Vertx vertx) {
    Rig rig = rig(vertx, Http2Test::begin);
    List<Consumer> all = new ArrayList<>();
    for (int i = 0; i < 300; i++) {
      all.add(rig.open());
    }
    await().until(requests::size, is(300));
    assertThat(requests).allMatch(request -> request.version() == HttpVersion.HTTP_2);
    assertThat(connections).hasSize(3);
    requests.forEach(Http2Test::finish);
    all.forEach(Http2Test::assertServed);
    assertServed(finishing(rig));
    assertThat(connections).hasSize(3);
  }

  private Consumer finishing(Rig rig) {
    int before = requests.size();
    Consumer consumer = rig.open();
    await().until(requests::size, is(before + 1));
    finish(requests.get(before));
    return consumer;
  }

  @Test
  void aServerThatTakesOneStreamGetsAConnectionForEach(Vertx vertx) {
    Rig rig = rig(vertx, streams(1), options(), Http2Test::begin);
    List<Consumer> all = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      all.add(rig.open());
    }
    await().until(requests::size, is(20));
    requests.forEach(Http2Test::finish);
    all.forEach(Http2Test::assertServed);
    assertThat(connections).hasSize(20);
  }

  @Test
  void aServerThatTakesNoStreamsIsNotFloodedWithConnections(Vertx vertx) {
    Rig rig = rig(vertx, streams(0), options(), Http2Test::begin);
    ChatRequest impatient =
        Rig.HELLO.forCandidate("m", new Timeouts(Duration.ofMillis(500), null, null, null, null));
    for (int i = 0; i < 3; i++) {
      assertThat(rig.open(impatient, true).awaitEnd().failure.kind())
          .isEqualTo(FailureKind.TIMEOUT);
    }
    assertThat(connections).hasSize(1);
  }

  @Test
  void aSlotIsARequestAndNotAConnection(Vertx vertx) {
    Rig rig = rig(vertx, streams(100), options().setMaxConnections(3), Http2Test::begin);
    List<Consumer> all = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      all.add(rig.open());
    }
    await().until(requests::size, is(3));
    rig.failing(FailureKind.SATURATED);
    requests.forEach(Http2Test::finish);
    all.forEach(Http2Test::assertServed);
    assertServed(finishing(rig));
    assertThat(connections).hasSize(1);
  }

  /** Full streams take all that they may have on their way, and leave room for the others. */
  @Test
  void consumersThatDoNotReadStopTheirOwnStreamsOnly(Vertx vertx) {
    AtomicLong taken = new AtomicLong();
    AtomicInteger number = new AtomicInteger();
    int slow = 90;
    Rig rig =
        rig(
            vertx,
            request -> {
              if (number.getAndIncrement() < slow) {
                request.response().setChunked(true);
                request.response().putHeader("content-type", "text/event-stream");
                Sse.flood(request.response(), taken);
              } else {
                answer(request);
              }
            });
    List<Consumer> full = new ArrayList<>();
    for (int i = 0; i < slow; i++) {
      full.add(rig.open(Rig.HELLO, false));
    }
    await().until(requests::size, is(slow));
    long sofar = Still.at(taken::get);
    for (int i = 0; i < 5; i++) {
      assertServed(rig.open());
    }
    assertThat(connections).hasSize(1);
    // What each stream may have on its way, and a little that the server counts as written.
    assertThat(sofar).isLessThan((long) slow * 3 * Http2Connection.STREAM_WINDOW);
    full.forEach(Consumer::cancel);
    assertServed(rig.open());
  }

  @Test
  void aCancelledStreamIsResetAndItsConnectionGoesOn(Vertx vertx) {
    List<Throwable> resets = new CopyOnWriteArrayList<>();
    Rig rig =
        rig(
            vertx,
            request -> {
              request.response().exceptionHandler(resets::add);
              begin(request);
            });
    Consumer other = rig.open();
    Consumer consumer = rig.open();
    await().until(() -> !consumer.chunks.isEmpty() && !other.chunks.isEmpty());
    consumer.cancel();
    await().until(() -> !resets.isEmpty());
    assertThat(resets)
        .anyMatch(reset -> reset instanceof StreamResetException r && r.getCode() == 8);
    requests.stream().filter(request -> !request.response().closed()).forEach(Http2Test::finish);
    assertServed(other);
    assertServed(finishing(rig));
    assertThat(connections).hasSize(1);
    assertThat(closed).hasValue(0);
  }

  @Test
  void aRefusedStreamIsSentAgain(Vertx vertx) {
    Rig rig =
        rig(
            vertx,
            request -> {
              if (requests.size() < Exchange.MAX_REFUSALS) {
                request.response().reset(REFUSED_STREAM);
              } else {
                answer(request);
              }
            });
    assertServed(rig.open());
    assertThat(requests).hasSize(Exchange.MAX_REFUSALS);
    assertThat(connections).hasSize(1);
  }

  @Test
  void aStreamThatIsAlwaysRefusedIsNobodysFault(Vertx vertx) {
    Rig rig = rig(vertx, request -> request.response().reset(REFUSED_STREAM));
    Consumer consumer = rig.failing(FailureKind.UNAVAILABLE);
    assertThat(consumer.failure.message()).isEqualTo("the backend refused the HTTP/2 stream");
    assertThat(requests).hasSize(Exchange.MAX_REFUSALS);
  }

  @Test
  void anotherResetIsAFailure(Vertx vertx) {
    Rig rig = rig(vertx, request -> request.response().reset(INTERNAL_ERROR));
    rig.failing(FailureKind.NETWORK);
    assertThat(requests).hasSize(1);
  }

  @Test
  void aResetInTheMiddleIsAFailureOfThatStream(Vertx vertx) {
    Rig rig = rig(vertx, Http2Test::begin);
    Consumer broken = rig.open();
    Consumer other = rig.open();
    await().until(() -> !broken.chunks.isEmpty() && !other.chunks.isEmpty());
    requests.get(0).response().reset(INTERNAL_ERROR);
    assertThat(broken.awaitEnd().failure.kind()).isEqualTo(FailureKind.NETWORK);
    finish(requests.get(1));
    assertServed(other);
  }

  @Test
  void afterAGoAwayStreamsGoOnAndNewOnesGoElsewhere(Vertx vertx) {
    Rig rig = rig(vertx, Http2Test::begin);
    Consumer before = rig.open();
    await().until(() -> !before.chunks.isEmpty());
    goAway(connections.get(0), -1);
    // This server closes the connection when it gets the body of a later stream.
    awaitAllRead(connections.get(0));
    assertServed(finishing(rig));
    assertThat(connections).hasSize(2);
    assertThat(closed).hasValue(0);
    finish(requests.get(0));
    assertServed(before);
    await().untilAtomic(closed, is(1)); // The relay closes it once it is empty.
    assertServed(finishing(rig));
    assertThat(connections).hasSize(2);
  }

  /** A server that shuts down sends one without a last stream first, and the true one later. */
  @Test
  void aStreamBeyondTheLastOneOfAGoAwayIsSentAgain(Vertx vertx) {
    Rig rig =
        rig(
            vertx,
            request -> {
              if (requests.size() == 2) {
                goAway(request.connection(), Integer.MAX_VALUE);
                goAway(request.connection(), (int) request.streamId() - 2);
              } else {
                begin(request);
              }
            });
    Consumer first = rig.open();
    await().until(() -> !first.chunks.isEmpty());
    Consumer second = rig.open();
    await().until(requests::size, is(3));
    finish(requests.get(2));
    assertServed(second);
    finish(requests.get(0));
    assertServed(first);
    assertThat(connections).hasSize(2);
  }

  @Test
  void manyStreamsMoveOnAfterAGoAway(Vertx vertx) {
    AtomicInteger number = new AtomicInteger();
    Rig rig =
        rig(
            vertx,
            request -> {
              if (number.incrementAndGet() == 50) {
                goAway(request.connection(), 0);
              } else if (number.get() > 50) {
                answer(request);
              }
            });
    List<Consumer> all = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      all.add(rig.open());
    }
    all.forEach(Http2Test::assertServed);
    assertThat(requests).hasSize(100);
    assertThat(connections).hasSize(2);
  }

  @Test
  void requestsOnALostConnectionThatHadServedAreSentAgainOnce(Vertx vertx) {
    AtomicInteger lost = new AtomicInteger();
    Rig rig =
        rig(
            vertx,
            request -> {
              if (requests.size() > 1 && connections.size() == 1) {
                lost.incrementAndGet();
                request.connection().close();
              } else {
                answer(request);
              }
            });
    assertServed(rig.open());
    assertServed(rig.open());
    assertThat(lost).hasValue(1);
    assertThat(connections).hasSize(2);
  }

  @Test
  void notTwice(Vertx vertx) {
    Rig rig =
        rig(
            vertx,
            request -> {
              if (requests.size() > 1) {
                request.connection().close();
              } else {
                answer(request);
              }
            });
    assertServed(rig.open());
    rig.failing(FailureKind.NETWORK);
    assertThat(requests).hasSize(3);
  }

  @Test
  void aConnectionThatDoesNotAnswerPingsIsClosed(Vertx vertx) throws Exception {
    HttpServer server = server(vertx, streams(100), Http2Test::begin);
    try (FreezableProxy proxy = new FreezableProxy(server.actualPort())) {
      Rig rig = Rig.at(vertx, options().setPingInterval(Duration.ofSeconds(1)), proxy.port());
      Consumer streaming = rig.open();
      await().until(() -> !streaming.chunks.isEmpty());
      proxy.freeze();
      Consumer waiting = rig.open();
      assertThat(streaming.awaitEnd().failure.kind()).isEqualTo(FailureKind.NETWORK);
      await().until(requests::size, is(2));
      finish(requests.get(1));
      assertServed(waiting); // Sent again, on a connection of its own.
    }
  }

  @Test
  void aSilentStreamOnALivingConnectionGoesOn(Vertx vertx) {
    Rig rig = rig(vertx, streams(100), options().setPingInterval(Duration.ofSeconds(1)), r -> {});
    AtomicInteger pings = new AtomicInteger();
    Consumer consumer = rig.open();
    await().until(requests::size, is(1));
    connections.get(0).pingHandler(ping -> pings.incrementAndGet());
    await().atMost(Duration.ofSeconds(20)).until(() -> pings.get() >= 3);
    begin(requests.get(0));
    finish(requests.get(0));
    assertServed(consumer);
    assertThat(closed).hasValue(0);
  }

  @Test
  void connectionsAreKeptWarm(Vertx vertx) {
    Rig rig = rig(vertx, streams(100), options().setWarmConnections(2), Http2Test::answer);
    await().until(connections::size, is(2));
    connections.get(0).close();
    await().until(connections::size, is(3));
    assertServed(rig.open());
    assertThat(connections).hasSize(3);
  }

  @Test
  void anOldConnectionFinishesItsStreamsAndTakesNoMore(Vertx vertx) {
    Rig rig =
        rig(
            vertx,
            streams(100),
            options().setConnectionLifetime(Duration.ofSeconds(1)),
            Http2Test::begin);
    Consumer first = rig.open();
    await().until(requests::size, is(1));
    await()
        .atMost(Duration.ofSeconds(20))
        .until(
            () -> {
              assertServed(finishing(rig));
              return connections.size() > 1;
            });
    assertThat(closed).hasValue(0);
    finish(requests.get(0));
    assertServed(first);
    await().until(() -> closed.get() >= 1);
  }

  @Test
  void aLongRequestArrivesWhole(Vertx vertx) {
    List<Integer> lengths = new CopyOnWriteArrayList<>();
    Rig rig =
        rig(
            vertx,
            request ->
                request
                    .body()
                    .onSuccess(
                        body -> {
                          lengths.add(body.length());
                          answer(request);
                        }));
    String prompt = "0123456789".repeat(500_000);
    assertServed(rig.open(ChatRequest.of(ChatMessage.user(prompt)), true));
    assertThat(lengths).singleElement().matches(length -> length > prompt.length());
  }

  /** Credit is counted in the bytes that travelled, and returned for those that were expanded. */
  @Test
  void aCompressedAnswerArrivesWhole(Vertx vertx) throws IOException {
    int chunks = 10_000;
    Random random = new Random(1);
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < chunks; i++) {
      StringBuilder chunk = new StringBuilder();
      random.ints(400, 'a', 'z' + 1).forEach(chunk::appendCodePoint);
      text.append(Sse.text(chunk.toString()));
    }
    Buffer zipped = zip(text + Sse.finish("stop") + Sse.DONE);
    Rig rig =
        rig(
            vertx,
            request -> {
              request.response().putHeader("content-type", "text/event-stream");
              request.response().putHeader("content-encoding", "gzip").end(zipped);
            });
    for (int i = 0; i < 3; i++) {
      Consumer consumer = rig.open().awaitEnd();
      assertThat(consumer.failure).isNull();
      assertThat(consumer.pieces.stream().mapToInt(String::length).sum()).isEqualTo(400 * chunks);
    }
    assertThat(connections).hasSize(1);
  }

  @Test
  void aBombOfGzipFailsWithinTheBounds(Vertx vertx) throws IOException {
    Buffer bomb = zip("data: " + " ".repeat(200 << 20));
    Rig rig =
        rig(
            vertx,
            request -> {
              if (requests.size() > 1) {
                answer(request);
              } else {
                request.response().putHeader("content-type", "text/event-stream");
                request.response().putHeader("content-encoding", "gzip").end(bomb);
              }
            });
    long before = GzipBombTest.allocated();
    Consumer consumer = rig.failing(FailureKind.SERVER_ERROR);
    assertThat(GzipBombTest.allocated() - before).isLessThan(100 << 20);
    assertThat(consumer.failure.message()).contains("too long");
    assertServed(rig.open());
    assertThat(connections).hasSize(1);
  }

  private static Buffer zip(String text) throws IOException {
    ByteArrayOutputStream zipped = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(zipped)) {
      out.write(text.getBytes(StandardCharsets.UTF_8));
    }
    return Buffer.buffer(zipped.toByteArray());
  }

  @Test
  void headersOfAConnectionAreNotSent(Vertx vertx) {
    BackendOptions options = options();
    options.getHeaders().put("Connection", "keep-alive");
    options.getHeaders().put("Host", "inference.example");
    options.getHeaders().put("X-Team", "Search");
    Rig rig = rig(vertx, streams(100), options, Http2Test::answer);
    assertServed(rig.open());
    HttpServerRequest request = requests.get(0);
    assertThat(request.authority().host()).isEqualTo("inference.example");
    assertThat(request.getHeader("x-team")).isEqualTo("Search");
    assertThat(request.headers().contains("connection")).isFalse();
  }

  @Test
  void aServerWithoutHttp2IsAFailureWhereItIsDemanded(Vertx vertx) {
    Rig rig =
        rig(
            vertx,
            new HttpServerOptions().setHttp2ClearTextEnabled(false),
            options(),
            Http2Test::answer);
    assertThat(rig.failing(FailureKind.NETWORK).failure.message()).contains("HTTP/2");
  }

  @Test
  void alpnDecides(Vertx vertx, @TempDir Path folder) throws Exception {
    assertThat(agreed(vertx, folder, "auto", true)).isEqualTo(HttpVersion.HTTP_2);
    assertThat(agreed(vertx, folder, "auto", false)).isEqualTo(HttpVersion.HTTP_1_1);
    assertThat(agreed(vertx, folder, "1.1", true)).isEqualTo(HttpVersion.HTTP_1_1);
    assertThat(agreed(vertx, folder, "2", true)).isEqualTo(HttpVersion.HTTP_2);
    tls(vertx, folder, "2", false, Http2Test::answer).failing(FailureKind.NETWORK);
  }

  private HttpVersion agreed(Vertx vertx, Path folder, String version, boolean alpn)
      throws Exception {
    requests.clear();
    Rig rig = tls(vertx, folder, version, alpn, Http2Test::answer);
    Set<HttpVersion> versions = ConcurrentHashMap.newKeySet();
    for (int i = 0; i < 3; i++) {
      assertServed(rig.open());
    }
    requests.forEach(request -> versions.add(request.version()));
    assertThat(versions).hasSize(1);
    return versions.iterator().next();
  }

  private Rig tls(
      Vertx vertx, Path folder, String version, boolean alpn, Handler<HttpServerRequest> handler)
      throws Exception {
    Certificates own = Certificates.in(folder, "EC", "EC");
    HttpServerOptions options = streams(100);
    options
        .setSsl(true)
        .setUseAlpn(alpn)
        .setKeyCertOptions(
            new PemKeyCertOptions()
                .setCertPath(own.certificate().toString())
                .setKeyPath(own.key().toString()));
    HttpServer server = server(vertx, options, handler);
    BackendOptions backend =
        options()
            .setHttpVersion(version)
            .setTls(new BackendTlsOptions().setCa(own.certificate().toString()));
    return Rig.atUrl(vertx, backend, "https://localhost:" + server.actualPort());
  }

  @Test
  void http11IsSpokenWhereTheServerRequiresIt(Vertx vertx, @TempDir Path folder) throws Exception {
    Rig rig =
        tls(
            vertx,
            folder,
            "auto",
            true,
            request -> {
              if (request.version() == HttpVersion.HTTP_2) {
                request.response().reset(HTTP_1_1_REQUIRED);
              } else {
                answer(request);
              }
            });
    assertServed(rig.open());
    assertServed(rig.open());
    assertThat(requests).hasSize(3);
  }
}
