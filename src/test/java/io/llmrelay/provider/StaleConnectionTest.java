package io.llmrelay.provider;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.is;

import io.llmrelay.Certificates;
import io.llmrelay.chat.ChatMessage;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.config.BackendTlsOptions;
import io.vertx.core.Vertx;
import io.vertx.junit5.VertxExtension;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A pooled connection that the server gives up at the moment it is used again. */
@ExtendWith(VertxExtension.class)
class StaleConnectionTest {

  /** How a server ends a connection. */
  enum End {
    FIN {
      @Override
      void of(RawServer.Call call) throws IOException {
        call.close();
      }
    },
    RST {
      @Override
      void of(RawServer.Call call) throws IOException {
        call.reset();
      }
    };

    abstract void of(RawServer.Call call) throws IOException;
  }

  private static Rig rig(Vertx vertx, RawServer server) {
    return Rig.at(vertx, Rig.options("openai", null), server.port());
  }

  /** Answers the first request of the first connection and keeps that connection. */
  private static boolean warmUp(RawServer.Call call) throws IOException {
    if (call.connection() > 1 || call.number() > 1) {
      return false;
    }
    call.body();
    call.answer();
    return true;
  }

  private static void assertServed(Consumer consumer) {
    consumer.awaitEnd();
    assertThat(consumer.failure).isNull();
    assertThat(consumer.end.getString("finish_reason")).isEqualTo("stop");
    assertThat(consumer.pieces).containsExactly("x");
  }

  @ParameterizedTest
  @EnumSource
  void aRequestOnAStaleConnectionIsSentAgain(End end, Vertx vertx) throws IOException {
    try (RawServer server =
        new RawServer(
            call -> {
              call.body();
              if (call.number() == 1) {
                call.answer();
              } else {
                end.of(call);
              }
            })) {
      Rig rig = rig(vertx, server);
      for (int i = 0; i < 4; i++) {
        assertServed(rig.open());
      }
      // A connection made for a second try is used once, so each of the others has two requests.
      assertThat(server.bodies).hasSize(6).allMatch(server.bodies.get(0)::equals);
    }
  }

  /** How a server ends a TLS connection. */
  enum TlsEnd {
    CLOSE_NOTIFY {
      @Override
      void of(RawServer.Call call) throws IOException {
        call.close();
      }
    },
    FIN {
      @Override
      void of(RawServer.Call call) throws IOException {
        call.cut();
      }
    },
    RST {
      @Override
      void of(RawServer.Call call) throws IOException {
        call.reset();
      }
    };

    abstract void of(RawServer.Call call) throws IOException;
  }

  private static Rig tlsRig(Vertx vertx, Certificates own, RawServer server) {
    BackendTlsOptions trusting = new BackendTlsOptions().setCa(own.certificate().toString());
    return Rig.atUrl(
        vertx,
        Rig.options("openai", null).setTls(trusting),
        "https://localhost:" + server.port() + "/v1");
  }

  /** The alert that ends a TLS connection is no byte of a response. */
  @ParameterizedTest
  @EnumSource
  void aRequestOnAStaleTlsConnectionIsSentAgain(TlsEnd end, Vertx vertx, @TempDir Path folder)
      throws Exception {
    Certificates own = Certificates.in(folder, "EC", "EC");
    try (RawServer server =
        new RawServer(
            own.serving(),
            call -> {
              call.body();
              if (call.number() == 1) {
                call.answer();
              } else {
                end.of(call);
              }
            })) {
      Rig rig = tlsRig(vertx, own, server);
      for (int i = 0; i < 4; i++) {
        assertServed(rig.open());
      }
      assertThat(server.bodies).hasSize(6).allMatch(server.bodies.get(0)::equals);
    }
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "RST") // It could overtake the beginning.
  void notWhereAnAnswerHadBegunOverTls(TlsEnd end, Vertx vertx, @TempDir Path folder)
      throws Exception {
    Certificates own = Certificates.in(folder, "EC", "EC");
    try (RawServer server =
        new RawServer(
            own.serving(),
            call -> {
              call.body();
              if (call.server().calls.size() == 1) {
                call.answer();
              } else {
                call.write("HTTP/1.1 103 Early Hints\r\n\r\n");
                end.of(call);
              }
            })) {
      Rig rig = tlsRig(vertx, own, server);
      assertServed(rig.open());
      rig.failing(FailureKind.NETWORK);
      assertThat(server.calls).hasSize(2);
    }
  }

  @ParameterizedTest
  @EnumSource
  void connectionsThatDieTogetherGiveAllTheirAnswers(End end, Vertx vertx) throws IOException {
    int streams = 8;
    CountDownLatch first = new CountDownLatch(streams);
    CountDownLatch second = new CountDownLatch(streams);
    try (RawServer server =
        new RawServer(
            call -> {
              call.body();
              if (call.number() == 1 && call.connection() <= streams) {
                arrive(first);
                call.answer();
              } else if (call.number() == 2) {
                arrive(second);
                end.of(call);
              } else {
                call.answer();
              }
            })) {
      Rig rig = rig(vertx, server);
      for (int round = 0; round < 2; round++) {
        List<Consumer> all = IntStream.range(0, streams).mapToObj(i -> rig.open()).toList();
        all.forEach(StaleConnectionTest::assertServed);
      }
      assertThat(server.calls).hasSize(3 * streams);
    }
  }

  private static void arrive(CountDownLatch latch) {
    latch.countDown();
    try {
      latch.await(10, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** The server is gone before it has read the request, which does not fit into the sockets. */
  @ParameterizedTest
  @EnumSource
  void aLongRequestIsSentAgainAsItWas(End end, Vertx vertx) throws IOException {
    try (RawServer server =
        new RawServer(
            call -> {
              if (!warmUp(call)) {
                if (call.number() == 2) {
                  end.of(call);
                } else {
                  call.body();
                  call.answer();
                }
              }
            })) {
      Rig rig = rig(vertx, server);
      assertServed(rig.open());
      String prompt = "0123456789".repeat(500_000);
      assertServed(rig.open(ChatRequest.of(ChatMessage.user(prompt)), true));
      assertThat(server.calls).hasSize(3);
      assertThat(server.bodies.get(1)).endsWith("}").contains(prompt);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"H", "HTTP/1.1 200 OK\r\ncontent-", "HTTP/1.1 103 Early Hints\r\n\r\n"})
  void notWhereAnAnswerHadBegun(String beginning, Vertx vertx) throws IOException {
    try (RawServer server =
        new RawServer(
            call -> {
              if (!warmUp(call)) {
                call.body();
                call.write(beginning);
                call.close();
              }
            })) {
      Rig rig = rig(vertx, server);
      assertServed(rig.open());
      rig.failing(FailureKind.NETWORK);
      assertThat(server.calls).hasSize(2);
    }
  }

  @ParameterizedTest
  @EnumSource
  void notOnAFreshConnection(End end, Vertx vertx) throws IOException {
    try (RawServer server =
        new RawServer(
            call -> {
              call.body();
              end.of(call);
            })) {
      rig(vertx, server).failing(FailureKind.NETWORK);
      assertThat(server.calls).hasSize(1);
    }
  }

  @ParameterizedTest
  @EnumSource
  void onceOnly(End end, Vertx vertx) throws IOException {
    try (RawServer server =
        new RawServer(
            call -> {
              if (!warmUp(call)) {
                call.body();
                end.of(call);
              }
            })) {
      Rig rig = rig(vertx, server);
      assertServed(rig.open());
      rig.failing(FailureKind.NETWORK);
      assertThat(server.calls).hasSize(3);
      assertThat(server.calls.get(2).connection()).isEqualTo(2);
    }
  }

  @Test
  void notAfterCancel(Vertx vertx) throws IOException {
    CountDownLatch closed = new CountDownLatch(1);
    try (RawServer server =
        new RawServer(
            call -> {
              if (!warmUp(call)) {
                call.body();
                if (call.number() == 1) {
                  call.answer();
                } else if (call.socket().getInputStream().read() < 0) {
                  closed.countDown();
                }
              }
            })) {
      Rig rig = rig(vertx, server);
      assertServed(rig.open());
      Consumer consumer = rig.open();
      await().until(server.bodies::size, is(2));
      consumer.cancel();
      await().until(closed::getCount, is(0L));
      assertServed(rig.open());
      assertThat(server.calls).hasSize(3);
    }
  }
}
