package io.llmrelay;

import static io.llmrelay.Relays.eventually;
import static io.llmrelay.Relays.get;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.bus.Cluster;
import io.llmrelay.chat.ChatMessage;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.Timeouts;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.config.BusOptions;
import io.llmrelay.config.QueueOptions;
import io.llmrelay.config.RelayOptions;
import io.llmrelay.config.RetryOptions;
import io.llmrelay.sandbox.Sandbox;
import io.llmrelay.sandbox.SandboxCall;
import io.llmrelay.sandbox.Scenario;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.awaitility.core.ThrowingRunnable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * A consumer in another process that is killed while its requests are in every phase. No frame is
 * on its way to it that could find out, and yet the relay gives up all of them within a second.
 */
class KilledConsumerTest {
  /**
   * The next ping that cannot be sent tells, as a rule in half a second; a machine that has other
   * things to do is given more. Silence would tell after five.
   */
  private static final Duration LIMIT = ofSeconds(3);

  /** The backends by name, and what they let a request wait for. */
  private static final List<String> PHASES =
      List.of("queue", "head", "first-token", "stream", "retry");

  /** The consumer: asks every backend, and takes of a stream only its beginning. */
  public static final class Consumer {
    private Consumer() {}

    public static void main(String[] args) throws IOException {
      Vertx vertx = Cluster.node(args[0]);
      // No relay is asked twice while this process warms up: there is only one.
      LlmRelay relay = LlmRelay.create(vertx, new BusOptions().setOpenTimeout(ofSeconds(10)));
      for (String phase : PHASES) {
        relay.stream(asking(phase))
            .onSuccess(stream -> stream.pause().handler(chunk -> {}).fetch(10));
      }
      System.in.read(); // an end of its own, should nobody kill it
      System.exit(0);
    }
  }

  private final String cluster = "test-" + UUID.randomUUID();
  private Vertx vertx;
  private Sandbox sandbox;
  private Process consumer;

  @BeforeEach
  void start() {
    vertx = Cluster.node(cluster);
    sandbox = get(Sandbox.start(vertx));
  }

  @AfterEach
  void stop() {
    if (consumer != null) {
      consumer.destroyForcibly();
    }
    get(vertx.close());
  }

  @Test
  void takesItsRequestsWithItWithinASecond() throws Exception {
    sandbox.script("queue", Scenario.of("stall"));
    sandbox.script("head", Scenario.of("stall"));
    sandbox.script("first-token", Scenario.of("stall-after-role"));
    sandbox.script("stream", Scenario.of("model-chunks-50000-every-2"));
    sandbox.script("retry", Scenario.of("503"));
    get(vertx.deployVerticle(new RelayVerticle(options())));
    LlmRelay here = LlmRelay.create(vertx);
    Future<LlmStream> own = here.stream(asking("queue")); // holds the one connection there is
    eventually(() -> assertThat(sandbox.calls("queue")).hasSize(1));

    launch();
    patiently(
        () -> {
          assertThat(inFlight(here)).isEqualTo(PHASES.size() + 1);
          assertThat(sandbox.calls("head")).hasSize(1);
          assertThat(sandbox.calls("first-token")).hasSize(1);
          assertThat(sandbox.calls("stream")).hasSize(1).allMatch(c -> c.bytesWritten() > 50_000);
          assertThat(sandbox.calls("retry")).hasSize(1).allMatch(SandboxCall::completed);
        });

    Map<SandboxCall, Future<Duration>> took = new LinkedHashMap<>();
    Awake watch = Awake.begin();
    for (String phase : List.of("head", "first-token", "stream")) {
      SandboxCall call = sandbox.calls(phase).get(0);
      took.put(call, watch.until(call.ended()));
    }
    consumer.destroyForcibly().waitFor();
    took.forEach(
        (call, ended) -> {
          assertThat(get(ended)).as(call.backend()).isLessThan(LIMIT);
          assertThat(call.aborted()).as(call.backend()).isTrue();
        });
    eventually(() -> assertThat(inFlight(here)).as("in flight").isEqualTo(1));
    assertThat(own.isComplete()).as("somebody else's").isFalse();
    assertThat(sandbox.calls("retry")).hasSize(1);
    assertThat(sandbox.calls("queue")).hasSize(1);
  }

  private RelayOptions options() {
    RelayOptions options =
        new RelayOptions()
            .setTimeouts(new Timeouts(ofSeconds(60), null, ofSeconds(60), null, null))
            .setRetries(
                new RetryOptions().setMax(1).setBaseDelay(ofSeconds(60)).setMaxDelay(ofSeconds(60)))
            .setQueue(new QueueOptions().setWait(ofSeconds(60)));
    for (String phase : PHASES) {
      options.addBackend(
          phase,
          new BackendOptions()
              .setDialect("openai")
              .setBaseUrl(sandbox.backend(phase))
              .setMaxConnections(1)
              .setModels(List.of("model")));
    }
    return options;
  }

  private static ChatRequest asking(String backend) {
    JsonObject onlyThere = new JsonObject().put("candidates", JsonArray.of(backend));
    JsonObject request = ChatRequest.of(ChatMessage.user("Hello")).toJson();
    return ChatRequest.fromJson(request.put("relay", onlyThere));
  }

  private static int inFlight(LlmRelay relay) {
    return get(relay.health()).getInteger("requests");
  }

  /** A process has to start and to join the cluster. */
  private static void patiently(ThrowingRunnable assertion) {
    Relays.poll().atMost(ofSeconds(50)).untilAsserted(assertion);
  }

  private void launch() throws IOException {
    consumer =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:TieredStopAtLevel=1",
                "-Dhazelcast.logging.type=none",
                "-Dhazelcast.phone.home.enabled=false",
                "-cp",
                System.getProperty("java.class.path"),
                Consumer.class.getName(),
                cluster)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
  }
}
