package io.llmrelay.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.llmrelay.Awake;
import io.llmrelay.cli.Fleet.Node;
import io.llmrelay.sandbox.Sandbox;
import io.llmrelay.sandbox.SandboxCall;
import io.llmrelay.sandbox.SandboxOptions;
import io.llmrelay.sandbox.Scenario;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/**
 * Three nodes in network namespaces, of which one is cut off from the others and not from the
 * backend. Needs Linux, iproute2 and the rights to make namespaces, and two minutes: it is run by
 * {@code scripts/cluster-test} only.
 */
@EnabledIfSystemProperty(named = "llmrelay.cluster.long", matches = "true")
class ClusterPartitionTest {
  private static final String ID = Long.toString(ProcessHandle.current().pid() % 10_000);

  /** The bridges between the nodes, and between them and the backend. */
  private static final String CLUSTER = "rlc" + ID;

  private static final String BACKEND = "rlb" + ID;

  private static final Duration PATIENCE = Duration.ofSeconds(90);

  @TempDir Path folder;

  private final List<Node> nodes = new ArrayList<>();
  private final List<Path> logs = new ArrayList<>();
  private ClusterClient.Handle client;
  private Vertx vertx;
  private Sandbox sandbox;

  private static boolean ip(String arguments) {
    try {
      List<String> command = new ArrayList<>(List.of("ip"));
      command.addAll(List.of(arguments.split(" ")));
      return new ProcessBuilder(command).start().waitFor() == 0;
    } catch (IOException e) {
      return false;
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String namespace(int node) {
    return "rl" + ID + "n" + node;
  }

  @BeforeEach
  void network() throws Exception {
    assumeTrue(
        ip("link add " + CLUSTER + " type bridge") && ip("link add " + BACKEND + " type bridge"),
        "network namespaces need Linux, iproute2 and root, one of which is missing here");
    assertThat(ip("link set " + CLUSTER + " up") && ip("link set " + BACKEND + " up")).isTrue();
    assertThat(ip("addr add 10.98.0.254/24 dev " + BACKEND)).isTrue();
    for (int i = 1; i <= 3; i++) {
      assertThat(ip("netns add " + namespace(i))).isTrue();
      assertThat(ip("-n " + namespace(i) + " link set lo up")).isTrue();
      connect(CLUSTER, i, "c0", "10.97.0." + i);
      connect(BACKEND, i, "b0", "10.98.0." + i);
    }
    vertx = Vertx.vertx();
    sandbox = Fleet.get(Sandbox.start(vertx, new SandboxOptions().setHost("0.0.0.0")));
  }

  private static void connect(String bridge, int node, String device, String address) {
    String ns = namespace(node);
    String port = bridge + "p" + node;
    assertThat(ip("link add " + port + " type veth peer name " + device + " netns " + ns)).isTrue();
    assertThat(ip("link set " + port + " master " + bridge + " up")).isTrue();
    assertThat(ip("-n " + ns + " addr add " + address + "/24 dev " + device)).isTrue();
    assertThat(ip("-n " + ns + " link set " + device + " up")).isTrue();
  }

  @AfterEach
  void close() throws Exception {
    nodes.forEach(node -> node.process.destroyForcibly());
    if (client != null) {
      client.close();
    }
    for (int i = 1; i <= 3; i++) {
      ip("netns del " + namespace(i));
    }
    ip("link del " + CLUSTER);
    ip("link del " + BACKEND);
    if (vertx != null) {
      Fleet.get(vertx.close());
    }
  }

  private void start() throws Exception {
    List<NodeProcess> started = new ArrayList<>();
    for (int i = 1; i <= 3; i++) {
      Path conf =
          Files.writeString(
              folder.resolve("relay-" + i + ".yaml"),
              """
              gateway:
                host: 10.98.0.%1$d
                allow-anonymous: true
                admin: {host: 10.98.0.%1$d}
              lanes: 1
              cluster:
                members: [10.97.0.1, 10.97.0.2, 10.97.0.3]
                host: 10.97.0.%1$d
                secret: a-secret-of-the-whole-fleet
                allow-plaintext: true
              backends:
                main: {dialect: openai, base-url: 'http://10.98.0.254:%2$d/main/v1', default-model: m}
              """
                  .formatted(i, sandbox.port()));
      List<String> command = new ArrayList<>(List.of("ip", "netns", "exec", namespace(i)));
      command.addAll(NodeProcess.command(conf));
      Path log = folder.resolve("node-" + i + ".log");
      logs.add(log);
      started.add(new NodeProcess(new ProcessBuilder(command).redirectError(log.toFile()).start()));
    }
    for (int i = 0; i < 3; i++) {
      started.get(i).awaitStarted();
      nodes.add(new Node(started.get(i), "http://10.98.0.%d:8081".formatted(i + 1)));
    }
  }

  /** Waits until the log says that the cluster of a node has so many members. */
  private void awaitSize(int node, int size) {
    await()
        .atMost(PATIENCE)
        .until(
            () ->
                Files.readAllLines(logs.get(node)).stream()
                    .filter(line -> line.contains("the cluster, which has"))
                    .reduce((before, last) -> last)
                    .orElse("")
                    .endsWith("has " + size + " now"));
  }

  /** Starts a client beside the first node. */
  private void startClient() throws Exception {
    client =
        new ClusterClient.Handle(
            List.of("ip", "netns", "exec", namespace(1)),
            System.getProperty("java.class.path"),
            List.of(
                "llm-relay",
                "10.97.0.1",
                "5702",
                "10.97.0.1:5701,10.97.0.2:5701,10.97.0.3:5701",
                "a-secret-of-the-whole-fleet"));
    await().atMost(PATIENCE).until(() -> client.lines("joined").size() == 1);
  }

  /** Returns the coordinators that the client's lines name, one of each node. */
  private static Set<String> relays(List<String[]> lines, int word) {
    Set<String> relays = new TreeSet<>();
    lines.forEach(line -> relays.add(relay(line[word])));
    return relays;
  }

  private static String relay(String requestId) {
    return requestId.replaceFirst("-.*", "");
  }

  /** Has the client send requests, and returns which coordinators have served them. */
  private Set<String> load(int millis) throws Exception {
    client.forget();
    List<String[]> answered = client.load(millis);
    assertThat(answered).noneMatch(line -> line[1].equals("failed"));
    assertThat(client.lines("ended"))
        .filteredOn(line -> line[2].equals("answered"))
        .allMatch(line -> line[3].equals("complete"));
    return relays(answered, 2);
  }

  /** Lets a node find out that a model is rate limited. */
  private void limit(int node, String model) throws Exception {
    sandbox.script("main", Scenario.of("429-retry-after-600"));
    assertThat(nodes.get(node).chat(model)).isEqualTo(429);
    sandbox.unscript("main");
  }

  private boolean knows(int node, String model) throws Exception {
    return nodes.get(node).exhausted("main").containsKey("main/" + model);
  }

  @Test
  void bothSidesServeAndAgreeOnceTheyMeetAgain() throws Exception {
    start();
    for (int i = 0; i < 3; i++) {
      awaitSize(i, 3);
    }
    limit(0, "before");
    await().atMost(PATIENCE).until(() -> knows(1, "before") && knows(2, "before"));
    startClient();
    await().atMost(PATIENCE).until(() -> load(500).size() == 3);
    List<SandboxCall> running = openStreams();

    assertThat(ip("link set " + CLUSTER + "p3 down")).isTrue();
    Awake watch = Awake.begin();
    for (Node node : nodes) {
      assertThat(node.chat("m")).as("at once").isEqualTo(200);
    }
    List<String[]> opened = client.lines("opened");
    List<String[]> gap = client.load(3_000);
    assertThat(gap).as("in the gap").noneMatch(line -> line[1].equals("failed"));
    List<Long> times = gap.stream().map(line -> Long.valueOf(line[1])).sorted().toList();
    assertThat(times.get(times.size() * 9 / 10)).as("of %s", times).isLessThan(1_000);
    awaitLostStreams(opened, running);
    assertThat(watch.elapsed()).as("two ping timeouts").isLessThan(Duration.ofSeconds(10));
    awaitSize(0, 3);
    awaitSize(2, 1);
    for (Node node : nodes) {
      assertThat(node.chat("m")).isEqualTo(200);
    }
    assertThat(load(1_000)).as("those of this side").hasSize(2);
    limit(0, "left");
    limit(2, "right");
    await().atMost(PATIENCE).until(() -> knows(1, "left"));
    assertThat(knows(2, "left")).isFalse();
    assertThat(knows(0, "right")).isFalse();

    assertThat(ip("link set " + CLUSTER + "p3 up")).isTrue();
    for (int i = 0; i < 3; i++) {
      awaitSize(i, 4);
    }
    await()
        .atMost(PATIENCE)
        .until(() -> knows(2, "left") && knows(0, "right") && knows(1, "right"));
    for (Node node : nodes) {
      assertThat(node.chat("m")).isEqualTo(200);
      await()
          .atMost(PATIENCE)
          .untilAsserted(
              () -> assertThat(node.statuses()).containsExactly("no_relay", "up", "up", "up"));
    }
    await().atMost(PATIENCE).until(() -> load(500).size() == 3);
  }

  /** Has every node drop one in twenty packets of the others. */
  private static boolean losePackets() {
    for (int i = 1; i <= 3; i++) {
      String ns = namespace(i);
      if (!ip("netns exec " + ns + " tc qdisc add dev c0 root netem loss 5%")
          && !ip(
              "netns exec "
                  + ns
                  + " iptables -A INPUT -i c0 -m statistic --mode random --probability 0.05 -j"
                  + " DROP")) {
        return false;
      }
    }
    return true;
  }

  @Test
  void aNetworkThatLosesPacketsFailsNoRequest() throws Exception {
    assumeTrue(losePackets(), "packet loss needs netem in the kernel, or iptables");
    start();
    for (int i = 0; i < 3; i++) {
      awaitSize(i, 3);
    }
    startClient();
    await().atMost(PATIENCE).until(() -> load(500).size() == 3);
    assertThat(load(10_000)).hasSize(3);
    limit(0, "limited");
    await().atMost(PATIENCE).until(() -> knows(1, "limited") && knows(2, "limited"));
  }

  /** Opens streams of the client that go on for minutes, some at each node. */
  private List<SandboxCall> openStreams() throws Exception {
    client.forget();
    sandbox.clearCalls();
    sandbox.script("main", Scenario.of("model-chunks-9000-every-20"));
    client.say("open 12");
    await().atMost(PATIENCE).until(() -> client.lines("opened").size() == 12);
    sandbox.unscript("main");
    assertThat(relays(client.lines("opened"), 2)).hasSize(3);
    return sandbox.calls("main");
  }

  /**
   * Waits until the streams of the other side have ended: one signal for each at the consumer, and
   * an abort at the backend. Those of this side go on.
   */
  private void awaitLostStreams(List<String[]> opened, List<SandboxCall> calls) {
    await().atMost(PATIENCE).until(() -> !ended().isEmpty());
    Set<String> lost = relays(ended(), 1);
    assertThat(lost).hasSize(1);
    long count = opened.stream().filter(line -> lost.contains(relay(line[2]))).count();
    await().atMost(PATIENCE).until(() -> ended().size() == count);
    await()
        .atMost(PATIENCE)
        .until(() -> calls.stream().filter(call -> call.endedAt() != null).count() == count);
    assertThat(relays(ended(), 1)).isEqualTo(lost);
    assertThat(ended()).allMatch(line -> line[3].equals("network"));
    assertThat(calls).filteredOn(call -> call.endedAt() != null).allMatch(SandboxCall::aborted);
  }

  /** Returns the client's streams that have ended, of those that it opened first. */
  private List<String[]> ended() {
    return client.lines("ended").stream().filter(line -> line[2].equals("opened")).toList();
  }
}
