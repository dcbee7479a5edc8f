package io.llmrelay;

import static io.llmrelay.Relays.eventually;
import static io.llmrelay.Relays.get;
import static io.llmrelay.Relays.unique;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.Relays.Relay;
import io.llmrelay.chat.Attempt;
import io.llmrelay.chat.ChatMessage;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.config.CircuitOptions;
import io.llmrelay.config.QueueOptions;
import io.llmrelay.config.RelayOptions;
import io.llmrelay.sandbox.SandboxCall;
import io.llmrelay.sandbox.Scenario;
import io.vertx.core.Future;
import io.vertx.core.http.HttpServer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is known of a backend is known on every lane, and its limits count for all of them. */
class LanesTest {
  private static final ChatRequest REQUEST = ChatRequest.of(ChatMessage.user("Hello"));
  private static final Scenario OK = Scenario.ok().text("one two three four");
  private static final int MAX_FAILURES = 5;
  private static final int RESET_MS = 400;

  @RegisterExtension static final Relays RELAYS = new Relays();

  private String primary;
  private String secondary;

  @BeforeEach
  void names() {
    primary = unique("primary");
    secondary = unique("secondary");
    RELAYS.sandbox().script(primary, OK).script(secondary, OK);
  }

  private BackendOptions backend(String path, String model) {
    return RELAYS.backend("openai", path, model);
  }

  private RelayOptions options(int lanes) {
    return new RelayOptions()
        .setLanes(lanes)
        .addBackend("primary", backend(primary, "alpha"))
        .addBackend("secondary", backend(secondary, "beta"))
        .setCircuit(
            new CircuitOptions()
                .setMaxFailures(MAX_FAILURES)
                .setWindow(ofSeconds(60))
                .setResetTimeout(ofMillis(RESET_MS)));
  }

  private static Seen ask(Relay relay) throws Exception {
    Seen seen = Seen.of(relay.client(), REQUEST, true);
    assertThat(seen.failure()).isNull();
    assertThat(seen.text()).isEqualTo("one two three four");
    return seen;
  }

  /**
   * An outage under a request now and then, each on the next lane: the primary is asked as often as
   * it takes to open its circuit, and once in each reset interval. When it is well it serves again
   * within one.
   */
  @ParameterizedTest
  @ValueSource(ints = {1, 4, 16})
  void anOutageIsKnownToAllLanes(int lanes) throws Exception {
    Relay relay = RELAYS.deploy(options(lanes));
    RELAYS.sandbox().script(primary, Scenario.http(500));
    Awake outage = Awake.begin();
    while (outage.elapsed().toMillis() < 6 * RESET_MS) {
      assertThat(ask(relay).backend()).isEqualTo("secondary");
      get(RELAYS.vertx().timer(20));
    }
    long intervals = outage.elapsed().toMillis() / RESET_MS;
    assertThat(RELAYS.calls(primary)).isBetween(MAX_FAILURES + 2, MAX_FAILURES + (int) intervals);

    RELAYS.sandbox().script(primary, OK);
    Awake well = Awake.begin();
    eventually(() -> assertThat(ask(relay).backend()).isEqualTo("primary"));
    assertThat(well.elapsed()).isLessThan(ofMillis(RESET_MS + 1_000));
    for (int i = 0; i < 2 * lanes; i++) {
      assertThat(ask(relay).backend()).as("on every lane").isEqualTo("primary");
    }
  }

  /** Some starts fail while others are served: the circuit stays closed on every lane. */
  @ParameterizedTest
  @ValueSource(ints = {1, 16})
  void aBackendThatMostlyWorksStaysInUse(int lanes) throws Exception {
    Relay relay = RELAYS.deploy(options(lanes));
    List<Scenario> script = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      script.add(i % 10 == 9 ? Scenario.http(500) : OK);
    }
    RELAYS.sandbox().script(primary, script.toArray(Scenario[]::new));
    int failovers = 0;
    for (int i = 0; i < 200; i++) {
      Seen seen = ask(relay);
      assertThat(seen.trail()).as("request %d", i).noneMatch(a -> skipped(a, "circuit_open"));
      failovers += seen.backend().equals("secondary") ? 1 : 0;
    }
    assertThat(failovers).isEqualTo(20);
    assertThat(RELAYS.calls(primary)).isEqualTo(200);
    assertThat(relay.hooks().ofBackends()).isEmpty();
  }

  private static boolean skipped(Attempt attempt, String reason) {
    return attempt.result() == Attempt.Result.SKIPPED && reason.equals(attempt.reason());
  }

  /** Six at once are told to wait: for their model only, and that is no failure. */
  @ParameterizedTest
  @ValueSource(ints = {1, 16})
  void rateLimitsOpenNoCircuit(int lanes) throws Exception {
    RelayOptions options = options(lanes);
    options.getBackends().get("primary").setModels(List.of("alpha", "sibling"));
    options.getBackends().get("primary").setDefaultModel("alpha");
    Relay relay = RELAYS.deploy(options);
    RELAYS.sandbox().script(primary, Scenario.of("429-first-300"));
    List<Seen> seen = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      seen.add(Seen.begin(relay.client(), REQUEST, true, Future.future(never -> {})));
    }
    for (Seen each : seen) {
      assertThat(each.await().backend()).isEqualTo("secondary");
    }
    assertThat(RELAYS.calls(primary)).isEqualTo(6);
    RELAYS.sandbox().script(primary, OK);
    for (int i = 0; i < lanes; i++) {
      assertThat(ask(relay).trail()).anyMatch(a -> skipped(a, "exhausted"));
      Seen sibling = Seen.of(relay.client(), REQUEST.withModel("primary/sibling"), true);
      assertThat(sibling.backend()).isEqualTo("primary");
      assertThat(sibling.model()).isNotNull();
    }
    assertThat(relay.health("primary").getJsonObject("circuit").getString("primary"))
        .isEqualTo("closed");
  }

  /** One connection is one, however many lanes there are; the next request does not wait for it. */
  @ParameterizedTest
  @ValueSource(ints = {1, 4, 16})
  void maxConnectionsCountsForAllLanes(int lanes) throws Exception {
    RelayOptions options = options(lanes);
    options.getBackends().get("primary").setMaxConnections(1);
    Relay relay = RELAYS.deploy(options);
    RELAYS.sandbox().script(primary, Scenario.of("model-every-100-chunks-10"), OK);
    Seen slow = Seen.begin(relay.client(), REQUEST, true, Future.future(never -> {}));
    eventually(() -> assertThat(RELAYS.calls(primary)).isEqualTo(1));
    for (int i = 0; i < 2 * lanes; i++) {
      Seen other = ask(relay);
      assertThat(other.backend()).isEqualTo("secondary");
      assertThat(other.trail()).anyMatch(a -> skipped(a, "saturated"));
      if (slow.signals() > 0) {
        break;
      }
    }
    slow.await();
    assertThat(slow.failure()).isNull();
    eventually(() -> assertThat(ask(relay).backend()).isEqualTo("primary"));
    assertThat(relay.health("primary").getJsonObject("circuit").getString("primary"))
        .isEqualTo("closed");
    eventually(
        () ->
            assertThat(relay.health("primary").getJsonObject("connections").getInteger("in_use"))
                .isZero());
  }

  /** Nobody else has a connection: those who wait are served one after the other. */
  @ParameterizedTest
  @ValueSource(ints = {1, 16})
  void whoWaitsForTheOnlyConnectionIsServed(int lanes) throws Exception {
    RelayOptions options = options(lanes);
    options.getBackends().remove("secondary");
    options.getBackends().get("primary").setMaxConnections(1);
    Relay relay = RELAYS.deploy(options);
    RELAYS.sandbox().script(primary, Scenario.of("model-first-30").text("one two three four"));
    List<Seen> seen = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      seen.add(Seen.begin(relay.client(), REQUEST, i % 2 == 0, Future.future(never -> {})));
    }
    for (Seen each : seen) {
      each.await();
      assertThat(each.failure()).isNull();
      assertThat(each.backend()).isEqualTo("primary");
    }
    List<SandboxCall> calls = RELAYS.sandbox().calls(primary);
    assertThat(calls).hasSize(20);
    for (int i = 1; i < calls.size(); i++) {
      assertThat(calls.get(i).receivedAt()).isAfterOrEqualTo(calls.get(i - 1).endedAt());
    }
    assertThat(relay.hooks().ofBackends()).isEmpty();
  }

  /** The queue is full, or the wait is over: saturated, with the number that is configured. */
  @ParameterizedTest
  @CsvSource({"1, 0", "16, 0", "1, 5", "16, 5"})
  void whoFindsNoConnectionIsToldWhen(int lanes, int queue) throws Exception {
    RelayOptions options =
        options(lanes).setQueue(new QueueOptions().setMax(queue).setWait(ofMillis(100)));
    options.getBackends().remove("secondary");
    options.getBackends().get("primary").setMaxConnections(2);
    Relay relay = RELAYS.deploy(options);
    RELAYS.sandbox().script(primary, Scenario.of("stall-after-2"));
    List<Future<LlmStream>> open =
        List.of(relay.client().stream(REQUEST), relay.client().stream(REQUEST));
    for (Future<LlmStream> each : open) {
      get(each);
    }
    Seen third = Seen.of(relay.client(), REQUEST, true);
    assertThat(third.failure().kind()).isEqualTo(FailureKind.SATURATED);
    assertThat(third.failure().message()).contains("all 2 connections (max-connections)");
    assertThat(third.failure().retryAfterMs()).isEqualTo(1_000);
    for (Future<LlmStream> each : open) {
      each.result().cancel();
    }
    RELAYS.sandbox().script(primary, OK);
    eventually(() -> assertThat(ask(relay).backend()).isEqualTo("primary"));
    assertThat(relay.hooks().ofBackends()).isEmpty();
  }

  /** A server that takes one connection at a time is never offered a second, by any lane. */
  @ParameterizedTest
  @ValueSource(ints = {1, 16})
  void aServerOfOneConnectionGetsOne(int lanes) throws Exception {
    AtomicInteger open = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    HttpServer server =
        RELAYS
            .vertx()
            .createHttpServer()
            .connectionHandler(
                connection -> {
                  most.accumulateAndGet(open.incrementAndGet(), Math::max);
                  connection.closeHandler(closed -> open.decrementAndGet());
                })
            .requestHandler(
                request ->
                    request
                        .response()
                        .putHeader("content-type", "text/event-stream")
                        .end(
                            "data: {\"choices\":[{\"delta\":{\"content\":\"one two three four\"},"
                                + "\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n"));
    int port = get(server.listen(0, "127.0.0.1")).actualPort();
    RelayOptions options = options(lanes);
    options.getBackends().remove("secondary");
    options
        .getBackends()
        .get("primary")
        .setMaxConnections(1)
        .setBaseUrl("http://127.0.0.1:" + port + "/v1");
    Relay relay = RELAYS.deploy(options);
    List<Seen> seen = new ArrayList<>();
    for (int i = 0; i < 3 * lanes; i++) {
      seen.add(Seen.begin(relay.client(), REQUEST, true, Future.future(never -> {})));
    }
    for (Seen each : seen) {
      each.await();
      assertThat(each.failure()).isNull();
    }
    assertThat(most).hasValue(1);
    get(server.close());
  }
}
