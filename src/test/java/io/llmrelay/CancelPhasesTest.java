package io.llmrelay;

import static io.llmrelay.Relays.eventually;
import static io.llmrelay.Relays.get;
import static io.llmrelay.Relays.unique;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.Relays.Relay;
import io.llmrelay.chat.ChatMessage;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.config.BusOptions;
import io.llmrelay.config.GatewayOptions;
import io.llmrelay.config.RelayOptions;
import io.llmrelay.config.RetryOptions;
import io.llmrelay.sandbox.SandboxCall;
import io.llmrelay.sandbox.Scenario;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.NetSocket;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every phase a request can be in, and every way in which those who wait for it can go: within a
 * second the backend is rid of it, and nobody is asked again.
 */
class CancelPhasesTest {
  private static final ChatRequest REQUEST = ChatRequest.of(ChatMessage.user("Hello"));
  private static final Duration SOON = ofSeconds(1);

  /** What the backend lets the request wait for. */
  enum Phase {
    A_SLOT("stall"),
    THE_CONNECTION(null),
    THE_HEAD("stall"),
    THE_FIRST_TOKEN("stall-after-role"),
    THE_NEXT_TOKEN("model-chunks-5000-every-10"),
    A_RETRY("503");

    private final String scenario;

    Phase(String scenario) {
      this.scenario = scenario;
    }
  }

  /** In these the backend works on the request. */
  private static final Set<Phase> UNDER_WAY =
      EnumSet.of(Phase.THE_HEAD, Phase.THE_FIRST_TOKEN, Phase.THE_NEXT_TOKEN);

  /** Who goes. */
  enum Way {
    THE_CLIENT_OF_THE_GATEWAY,
    THE_CALLER_WHO_CANCELS,
    THE_VERTICLE_OF_THE_CALLER,
    THE_RELAY
  }

  @RegisterExtension static final Relays RELAYS = new Relays();

  /** Takes TCP connections and never says a word. */
  private static ServerSocket silent;

  static Stream<Arguments> all() {
    return Stream.of(Phase.values())
        .flatMap(phase -> Stream.of(Way.values()).map(way -> Arguments.of(phase, way)));
  }

  @BeforeAll
  static void open() throws IOException {
    silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    silent.setSoTimeout(10_000);
  }

  @AfterAll
  static void close() throws IOException {
    silent.close();
  }

  @ParameterizedTest(name = "waiting for {0}, gone is {1}")
  @MethodSource("all")
  void theBackendIsRidOfIt(Phase phase, Way way) throws Exception {
    String path = unique("first");
    String next = unique("second");
    Relay relay = deploy(phase, path, next);
    Promise<Void> hogs = Promise.promise();
    if (phase == Phase.A_SLOT) {
      LlmRelay other = LlmRelay.create(RELAYS.vertx(), new BusOptions().setPrefix(relay.prefix()));
      Future<LlmStream> unused = other.stream(REQUEST, hogs.future());
      eventually(() -> assertThat(RELAYS.calls(path)).isEqualTo(1));
    }
    int ends = relay.hooks().ends().size();

    Runnable go = enter(way, relay);
    Socket accepted = reached(phase, relay, path);
    SandboxCall call = UNDER_WAY.contains(phase) ? RELAYS.sandbox().calls(path).get(0) : null;
    Awake watch = Awake.begin();
    Future<Duration> left = call == null ? null : watch.until(call.ended());
    go.run();

    boolean withTheOther = way == Way.THE_RELAY && phase == Phase.A_SLOT;
    eventually(() -> assertThat(relay.hooks().ends()).hasSize(ends + (withTheOther ? 2 : 1)));
    assertThat(watch.elapsed()).isLessThan(SOON);
    if (call != null) {
      assertThat(get(left)).isLessThan(SOON);
      assertThat(call.aborted()).isTrue();
    }
    hogs.complete();
    eventually(() -> assertThat(RELAYS.sandbox().activeRequests()).isZero());
    if (way != Way.THE_RELAY) {
      eventually(() -> assertThat(relay.health().getInteger("requests")).isZero());
    }
    assertThat(RELAYS.calls(path)).isEqualTo(phase == Phase.THE_CONNECTION ? 0 : 1);
    assertThat(RELAYS.calls(next)).isZero();
    assertThat(relay.hooks().ofRequests())
        .filteredOn(hook -> hook.startsWith("onAttemptStart"))
        .hasSize(1);
    if (accepted != null) {
      accepted.close();
    }
  }

  private static Relay deploy(Phase phase, String path, String next) {
    BackendOptions first = RELAYS.backend("openai", path, "alpha").setMaxConnections(1);
    if (phase == Phase.THE_CONNECTION) {
      first.setBaseUrl("https://127.0.0.1:" + silent.getLocalPort());
    } else {
      RELAYS.sandbox().script(path, Scenario.of(phase.scenario));
    }
    RelayOptions options =
        new RelayOptions()
            .setGateway(new GatewayOptions().setPort(0))
            .addBackend("first", first)
            .setRetries(
                new RetryOptions()
                    .setMax(phase == Phase.A_RETRY ? 1 : 0)
                    .setBaseDelay(ofSeconds(30))
                    .setMaxDelay(ofSeconds(60)));
    if (phase != Phase.A_SLOT) { // or it would be served by the other at once
      options.addBackend("second", RELAYS.backend("anthropic", next, "beta"));
    }
    return RELAYS.deploy(options);
  }

  /**
   * Sends the request.
   *
   * @return what goes
   */
  private static Runnable enter(Way way, Relay relay) {
    if (way == Way.THE_CLIENT_OF_THE_GATEWAY) {
      NetSocket socket =
          get(
              RELAYS
                  .vertx()
                  .createNetClient()
                  .connect(relay.verticle().gatewayPort(), "127.0.0.1"));
      Buffer body = REQUEST.toJson().put("stream", true).toBuffer();
      socket.write(
          Buffer.buffer("POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-length: ")
              .appendString(body.length() + "\r\n\r\n")
              .appendBuffer(body));
      return () -> get(socket.close());
    }
    Promise<Void> cancel = Promise.promise();
    VerticleBase caller =
        new VerticleBase() {
          @Override
          public Future<?> start() {
            Future<LlmStream> unused =
                relay.client().stream(REQUEST, cancel.future())
                    .onSuccess(stream -> stream.exceptionHandler(e -> {}).handler(chunk -> {}));
            return Future.succeededFuture();
          }
        };
    String deployment = get(RELAYS.vertx().deployVerticle(caller));
    return switch (way) {
      case THE_CALLER_WHO_CANCELS -> cancel::complete;
      case THE_VERTICLE_OF_THE_CALLER -> () -> get(RELAYS.vertx().undeploy(deployment));
      default -> () -> RELAYS.undeploy(relay);
    };
  }

  /**
   * Waits until the request is in the phase.
   *
   * @return the connection that nobody answers, if there is one
   */
  private static Socket reached(Phase phase, Relay relay, String path) throws IOException {
    switch (phase) {
      case THE_CONNECTION -> {
        return silent.accept();
      }
      case A_SLOT -> eventually(() -> assertThat(waiting(relay)).isEqualTo(1));
      case THE_HEAD -> eventually(() -> assertThat(RELAYS.calls(path)).isEqualTo(1));
      case A_RETRY ->
          eventually(
              () ->
                  assertThat(relay.hooks().ofRequests())
                      .anyMatch(hook -> hook.startsWith("onAttemptEnd")));
      default ->
          eventually(
              () ->
                  assertThat(RELAYS.sandbox().calls(path))
                      .hasSize(1)
                      .allMatch(call -> call.bytesWritten() > 0));
    }
    return null;
  }

  private static int waiting(Relay relay) {
    return relay.health("first").getJsonObject("connections").getInteger("waiting");
  }
}
