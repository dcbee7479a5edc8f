package io.llmrelay.soak;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llmrelay.chat.ChatRequest;
import io.llmrelay.sandbox.Sandbox;
import io.llmrelay.sandbox.SandboxCall;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Backends that push as fast as they can, consumers that hardly read: what was taken from the
 * backends is what fits the sockets' buffers, and hardly anything of it is on the heap.
 */
class BackPressureTest {
  private static final int CONSUMERS = 10;
  private static final int MEGABYTES = 100;
  private static final long MB = 1_000_000;

  private Vertx vertx;
  private Vertx backends;
  private Sandbox sandbox;
  private RelayUnderTest relay;
  private final List<Runnable> leave = new CopyOnWriteArrayList<>();

  @BeforeEach
  void start() throws Exception {
    vertx = Vertx.vertx();
    backends = Vertx.vertx();
    sandbox = LeakTest.get(Sandbox.start(backends));
    relay =
        LeakTest.get(
            RelayUnderTest.deploy(
                vertx, sandbox.baseUrl() + "/", CONSUMERS, Duration.ofSeconds(60)));
  }

  @AfterEach
  void stop() throws Exception {
    LeakTest.get(Future.join(vertx.close(), backends.close()));
  }

  @Test
  void onTheEventBus() throws Exception {
    staysBounded(
        () ->
            relay.client.stream(ChatRequest.fromJson(flood()))
                .onSuccess(
                    stream -> {
                      leave.add(stream::cancel);
                      stream.pause().handler(chunk -> {});
                      vertx.setPeriodic(100, id -> stream.fetch(1));
                    }),
        20);
  }

  @Test
  void throughTheGateway() throws Exception {
    String body = flood().put("stream", true).encode();
    staysBounded(
        () ->
            vertx
                .createNetClient()
                .connect(relay.verticle.gatewayPort(), "127.0.0.1")
                .onSuccess(
                    socket -> {
                      leave.add(socket::close);
                      socket.pause().handler(bytes -> {});
                      socket.write(
                          "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: "
                              + body.length()
                              + "\r\n\r\n"
                              + body);
                      vertx.setPeriodic(100, id -> socket.fetch(1));
                    }),
        40);
  }

  /**
   * Lets the consumers in, and waits until nobody takes any more of the backends.
   *
   * @param sockets megabytes of one stream that all the sockets between may hold
   */
  private void staysBounded(Runnable consumer, int sockets) throws Exception {
    long before = Count.heap();
    for (int i = 0; i < CONSUMERS; i++) {
      consumer.run();
    }
    await()
        .atMost(Duration.ofSeconds(60))
        .until(
            () ->
                sandbox.calls().size() == CONSUMERS
                    && sandbox.calls().stream().allMatch(call -> call.bytesWritten() > MB / 5));
    long[] seen = {0};
    await()
        .atMost(Duration.ofSeconds(60))
        .pollInterval(Duration.ofMillis(700))
        .until(
            () -> {
              long taken = taken();
              boolean still = taken - seen[0] < CONSUMERS * MB / 2;
              seen[0] = taken;
              return still;
            });
    assertThat(sandbox.activeRequests()).isEqualTo(CONSUMERS);
    assertThat(taken()).as("bytes taken").isLessThan(MB * CONSUMERS * sockets);
    assertThat(Count.heap() - before).as("bytes on the heap").isLessThan(MB * CONSUMERS * 4);
    leave.forEach(Runnable::run);
    await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> sandbox.calls().stream().allMatch(SandboxCall::aborted));
  }

  private long taken() {
    return sandbox.calls().stream().mapToLong(SandboxCall::bytesWritten).sum();
  }

  private static JsonObject flood() {
    return Visit.body("Hello").put("model", "first/mock-flood-" + MEGABYTES);
  }
}
