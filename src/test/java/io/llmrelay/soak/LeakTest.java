package io.llmrelay.soak;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llmrelay.sandbox.Sandbox;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.awaitility.core.ThrowingRunnable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * After many requests that ended in every way there is, through both doors, as much is held as
 * before them: requests, timers, addresses on the bus, and, with the relay gone, connections.
 */
class LeakTest {
  private static final int RUNS = Integer.getInteger("llmrelay.leak.runs", 1_000);
  private static final int VISITORS = 60;
  private static final int CONNECTIONS = 100;

  private Vertx backends;
  private Vertx relays;
  private Context onBus;
  private Sandbox sandbox;

  @BeforeEach
  void start() throws Exception {
    backends = Vertx.vertx();
    relays = Vertx.vertx();
    onBus = relays.getOrCreateContext(); // a client has an address for each
    sandbox = get(Sandbox.start(backends));
  }

  @AfterEach
  void stop() throws Exception {
    get(Future.join(relays.close(), backends.close()));
  }

  /** As long as it takes: scripts/soak asks for as many as one likes. */
  @Test
  @Timeout(value = 1, unit = TimeUnit.DAYS)
  void nothingIsLeftOfManyRequests() throws Exception {
    int timersAtFirst = Count.timers(relays);
    int addressesAtFirst = Count.addresses(relays);
    RelayUnderTest relay =
        get(RelayUnderTest.deploy(relays, sandbox.baseUrl() + "/", CONNECTIONS, ofMillis(500)));
    Door bus = Door.bus(relays, relay.client);
    int port = relay.verticle.gatewayPort();
    // What is made at first use, such as a client's address, is no leak.
    visits(bus, port, 4 * VISITORS);
    quiet(relay);
    int timers = settledTimers();
    int addresses = Count.addresses(relays);

    Map<String, Integer> ends = visits(bus, port, RUNS);

    assertThat(ends.keySet()).noneMatch(end -> end.startsWith("WRONG"));
    assertThat(ends).containsKeys("completed", "left", "failed: in mid-stream", "failed: timeout");
    assertThat(ends.values().stream().mapToInt(Integer::intValue).sum()).isEqualTo(RUNS);
    quiet(relay);
    eventually(() -> assertThat(Count.timers(relays)).as("timers").isEqualTo(timers));
    eventually(() -> assertThat(Count.addresses(relays)).as("addresses").isEqualTo(addresses));
    assertThat(sandbox.openConnections()).as("connections").isLessThanOrEqualTo(2 * CONNECTIONS);

    System.out.println("LeakTest: " + RUNS + " requests: " + ends);
    get(relay.undeploy());
    eventually(() -> assertThat(sandbox.openConnections()).as("connections").isZero());
    eventually(() -> assertThat(Count.timers(relays)).isEqualTo(timersAtFirst));
    eventually(() -> assertThat(Count.addresses(relays)).isEqualTo(addressesAtFirst));
  }

  /** Half of them through either door; a connection to the gateway has a timer and must be gone. */
  private Map<String, Integer> visits(Door bus, int port, int visits) throws Exception {
    Vertx consumers = Vertx.vertx();
    Future<Map<String, Integer>> ends =
        new Load(onBus, bus).run(VISITORS / 2, begun -> begun < visits - visits / 2);
    Map<String, Integer> all =
        new TreeMap<>(
            get(
                new Load(consumers.getOrCreateContext(), Door.http(consumers, port))
                    .run(VISITORS / 2, begun -> begun < visits / 2)));
    get(ends).forEach((end, n) -> all.merge(end, n, Integer::sum));
    get(consumers.close());
    return all;
  }

  private void quiet(RelayUnderTest relay) {
    eventually(() -> assertThat(Count.requests(relay.client)).as("requests").isZero());
    eventually(() -> assertThat(sandbox.activeRequests()).as("calls").isZero());
  }

  /** Once none of those is left that outlive a request by a second at most. */
  private int settledTimers() {
    int[] seen = {-1};
    await()
        .atMost(ofSeconds(20))
        .pollInterval(ofMillis(50))
        .during(ofMillis(1_200))
        .until(
            () -> {
              int now = Count.timers(relays);
              boolean same = now == seen[0];
              seen[0] = now;
              return same;
            });
    return Count.timers(relays);
  }

  private static void eventually(ThrowingRunnable assertion) {
    await().atMost(ofSeconds(20)).pollInterval(ofMillis(20)).untilAsserted(assertion);
  }

  static <T> T get(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(10, TimeUnit.MINUTES);
  }
}
