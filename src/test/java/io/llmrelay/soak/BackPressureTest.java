package io.llmrelay.soak;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llmrelay.chat.ChatRequest;
import io.llmrelay.sandbox.Sandbox;
import io.llmrelay.sandbox.SandboxCall;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetClientOptions;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Backends that push as fast as they can, consumers that hardly read: what was taken from the
 * backends is what fits the sockets' buffers, and hardly anything of it is on the heap.
 */
class BackPressureTest {
  private static final int CONSUMERS = 6;
  private static final long MB = 1_000_000;

  /** What each backend has to say, in megabytes; all of it passes a hop that does not hold back. */
  private static final int FLOOD = 40;

  /**
   * What may be taken of it: Linux lets a socket that sends grow to 4 MB and one that receives to 6
   * MB unless told otherwise, and there are up to three such sockets between; the consumer's own is
   * kept small. Mostly they hold from 5 to 10 MB.
   */
  private static final int TAKEN = 20;

  /**
   * What a stream may have on the heap, of the backend, the relay and the consumer: at most a
   * window of 32 frames of 8 KB, what was read at once, and one write of 32 KB. Mostly it is 600
   * KB.
   */
  private static final int HEAP = 1;

  private Vertx vertx;
  private Vertx backends;
  private Sandbox sandbox;
  private RelayUnderTest relay;
  private final Set<Object> read = ConcurrentHashMap.newKeySet();
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
                      stream.pause().handler(chunk -> read.add(stream));
                      vertx.setPeriodic(500, id -> stream.fetch(1));
                      stream.fetch(1);
                    }));
  }

  @Test
  void throughTheGateway() throws Exception {
    String body = flood().put("stream", true).encode();
    // A client that nobody holds is closed with the next garbage collection.
    NetClient client =
        vertx.createNetClient(new NetClientOptions().setReceiveBufferSize(16 * 1024));
    staysBounded(
        () ->
            client
                .connect(relay.verticle.gatewayPort(), "127.0.0.1")
                .onSuccess(
                    socket -> {
                      leave.add(socket::close);
                      socket.pause().handler(bytes -> read.add(socket));
                      socket.write(
                          "POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-length: "
                              + body.length()
                              + "\r\n\r\n"
                              + body);
                      vertx.setPeriodic(500, id -> socket.fetch(1));
                    }));
    LeakTest.get(client.close());
  }

  /** Lets the consumers in, and waits until nobody takes any more of the backends. */
  private void staysBounded(Runnable consumer) throws Exception {
    long before = Count.heap();
    for (int i = 0; i < CONSUMERS; i++) {
      consumer.run();
    }
    // Until then only the sockets of the backends may have filled, and it looks like stillness.
    await().atMost(Duration.ofSeconds(60)).until(() -> read.size() == CONSUMERS);
    long[] seen = {0};
    await()
        .atMost(Duration.ofSeconds(60))
        .pollInterval(Duration.ofMillis(300))
        .during(Duration.ofMillis(900))
        .until(
            () -> {
              long more = taken() - seen[0];
              seen[0] += more;
              return more < MB / 2;
            });
    assertThat(taken()).as("bytes taken").isLessThan(MB * CONSUMERS * TAKEN);
    assertThat(sandbox.activeRequests()).isEqualTo(CONSUMERS);
    assertThat(Count.heap() - before).as("bytes on the heap").isLessThan(MB * CONSUMERS * HEAP);
    leave.forEach(Runnable::run);
    await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> sandbox.calls().stream().allMatch(SandboxCall::aborted));
  }

  private long taken() {
    return sandbox.calls().stream().mapToLong(SandboxCall::bytesWritten).sum();
  }

  private static JsonObject flood() {
    return Visit.body("Hello").put("model", "first/mock-flood-" + FLOOD);
  }
}
