package io.llmrelay.cli;

import static io.llmrelay.cli.Fleet.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llmrelay.cli.Fleet.Answer;
import io.llmrelay.cli.Fleet.Node;
import io.llmrelay.sandbox.Scenario;
import io.vertx.core.json.JsonObject;
import java.net.ConnectException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/**
 * What operators do to a cluster that serves: replace all its nodes, their keys or their version.
 * Takes minutes, and is therefore run by {@code scripts/cluster-test} only.
 */
@EnabledIfSystemProperty(named = "llmrelay.cluster.long", matches = "true")
class ClusterUpgradeTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @TempDir Path folder;

  private Fleet fleet;
  private ClusterClient.Handle client;

  @AfterEach
  void stop() throws Exception {
    if (client != null) {
      client.close();
    }
    fleet.close();
  }

  /** Requests over the event bus and through the gateways, one of each every 50 ms. */
  private final class Load implements AutoCloseable {
    private final List<Answer> answers = new ArrayList<>();
    private final List<String> failures = new CopyOnWriteArrayList<>();
    private final AtomicBoolean over = new AtomicBoolean();
    private final Thread thread = new Thread(this::run, "load");
    private final ExecutorService clients = Executors.newCachedThreadPool();
    private final AtomicInteger gateways = new AtomicInteger();

    Load() {
      thread.start();
    }

    private void run() {
      try {
        for (int i = 0; !over.get(); i++) {
          answers.add(fleet.ask("m"));
          int turn = i;
          clients.execute(() -> throughAGateway(turn));
          Thread.sleep(50);
        }
      } catch (InterruptedException e) {
        failures.add("interrupted");
      }
    }

    /**
     * Sends a request as a load balancer does: to the next node if one refuses the connection or
     * the request (503), or closes an idle connection just when it is used again.
     */
    private void throughAGateway(int turn) {
      gateways.incrementAndGet();
      List<Node> nodes = List.copyOf(fleet.nodes);
      String failure = "no node";
      for (int i = 0; i < nodes.size(); i++) {
        try {
          int status = nodes.get((turn + i) % nodes.size()).chat("m");
          failure = status == 200 ? null : "status " + status;
          if (status != 503) {
            break;
          }
        } catch (Exception e) {
          failure = e.toString();
          boolean unsent =
              e instanceof ConnectException || failure.contains("header parser received no bytes");
          if (!unsent) {
            break;
          }
        }
      }
      if (failure != null) {
        failures.add(failure);
      }
    }

    /** Ends the load; every request must have been answered, once. */
    @Override
    public void close() throws Exception {
      over.set(true);
      thread.join();
      clients.shutdown();
      assertThat(clients.awaitTermination(60, TimeUnit.SECONDS)).isTrue();
      assertThat(failures).isEmpty();
      for (Answer answer : answers) {
        get(answer.end.future());
        assertThat(answer.signals.get()).isEqualTo(1);
      }
      System.out.printf(
          "%d requests over the event bus and %d through gateways, none failed%n",
          answers.size(), gateways.get());
    }
  }

  private Set<String> servers(int requests) throws Exception {
    Set<String> relays = new TreeSet<>();
    for (int i = 0; i < requests; i++) {
      relays.add(get(fleet.ask("m").id.future()).replaceFirst("-.*", ""));
    }
    return relays;
  }

  private void awaitNodes(int nodes) {
    await().atMost(PATIENCE).until(() -> servers(8 * nodes).size() == 2 * nodes);
  }

  private void replace(int node, List<String> command) throws Exception {
    Node leaving = fleet.nodes.get(node);
    leaving.terminate();
    assertThat(leaving.process.waitFor()).isZero();
    fleet.nodes.remove(leaving);
    fleet.start(List.of(command));
    awaitNodes(3);
  }

  @Test
  void aRestartOfAllNodesFailsNoRequest() throws Exception {
    fleet = new Fleet(folder, "default-model: m");
    fleet.start(3);
    awaitNodes(3);
    fleet.sandbox.script("main", Scenario.of("model-chunks-20-every-25"));
    try (Load load = new Load()) {
      for (int i = 0; i < 3; i++) {
        replace(0, NodeProcess.command(fleet.conf));
      }
    }
    for (Node node : fleet.nodes) {
      assertThat(node.statuses()).containsExactly("no_relay", "up", "up", "up");
    }
  }

  @Test
  void aKeyIsReplacedNodeByNode() throws Exception {
    fleet = new Fleet(folder, "default-model: m");
    KeyServer keys = get(KeyServer.start(fleet.vertx, "http://127.0.0.1:" + fleet.sandbox.port()));
    keys.valid.add("old-key-of-the-account");
    List<Path> files = new ArrayList<>();
    Path[] configurations = new Path[3];
    for (int i = 0; i < 3; i++) {
      files.add(Files.writeString(folder.resolve("key-" + i), "old-key-of-the-account"));
      configurations[i] =
          fleet.configuration(
              "relay-" + i,
              "",
              "main: {dialect: openai, base-url: '%s/main/v1', default-model: m, api-key-file: key-%d}"
                  .formatted(keys.url(), i));
    }
    fleet.start(configurations);
    awaitNodes(3);
    try (Load load = new Load()) {
      keys.valid.add("new-key-of-the-account");
      for (int i = 0; i < 2; i++) {
        Files.writeString(files.get(i), "new-key-of-the-account");
        fleet.nodes.get(i).reload();
        Thread.sleep(500);
      }
    }
    // Too early: the third node still has the old one. It finds out, and the others do not mind.
    keys.valid.remove("old-key-of-the-account");
    assertThat(fleet.nodes.get(2).chat("m")).isEqualTo(502);
    for (int i = 0; i < 100; i++) {
      assertThat(fleet.nodes.get(i % 2).chat("m")).isEqualTo(200);
    }
    assertThat(refused(2)).isTrue();
    assertThat(refused(0) || refused(1)).isFalse();

    Files.writeString(files.get(2), "new-key-of-the-account");
    fleet.nodes.get(2).reload();
    assertThat(fleet.nodes.get(2).chat("m")).isEqualTo(200);
    assertThat(refused(2)).isFalse();
  }

  private boolean refused(int node) throws Exception {
    JsonObject main = fleet.nodes.get(node).health().getJsonArray("backends").getJsonObject(0);
    return "refused".equals(main.getString("key"));
  }

  /** Needs the runnable jar of another version, which {@code scripts/cluster-test} builds. */
  @Test
  @EnabledIfSystemProperty(named = "llmrelay.cluster.previous", matches = ".+")
  void twoVersionsServeAsOne() throws Exception {
    String previous = System.getProperty("llmrelay.cluster.previous");
    fleet = new Fleet(folder, "default-model: m");
    List<String> older = new ArrayList<>(NodeProcess.command(fleet.conf));
    older.set(older.indexOf("-cp") + 1, previous);
    List<String> newer = NodeProcess.command(fleet.conf);
    fleet.start(List.of(older, older, newer));
    awaitNodes(3);

    fleet.sandbox.script("main", Scenario.of("429-retry-after-60"));
    assertThat(fleet.nodes.get(0).chat("found-by-an-older-one")).isEqualTo(429);
    assertThat(fleet.nodes.get(2).chat("found-by-a-newer-one")).isEqualTo(429);
    fleet.sandbox.unscript("main");
    for (Node node : fleet.nodes) {
      await()
          .atMost(PATIENCE)
          .until(
              () ->
                  node.exhausted("main").containsKey("main/found-by-an-older-one")
                      && node.exhausted("main").containsKey("main/found-by-a-newer-one"));
    }

    // A consumer of the older version, and above all nodes one of this version.
    String tests =
        Path.of(ClusterClient.class.getProtectionDomain().getCodeSource().getLocation().toURI())
            .toString();
    client =
        new ClusterClient.Handle(
            List.of(),
            previous + System.getProperty("path.separator") + tests,
            List.of(
                fleet.cluster.getName(), "127.0.0.1", Integer.toString(fleet.cluster.getPort())));
    await().atMost(PATIENCE).until(() -> client.lines("joined").size() == 1);
    List<String[]> answered = client.load(3_000);
    assertThat(answered).noneMatch(line -> line[1].equals("failed"));
    assertThat(answered.stream().map(line -> line[2].replaceFirst("-.*", "")).distinct())
        .hasSize(6);
    assertThat(client.lines("ended")).allMatch(line -> line[3].equals("complete"));

    // The upgrade of the other two, under load.
    fleet.sandbox.script("main", Scenario.of("model-chunks-20-every-25"));
    try (Load load = new Load()) {
      replace(0, newer);
      replace(0, newer);
    }
  }
}
