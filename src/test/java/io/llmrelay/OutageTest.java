package io.llmrelay;

import static io.llmrelay.Relays.eventually;
import static io.llmrelay.Relays.get;
import static io.llmrelay.Relays.unique;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.Relays.Relay;
import io.llmrelay.chat.ChatMessage;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.Timeouts;
import io.llmrelay.config.CircuitOptions;
import io.llmrelay.config.GatewayOptions;
import io.llmrelay.config.RelayOptions;
import io.llmrelay.sandbox.SandboxCall;
import io.llmrelay.sandbox.Scenario;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A backend that is away for some time, and comes back. */
class OutageTest {
  private static final ChatRequest REQUEST = ChatRequest.of(ChatMessage.user("Hello"));
  private static final Scenario OK = Scenario.ok().text("one two three four");
  private static final int RESET_MS = 400;
  private static final int MAX_FAILURES = 3;
  private static final int EVERY_MS = 20;

  /** Binds those that are served, too: no pause of the machine may be that long. */
  private static final int SILENCE_MS = 3_000;

  @RegisterExtension static final Relays RELAYS = new Relays();

  private String primary;
  private String secondary;

  @BeforeEach
  void names() {
    primary = unique("primary");
    secondary = unique("secondary");
    RELAYS.sandbox().script(primary, OK).script(secondary, OK);
  }

  private RelayOptions options(int maxFailures) {
    return new RelayOptions()
        .addBackend("primary", RELAYS.backend("openai", primary, "alpha"))
        .addBackend("secondary", RELAYS.backend("openai", secondary, "beta"))
        .setCircuit(
            new CircuitOptions().setMaxFailures(maxFailures).setResetTimeout(ofMillis(RESET_MS)));
  }

  /**
   * A request every so often, streams and whole answers by turns, until it is told to stop. A
   * machine that was busy meanwhile does not make them come all at once, nor more than so many at a
   * time.
   */
  private static final class Load {
    private final List<Seen> seen = new CopyOnWriteArrayList<>();
    private final Relay relay;
    private final int mostAtATime;
    private volatile boolean stopped;

    Load(Relay relay, int mostAtATime) {
      this.relay = relay;
      this.mostAtATime = mostAtATime;
      RELAYS.vertx().runOnContext(v -> next());
    }

    private void next() {
      if (!stopped) {
        long underWay = seen.stream().filter(each -> each.signals() == 0).count();
        if (underWay < mostAtATime) {
          boolean streaming = seen.size() % 2 == 0;
          seen.add(Seen.begin(relay.client(), REQUEST, streaming, Future.future(never -> {})));
        }
        RELAYS.vertx().setTimer(EVERY_MS, id -> next());
      }
    }

    List<Seen> stop() throws InterruptedException {
      stopped = true;
      for (Seen each : seen) {
        each.await();
      }
      return seen;
    }
  }

  /** The calls of the primary that were answered so. */
  private List<SandboxCall> calls(Scenario scenario) {
    return RELAYS.sandbox().calls(primary).stream()
        .filter(call -> call.scenario().toString().equals(scenario.toString()))
        .toList();
  }

  private static long failedTrials(Relay relay) {
    return relay.hooks().ofBackends().stream()
        .filter(line -> line.endsWith("half_open > open"))
        .count();
  }

  /**
   * Steady load over an outage: everybody is served, hardly anybody is sent to the primary while it
   * is down, and it is in use again soon after it has come back.
   */
  @ParameterizedTest
  @ValueSource(strings = {"503", "die", "stall"})
  void anOutageUnderLoad(String fault) throws Exception {
    boolean silent = fault.equals("stall");
    RelayOptions options = options(MAX_FAILURES);
    if (silent) {
      options.setTimeouts(new Timeouts(null, ofMillis(SILENCE_MS), null, null, null));
    }
    Relay relay = RELAYS.deploy(options);
    int underWay = silent ? SILENCE_MS / EVERY_MS + 10 : 10;
    Load load = new Load(relay, underWay);
    eventually(() -> assertThat(RELAYS.calls(primary)).isGreaterThan(10));

    Scenario ill = Scenario.of(fault);
    RELAYS.sandbox().script(primary, ill);
    int trials = silent ? 1 : 3;
    Relays.poll().atMost(ofSeconds(30)).until(() -> failedTrials(relay) >= trials);
    int before = calls(OK).size();
    RELAYS.sandbox().script(primary, OK);
    Awake watch = Awake.begin();
    eventually(() -> assertThat(calls(OK)).hasSizeGreaterThan(before));
    Duration back = watch.elapsed();
    eventually(() -> assertThat(calls(OK)).hasSizeGreaterThan(before + 10));
    List<Seen> seen = load.stop();

    assertThat(seen).extracting(Seen::failure).containsOnlyNulls();
    assertThat(seen).extracting(Seen::text).containsOnly("one two three four");
    assertThat(seen).extracting(Seen::signals).containsOnly(1);
    // Those that open the circuit, half of all by then, those under way, and the trials.
    int opening = Math.max(MAX_FAILURES, before);
    assertThat(calls(ill).size())
        .isBetween(MAX_FAILURES + trials, opening + underWay + (int) failedTrials(relay));
    assertThat(back).isLessThan(ofMillis(RESET_MS + (silent ? SILENCE_MS : 0) + 1_000));
    assertThat(relay.hooks().ofBackends())
        .startsWith("onCircuitStateChange primary: closed > open")
        .endsWith("onCircuitStateChange primary: half_open > closed");
  }

  @Test
  void aBackendThatFlapsUnderLoad() throws Exception {
    Relay relay = RELAYS.deploy(options(MAX_FAILURES));
    RELAYS.sandbox().script(primary, Scenario.of("flap-for-500").text("one two three four"));
    Load load = new Load(relay, 10);
    eventually(
        () ->
            assertThat(relay.hooks().ofBackends())
                .filteredOn(line -> line.endsWith("half_open > closed"))
                .hasSize(2));
    List<Seen> seen = load.stop();
    assertThat(seen).extracting(Seen::failure).containsOnlyNulls();
    assertThat(seen).extracting(Seen::text).containsOnly("one two three four");
  }

  /** What a stream that is older than the last transition came to says nothing any more. */
  @ParameterizedTest
  @ValueSource(strings = {"stall-after-2-for-4000", "die-after-4-every-1300-chunks-5"})
  void anOldStreamDoesNotFlipACircuit(String old) throws Exception {
    Relay relay = RELAYS.deploy(options(1));
    boolean dies = old.startsWith("die");
    Scenario slow = Scenario.of(old).text("one two three four");
    RELAYS.sandbox().script(primary, slow, Scenario.http(503), OK);
    Seen before = Seen.begin(relay.client(), REQUEST, true, Future.future(never -> {}));
    eventually(() -> assertThat(RELAYS.calls(primary)).isEqualTo(1));
    assertThat(Seen.of(relay.client(), REQUEST, true).backend()).isEqualTo("secondary");
    List<String> transitions =
        List.of(
            "onCircuitStateChange primary: closed > open",
            "onCircuitStateChange primary: open > half_open");
    eventually(() -> assertThat(relay.hooks().ofBackends()).isEqualTo(transitions));
    assertThat(before.signals()).as("it is still under way").isZero();

    before.await();

    assertThat(before.failure() != null).isEqualTo(dies);
    eventually(() -> assertThat(relay.hooks().ends()).hasSize(2));
    get(RELAYS.vertx().timer(50)); // a circuit tells of itself a tick later
    assertThat(relay.hooks().ofBackends()).isEqualTo(transitions);
    assertThat(Seen.of(relay.client(), REQUEST, true).backend()).isEqualTo("primary");
  }

  /** Two answers on their way at the same time: the later one asks for less. */
  @Test
  void aWaitingTimeOnlyExtends() throws Exception {
    Relay relay = RELAYS.deploy(options(10));
    RELAYS
        .sandbox()
        .script(
            primary,
            Scenario.of("429-retry-after-30-first-1500"),
            Scenario.of("429-retry-after-2-first-1700"),
            Scenario.of("429-first-1700"));
    List<Seen> seen = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      seen.add(Seen.begin(relay.client(), REQUEST, true, Future.future(never -> {})));
    }
    for (Seen each : seen) {
      assertThat(each.await().backend()).isEqualTo("secondary");
    }
    assertThat(RELAYS.calls(primary)).isEqualTo(3);
    assertThat(relay.health("primary").getJsonObject("exhausted").getLong("primary/alpha"))
        .isBetween(25_000L, 30_000L);
  }

  /** Nobody left: the answer is there at once, and says when to come back. */
  @ParameterizedTest
  @CsvSource({
    "429-retry-after-90, 429-retry-after-70, 2, 429, 70",
    "429-retry-after-90, 503,                1, 503, 30",
    "503,                500,                1, 503, 30",
    "401,                429-retry-after-70, 2, 503, 70",
  })
  void whenNothingIsAvailable(
      String first, String second, int maxFailures, int status, long seconds) throws Exception {
    RelayOptions options = options(maxFailures).setGateway(new GatewayOptions().setPort(0));
    options.getCircuit().setResetTimeout(ofSeconds(30));
    options.getBus().setPrefix(unique("llm"));
    RelayVerticle verticle = new RelayVerticle(options);
    String deployment = get(RELAYS.vertx().deployVerticle(verticle));
    RELAYS.sandbox().script(primary, Scenario.of(first)).script(secondary, Scenario.of(second));
    HttpClient client = HttpClient.newHttpClient();
    HttpRequest request =
        HttpRequest.newBuilder(
                URI.create("http://127.0.0.1:" + verticle.gatewayPort() + "/v1/chat/completions"))
            .POST(HttpRequest.BodyPublishers.ofString(REQUEST.toJson().encode()))
            .header("content-type", "application/json")
            .build();
    client.send(request, HttpResponse.BodyHandlers.ofString());

    Awake watch = Awake.begin();
    HttpResponse<String> answer = client.send(request, HttpResponse.BodyHandlers.ofString());
    Duration took = watch.elapsed();

    assertThat(answer.statusCode()).isEqualTo(status);
    assertThat(Long.parseLong(answer.headers().firstValue("retry-after").orElseThrow()))
        .isBetween(Math.min(59, seconds - 5), Math.min(59, seconds));
    JsonObject relay = new JsonObject(answer.body()).getJsonObject("relay");
    assertThat(relay.getBoolean("retryable")).isTrue();
    assertThat(relay.getLong("retry_after_ms")).isBetween(seconds * 1000 - 5_000, seconds * 1000);
    assertThat(took).isLessThan(ofMillis(500));
    assertThat(RELAYS.calls(primary)).isEqualTo(1);
    assertThat(RELAYS.calls(secondary)).isEqualTo(1);
    get(RELAYS.vertx().undeploy(deployment));
  }
}
