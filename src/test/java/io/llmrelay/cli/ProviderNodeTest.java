package io.llmrelay.cli;

import static io.llmrelay.cli.Fleet.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llmrelay.Awake;
import io.llmrelay.LlmRelay;
import io.llmrelay.RelayVerticle;
import io.llmrelay.chat.ChatCompletion;
import io.llmrelay.chat.ChatMessage;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.LlmException;
import io.llmrelay.cli.Fleet.Answer;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.config.CircuitOptions;
import io.llmrelay.config.ClusterOptions;
import io.llmrelay.config.RelayOptions;
import io.llmrelay.sandbox.SandboxCall;
import io.llmrelay.sandbox.Scenario;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/**
 * A backend that two nodes serve, each a process, for a third one: this process, whose requests to
 * the backend are sent by the other two.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class ProviderNodeTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private Fleet fleet;
  private LlmRelay relay;

  @BeforeAll
  void start(@TempDir Path folder) throws Exception {
    fleet = new Fleet(folder, "default-model: m");
    fleet.start(configuration("gpu-1"), configuration("gpu-2"));
    RelayOptions options =
        new RelayOptions()
            .setCluster(new ClusterOptions().setNode("web"))
            .setCircuit(new CircuitOptions().setMaxFailures(3).setFailureRate(0.1))
            .addBackend("far", backend("far").setNode("gpu"))
            .addBackend("near", backend("near"));
    get(fleet.vertx.deployVerticle(new RelayVerticle(options)));
    relay = LlmRelay.create(fleet.vertx);
    await().atMost(PATIENCE).until(() -> nodesThatServe(10).size() == 2);
  }

  @AfterAll
  void stop() throws Exception {
    fleet.close();
  }

  private Path configuration(String name) throws Exception {
    return fleet.configuration(
        name,
        ", node: gpu",
        "far: {dialect: openai, base-url: '%s', default-model: m, node: gpu, headers: {x-node: %s}}"
            .formatted(fleet.sandbox.backend("far"), name),
        "near: {dialect: openai, base-url: '%s', default-model: m}"
            .formatted(fleet.sandbox.backend("near")));
  }

  private BackendOptions backend(String name) {
    return new BackendOptions()
        .setDialect("openai")
        .setBaseUrl(fleet.sandbox.backend(name))
        .setDefaultModel("m");
  }

  private static ChatRequest request(String... candidates) {
    return ChatRequest.of(ChatMessage.user("Hi")).withCandidates(candidates);
  }

  /** Asks so often, and returns the nodes that have sent the requests to the backend. */
  private Set<String> nodesThatServe(int requests) throws Exception {
    fleet.sandbox.clearCalls();
    for (int i = 0; i < requests; i++) {
      ChatCompletion answer = get(relay.generate(request("far", "near")));
      assertThat(answer.text()).isNotEmpty();
    }
    return nodes();
  }

  private Set<String> nodes() {
    Set<String> nodes = new TreeSet<>();
    for (SandboxCall call : fleet.sandbox.calls("far")) {
      nodes.add(node(call));
    }
    return nodes;
  }

  private static String node(SandboxCall call) {
    return String.valueOf(call.headers().get("x-node"));
  }

  /** Opens streams that go on for minutes, and waits for their first chunks. */
  private List<Answer> running(int count) throws Exception {
    fleet.sandbox.clearCalls();
    fleet.sandbox.script("far", Scenario.of("model-chunks-9000-every-20"));
    List<Answer> running = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      running.add(Fleet.ask(relay, request("far")));
    }
    for (Answer answer : running) {
      get(answer.id.future());
    }
    fleet.sandbox.unscript("far");
    return running;
  }

  @Test
  @Order(1)
  void requestsAreSentByTheNodesThatTheBackendNames() throws Exception {
    assertThat(nodesThatServe(20)).containsExactly("gpu-1", "gpu-2");
    fleet.sandbox.clearCalls();
    for (int i = 0; i < 10; i++) {
      assertThat(fleet.nodes.get(0).chat("far/m")).isEqualTo(200);
    }
    assertThat(nodes()).as("of requests to a node that serves it").containsExactly("gpu-1");
  }

  @Test
  @Order(2)
  void aCancelledStreamIsAbortedAtTheBackend() throws Exception {
    List<Answer> running = running(4);
    running.forEach(answer -> answer.stream.cancel());
    for (SandboxCall call : fleet.sandbox.calls("far")) {
      get(call.ended());
      assertThat(call.aborted()).isTrue();
    }
  }

  @Test
  @Order(3)
  void itsHealthIsKnownEverywhere() throws Exception {
    JsonObject far = get(relay.health(true)).getJsonArray("backends").getJsonObject(0);
    assertThat(far.getString("name")).isEqualTo("far");
    assertThat(far.getJsonObject("probe").getBoolean("ok")).isTrue();

    fleet.sandbox.script("far", Scenario.of("429-retry-after-60"));
    assertThat(get(relay.generate(request("far/x", "near"))).backend()).isEqualTo("near");
    fleet.sandbox.unscript("far");
    for (Fleet.Node node : fleet.nodes) {
      await().atMost(PATIENCE).until(() -> node.exhausted("far").containsKey("far/x"));
    }
  }

  @Test
  @Order(4)
  void aKilledNodeEndsItsOwnStreamsOnlyAndShutsNoBackend() throws Exception {
    List<Answer> running = running(24);
    assertThat(nodes()).hasSize(2);
    fleet.sandbox.script("far", Scenario.of("stall-after-role"));
    List<Answer> waiting = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      waiting.add(Fleet.ask(relay, request("far", "near")));
    }
    await().atMost(PATIENCE).until(() -> fleet.sandbox.calls("far").size() == 30);
    fleet.sandbox.unscript("far");
    long ofOne =
        fleet.sandbox.calls("far").stream().limit(24).filter(c -> node(c).equals("gpu-1")).count();
    assertThat(ofOne).isGreaterThan(5);

    Awake watch = Awake.begin();
    fleet.nodes.remove(0).kill();
    await()
        .atMost(PATIENCE)
        .until(() -> running.stream().filter(a -> a.signals.get() > 0).count() == ofOne);
    assertThat(watch.elapsed()).isLessThan(Duration.ofSeconds(5));
    for (Answer answer : running) {
      assertThat(answer.signals.get()).isLessThan(2);
      if (answer.signals.get() == 1) {
        assertThat(LlmException.failureOf(answer.end.future().cause()).kind().code())
            .isEqualTo("unavailable");
      }
    }
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () -> assertThat(waiting.stream().filter(a -> a.signals.get() == 1)).isNotEmpty());
    for (Answer answer : waiting) {
      if (answer.signals.get() == 1) {
        assertThat(answer.end.future().succeeded()).as("served by the next candidate").isTrue();
      }
    }
    for (int i = 0; i < 10; i++) {
      Awake each = Awake.begin();
      assertThat(get(relay.generate(request("far"))).backend()).isEqualTo("far");
      assertThat(each.elapsed()).isLessThan(Duration.ofSeconds(3));
    }
    running.forEach(answer -> answer.stream.cancel());
  }

  @Test
  @Order(5)
  void aNodeThatShutsDownCompletesWhatItServes() throws Exception {
    fleet.sandbox.clearCalls();
    fleet.sandbox.script("far", Scenario.of("model-chunks-30-every-50"));
    List<Answer> running = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      running.add(Fleet.ask(relay, request("far")));
    }
    for (Answer answer : running) {
      get(answer.id.future());
    }
    Fleet.Node leaving = fleet.nodes.remove(0);
    leaving.terminate();
    await()
        .atMost(PATIENCE)
        .until(() -> get(relay.generate(request("far", "near"))).backend().equals("near"));
    for (Answer answer : running) {
      get(answer.end.future());
    }
    assertThat(leaving.process.waitFor()).isZero();
    Answer refused = Fleet.ask(relay, request("far"));
    await().atMost(PATIENCE).until(() -> refused.signals.get() == 1);
    assertThat(LlmException.failureOf(refused.end.future().cause()).kind().code())
        .isEqualTo("unavailable");
  }
}
