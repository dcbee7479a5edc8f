package io.llmrelay;

import static io.llmrelay.Relays.eventually;
import static io.llmrelay.Relays.get;
import static io.llmrelay.Relays.unique;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.Relays.Relay;
import io.llmrelay.chat.Attempt;
import io.llmrelay.chat.ChatMessage;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.config.RelayOptions;
import io.llmrelay.config.RetryOptions;
import io.llmrelay.observe.RelayEvent.RequestEnd;
import io.llmrelay.sandbox.SandboxCall;
import io.llmrelay.sandbox.Scenario;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A request that nobody wants any more ends at once, in whichever phase it is and however that is
 * said: the backend sees the connection go, nobody else is asked, and the hooks are told once.
 */
class CancellationTest {
  private static final ChatRequest REQUEST = ChatRequest.of(ChatMessage.user("Hello"));

  /** What the request is waiting for when it is cancelled. */
  enum Phase {
    A_CONNECTION(null),
    THE_HEAD("stall"),
    THE_FIRST_TOKEN("stall-after-role"),
    THE_NEXT_TOKEN("model-chunks-5000-every-10"),
    A_RETRY("503");

    private final String scenario;

    Phase(String scenario) {
      this.scenario = scenario;
    }
  }

  /** How it is cancelled. */
  enum By {
    CANCEL,
    HANDLER_NULL,
    CANCEL_ON,
    CLOSING_THE_CLIENT,
    UNDEPLOYING_THE_RELAY
  }

  @RegisterExtension static final Relays RELAYS = new Relays();

  /** Takes TCP connections and never says a word. */
  private static ServerSocket silent;

  private static final List<Socket> ACCEPTED = new ArrayList<>();

  static Stream<Arguments> everyPhaseAndWay() {
    return Stream.of(Phase.values())
        .flatMap(
            phase ->
                Stream.of(By.values())
                    .filter(by -> by.compareTo(By.CANCEL_ON) >= 0)
                    .flatMap(
                        by ->
                            Stream.of("stream", "generate")
                                .map(mode -> Arguments.of(phase, by, mode))));
  }

  static Stream<Arguments> every() {
    return Stream.concat(
        Stream.of(
            Arguments.of(Phase.THE_NEXT_TOKEN, By.CANCEL, "stream"),
            Arguments.of(Phase.THE_NEXT_TOKEN, By.HANDLER_NULL, "stream")),
        everyPhaseAndWay());
  }

  @BeforeAll
  static void open() throws IOException {
    silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    silent.setSoTimeout(10_000);
  }

  @AfterAll
  static void close() throws IOException {
    for (Socket accepted : ACCEPTED) {
      accepted.close();
    }
    silent.close();
  }

  @ParameterizedTest(name = "waiting for {0}, by {1} ({2})")
  @MethodSource("every")
  void endsAtOnce(Phase phase, By by, String mode) throws Exception {
    String path = unique("primary");
    String next = unique("secondary");
    BackendOptions primary = RELAYS.backend("openai", path, "alpha");
    if (phase == Phase.A_CONNECTION) {
      primary.setBaseUrl("https://127.0.0.1:" + silent.getLocalPort());
    } else {
      RELAYS.sandbox().script(path, Scenario.of(phase.scenario));
    }
    Relay relay =
        RELAYS.deploy(
            new RelayOptions()
                .addBackend("primary", primary)
                .addBackend("secondary", RELAYS.backend("anthropic", next, "beta"))
                .setRetries(retries(phase == Phase.A_RETRY ? 1 : 0)));
    Promise<Void> cancel = Promise.promise();

    Seen seen = Seen.begin(relay.client(), REQUEST, mode.equals("stream"), cancel.future());
    reached(phase, mode.equals("stream"), relay, seen, path);
    SandboxCall call = phase == Phase.A_CONNECTION ? null : RELAYS.sandbox().calls(path).get(0);
    Awake watch = Awake.begin();
    Future<Duration> ended = call == null ? null : watch.until(call.ended());
    switch (by) {
      case CANCEL -> seen.stream().cancel();
      case HANDLER_NULL -> seen.stream().handler(null);
      case CANCEL_ON -> cancel.complete();
      case CLOSING_THE_CLIENT -> get(relay.client().close());
      case UNDEPLOYING_THE_RELAY -> RELAYS.undeploy(relay);
    }

    eventually(() -> assertThat(relay.hooks().ends()).hasSize(1));
    if (call != null) {
      Duration took = get(ended);
      if (phase != Phase.A_RETRY) {
        assertThat(call.aborted()).isTrue();
        assertThat(took).isLessThan(ofSeconds(1));
      }
    }
    theConsumerIsTold(phase, by, mode.equals("stream"), seen);
    if (by != By.UNDEPLOYING_THE_RELAY) {
      assertThat(relay.health().getInteger("requests")).isZero();
    }
    assertThat(RELAYS.calls(path)).isEqualTo(phase == Phase.A_CONNECTION ? 0 : 1);
    assertThat(RELAYS.calls(next)).isZero();
    theHooksAreTold(phase, relay);
  }

  private static void reached(Phase phase, boolean streaming, Relay relay, Seen seen, String path)
      throws IOException {
    switch (phase) {
      case A_CONNECTION -> ACCEPTED.add(silent.accept());
      case A_RETRY -> eventually(() -> assertThat(relay.hooks().ofRequests()).hasSize(3));
      case THE_HEAD -> eventually(() -> assertThat(RELAYS.calls(path)).isEqualTo(1));
      default ->
          eventually(
              () -> {
                assertThat(RELAYS.calls(path)).isEqualTo(1);
                assertThat(RELAYS.sandbox().calls(path).get(0).bytesWritten()).isPositive();
              });
    }
    if (phase == Phase.THE_NEXT_TOKEN && streaming) {
      eventually(() -> assertThat(seen.text()).isNotEmpty());
    }
  }

  /**
   * Whoever cancelled a stream hears no more of it; whoever waits for a future is told that it was
   * cancelled; and who did not cancel is told what happened.
   */
  private static void theConsumerIsTold(Phase phase, By by, boolean streaming, Seen seen) {
    boolean reading = streaming && phase == Phase.THE_NEXT_TOKEN;
    switch (by) {
      case CANCEL, HANDLER_NULL -> assertThat(seen.signals()).isZero();
      case CANCEL_ON -> {
        if (reading) {
          assertThat(seen.signals()).isZero();
        } else {
          eventually(() -> assertThat(seen.failure()).isNotNull());
          assertThat(seen.failure().kind()).isEqualTo(FailureKind.CANCELLED);
        }
      }
      case CLOSING_THE_CLIENT -> {
        eventually(() -> assertThat(seen.failure()).isNotNull());
        assertThat(seen.failure().kind()).isEqualTo(FailureKind.NETWORK);
      }
      case UNDEPLOYING_THE_RELAY -> {
        eventually(() -> assertThat(seen.failure()).isNotNull());
        assertThat(seen.failure().kind()).isEqualTo(FailureKind.UNAVAILABLE);
        assertThat(seen.failure().retryable()).isTrue();
      }
    }
    assertThat(seen.signals()).isLessThanOrEqualTo(1);
  }

  private static void theHooksAreTold(Phase phase, Relay relay) {
    List<String> hooks = relay.hooks().ofRequests();
    assertThat(hooks.get(hooks.size() - 1)).startsWith("onRequestEnd ");
    assertThat(hooks).filteredOn(hook -> hook.startsWith("onAttemptStart")).hasSize(1);
    assertThat(hooks).filteredOn(hook -> hook.startsWith("onAttemptEnd")).hasSize(1);
    assertThat(hooks).noneMatch(hook -> hook.startsWith("onFallback"));
    RequestEnd end = relay.hooks().ends().get(0);
    assertThat(end.finishReason()).isNull();
    assertThat(end.trail()).hasSize(1);
    assertThat(end.trail().get(0).result())
        .isEqualTo(phase == Phase.A_RETRY ? Attempt.Result.FAILED : Attempt.Result.CANCELLED);
    assertThat(relay.hooks().ofBackends()).isEmpty();
  }

  /** The caller's verticle goes, and its stream with it. */
  @Test
  void endsWithTheVerticleThatAskedForIt() throws Exception {
    String path = unique("primary");
    RELAYS.sandbox().script(path, Scenario.of(Phase.THE_NEXT_TOKEN.scenario));
    Relay relay =
        RELAYS.deploy(
            new RelayOptions().addBackend("primary", RELAYS.backend("openai", path, "alpha")));
    Promise<Void> first = Promise.promise();
    VerticleBase caller =
        new VerticleBase() {
          @Override
          public Future<?> start() {
            return relay.client().stream(REQUEST)
                .onSuccess(stream -> stream.handler(chunk -> first.tryComplete()));
          }
        };
    String deployment = get(RELAYS.vertx().deployVerticle(caller));
    get(first.future());
    get(RELAYS.vertx().undeploy(deployment));
    eventually(() -> assertThat(relay.hooks().ends()).hasSize(1));
    SandboxCall call = RELAYS.sandbox().calls(path).get(0);
    get(call.ended());
    assertThat(call.aborted()).isTrue();
  }

  @Test
  void aStreamThatWasCancelledBeforeItsAnswerNeverStarts() throws Exception {
    String path = unique("primary");
    Relay relay =
        RELAYS.deploy(
            new RelayOptions().addBackend("primary", RELAYS.backend("openai", path, "alpha")));
    for (boolean streaming : new boolean[] {true, false}) {
      Seen seen = Seen.begin(relay.client(), REQUEST, streaming, Future.succeededFuture()).await();
      assertThat(seen.failure().kind()).isEqualTo(FailureKind.CANCELLED);
    }
    eventually(() -> assertThat(relay.health().getInteger("requests")).isZero());
    assertThat(relay.hooks().ofRequests()).filteredOn(hook -> hook.endsWith("served")).isEmpty();
  }

  private static RetryOptions retries(int max) {
    return new RetryOptions().setMax(max).setBaseDelay(ofSeconds(30)).setMaxDelay(ofSeconds(60));
  }
}
