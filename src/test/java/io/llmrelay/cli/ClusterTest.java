package io.llmrelay.cli;

import static io.llmrelay.cli.Fleet.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llmrelay.Awake;
import io.llmrelay.cli.Fleet.Answer;
import io.llmrelay.cli.Fleet.Node;
import io.llmrelay.sandbox.Scenario;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.EventBus;
import io.vertx.core.eventbus.Message;
import io.vertx.core.eventbus.MessageConsumer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/** Three relays in processes of their own, which serve as one whatever becomes of each. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class ClusterTest {
  /** Of a sandbox's model that goes on for minutes. */
  private static final Scenario LONG = Scenario.of("model-chunks-9000-every-20");

  /** Of requests; as a rule none takes that long, but a machine may have other things to do. */
  private static final Duration MOST_WITHIN = Duration.ofSeconds(1);

  private static final Duration ALL_WITHIN = Duration.ofSeconds(3);

  private Fleet fleet;

  @BeforeAll
  void start(@TempDir Path folder) throws Exception {
    fleet = new Fleet(folder, "default-model: m");
    fleet.start(3);
    await().atMost(Duration.ofSeconds(20)).until(() -> servers(12).size() == 6);
  }

  @AfterAll
  void stop() throws Exception {
    fleet.close();
  }

  /** Asks so often, and returns which relays have served. */
  private Set<String> servers(int requests) throws Exception {
    Set<String> relays = new TreeSet<>();
    for (int i = 0; i < requests; i++) {
      relays.add(relay(fleet.ask("m")));
    }
    return relays;
  }

  /** Request ids begin with what identifies the coordinator, one of each lane. */
  private static String relay(Answer answer) throws Exception {
    return get(answer.id.future()).replaceFirst("-.*", "");
  }

  /** The times from sending a request to its first chunk, one each interval, while this lasts. */
  private List<Future<Duration>> load(Duration interval, Future<?> until) throws Exception {
    List<Future<Duration>> times = new ArrayList<>();
    while (!until.isComplete()) {
      Awake watch = Awake.begin();
      times.add(fleet.ask("m").id.future().map(id -> watch.elapsed()));
      Thread.sleep(interval.toMillis());
    }
    return times;
  }

  @Test
  @Order(1)
  void requestsOfOtherNodesGoRoundAllRelays() throws Exception {
    Set<String> nodes = new ConcurrentSkipListSet<>();
    MessageConsumer<JsonObject> events =
        fleet
            .vertx
            .eventBus()
            .consumer("llm.events", event -> nodes.add(event.body().getString("node")));
    get(events.completion());
    assertThat(servers(30)).as("coordinators, two of each node").hasSize(6);
    await().untilAsserted(() -> assertThat(nodes).as("nodes in events").hasSize(3));
    get(events.unregister());
    for (Node node : fleet.nodes) {
      JsonObject health = node.health();
      assertThat(nodes).contains(health.getString("node"));
      assertThat(health.getInteger("nodes")).as("with the client").isEqualTo(4);
    }
  }

  @Test
  @Order(1)
  void theHealthOfAllNodesIsKnownFromEachOfThem() throws Exception {
    for (Node node : fleet.nodes) {
      assertThat(node.statuses()).containsExactly("no_relay", "up", "up", "up");
      assertThat(node.meter("llmrelay_cluster_nodes")).isEqualTo(4);
    }
    List<JsonObject> seen =
        get(fleet.client.clusterHealth()).stream().map(JsonObject.class::cast).toList();
    assertThat(Fleet.statuses(seen)).containsExactly("no_relay", "up", "up", "up");
    for (Node node : fleet.nodes) {
      JsonObject own = node.health();
      JsonObject same =
          seen.stream()
              .filter(each -> each.getString("node").equals(own.getString("node")))
              .findFirst()
              .orElseThrow();
      assertThat(same.getJsonArray("backends")).isEqualTo(own.getJsonArray("backends"));
      assertThat(same.getString("address")).startsWith("127.0.0.1:");
    }
  }

  /** Both ways: its consumers, its announcements, and its coordinators. */
  @Test
  @Order(2)
  void aNodeThatSpeaksTheNextVersionIsUnderstood() throws Exception {
    EventBus bus = fleet.vertx.eventBus();
    String address = "next-" + UUID.randomUUID();
    List<String> frames = new CopyOnWriteArrayList<>();
    MessageConsumer<Object> consumer =
        bus.consumer(
            address,
            message -> {
              frames.add(message.headers().get("frame"));
              if (message.replyAddress() != null) {
                message.reply(null);
              }
            });
    get(consumer.completion());
    bus.publish(
        "llm.announce",
        new JsonObject()
            .put("version", 2)
            .put("node", address)
            .put("mood", "good")
            .put("news", new JsonArray().add(7).add(new JsonObject().put("account", "a"))));
    JsonObject request =
        new JsonObject()
            .put("model", "m")
            .put(
                "messages",
                new JsonArray().add(new JsonObject().put("role", "user").put("content", "Hi")));
    DeliveryOptions opening =
        next("stream", "s", "peer", address, "window", "9999", "mood", "good");
    Message<Object> accepted = get(bus.request("llm.stream", request, opening));
    assertThat(accepted.headers().get("accept")).isEqualTo("1,blocks");
    await().until(() -> frames.contains("end"));
    assertThat(frames).contains("open", "block", "chunk").doesNotContain("fail", "cancel");

    MessageConsumer<Object> coordinator =
        bus.consumer("llm.stream", message -> serveAsTheNextVersion(bus, address, message));
    get(coordinator.completion());
    Answer answer = fleet.ask("m");
    assertThat(get(answer.id.future())).isEqualTo("of-the-next-version");
    get(answer.end.future());
    assertThat(answer.signals.get()).isEqualTo(1);
    get(coordinator.unregister());
    get(consumer.unregister());
  }

  private static DeliveryOptions next(String... headers) {
    DeliveryOptions options = new DeliveryOptions().addHeader("accept", "2,blocks,telepathy");
    for (int i = 0; i < headers.length; i += 2) {
      options.addHeader(headers[i], headers[i + 1]);
    }
    return options;
  }

  /** Answers with fields, headers, kinds and reasons that this version does not know. */
  private static void serveAsTheNextVersion(EventBus bus, String address, Message<Object> request) {
    String peer = request.headers().get("peer");
    String stream = request.headers().get("stream");
    request.reply(null, next("peer", address));
    JsonObject[] bodies = {
      new JsonObject().put("id", "of-the-next-version").put("backend", "b").put("model", "m"),
      new JsonObject().put("index", 0).put("kind", "hologram"),
      null,
      new JsonObject().put("finish_reason", "teleported").put("usage", new JsonObject())
    };
    String[] types = {"open", "block", "chunk", "end"};
    for (int i = 0; i < types.length; i++) {
      Object body = bodies[i] == null ? Buffer.buffer("Hi") : bodies[i].put("mood", "good");
      bus.send(
          peer,
          body,
          next("frame", types[i], "stream", stream, "seq", "" + i, "peer", address, "mood", "x"));
    }
  }

  @Test
  @Order(2)
  void aCooldownIsKnownEverywhereAtOnce() throws Exception {
    fleet.sandbox.script("main", Scenario.of("429-retry-after-60"));
    List<Duration> times = new ArrayList<>();
    List<Duration> asking = new ArrayList<>();
    for (int i = 0; i < 30; i++) {
      String model = "limited-" + i;
      assertThat(fleet.nodes.get(i % 3).chat(model)).isEqualTo(429);
      Awake watch = Awake.begin();
      for (Node node : fleet.nodes) {
        while (!node.exhausted("main").containsKey("main/" + model)) {
          assertThat(watch.elapsed()).isLessThan(Duration.ofSeconds(5));
        }
      }
      times.add(watch.elapsed());
      watch = Awake.begin();
      for (Node node : fleet.nodes) {
        assertThat(node.exhausted("main").containsKey("main/" + model)).isTrue();
      }
      asking.add(watch.elapsed());
    }
    fleet.sandbox.unscript("main");
    for (Node node : fleet.nodes) {
      double count = node.meter("llmrelay_cluster_news_lag_seconds_count");
      assertThat(count).as("announcements of the other two").isGreaterThanOrEqualTo(20);
      assertThat(node.meter("llmrelay_cluster_news_lag_seconds_sum")).isLessThan(count);
    }
    times.sort(null);
    asking.sort(null);
    assertThat(times.get(times.size() / 2))
        .as("half of %s, of which asking takes half of %s", times, asking)
        .isLessThan(asking.get(asking.size() / 2).plusMillis(50));
  }

  @Test
  @Order(3)
  void aKilledNodeEndsItsOwnStreamsOnly() throws Exception {
    List<Answer> running = running(12);
    fleet.sandbox.clearCalls();
    Awake watch = Awake.begin();
    fleet.nodes.remove(2).kill();
    List<Future<Duration>> gap = load(Duration.ofMillis(25), fleet.vertx.timer(3_000));
    answeredInTime(gap);
    assertThat(fleet.sandbox.calls()).as("attempts").hasSizeLessThan(gap.size() * 11 / 10);

    List<Answer> ended = endedOfOneNode(running);
    for (Answer answer : ended) {
      assertThat(answer.end.future().failed()).isTrue();
    }
    running.removeAll(ended);
    assertThat(watch.elapsed()).isLessThan(Duration.ofSeconds(5));
    endOf(running, ended);
  }

  /** Takes long, and is therefore run by {@code scripts/cluster-test} only. */
  @Test
  @Order(4)
  @EnabledIfSystemProperty(named = "llmrelay.cluster.long", matches = "true")
  void aNodeThatStandsStillForTenSecondsIsReplacedAndComesBack() throws Exception {
    fleet.start(1);
    await().atMost(Duration.ofSeconds(20)).until(() -> servers(24).size() == 6);
    List<Answer> running = running(12);
    Node frozen = fleet.nodes.get(1);
    frozen.signal("STOP");
    Awake watch = Awake.begin();
    List<String> statuses = fleet.nodes.get(0).statuses();
    assertThat(watch.elapsed()).isLessThan(Duration.ofSeconds(4));
    assertThat(statuses).hasSize(4).contains("unknown");
    answeredInTime(load(Duration.ofMillis(50), fleet.vertx.timer(10_000)));
    List<Answer> ended = endedOfOneNode(running);
    frozen.signal("CONT");
    await().atMost(Duration.ofSeconds(60)).until(() -> servers(24).size() == 6);
    running.removeAll(ended);
    endOf(running, ended);
    for (Node node : fleet.nodes) {
      assertThat(node.statuses()).containsExactly("no_relay", "up", "up", "up");
    }
    await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(
            () ->
                assertThat(fleet.sandbox.calls().stream().filter(call -> call.endedAt() == null))
                    .as("requests at the backend")
                    .isEmpty());
  }

  @Test
  @Order(5)
  void aRestartUnderLoadFailsNoRequest() throws Exception {
    List<Answer> running = running(12);
    Node leaving = fleet.nodes.remove(0);
    fleet.sandbox.script("main", Scenario.of("model-chunks-20-every-50"));
    Future<Void> enough = fleet.vertx.timer(4_000).mapEmpty();
    leaving.terminate();
    List<Future<Duration>> times = load(Duration.ofMillis(25), enough);
    answeredInTime(times);
    assertThat(running).allMatch(answer -> answer.signals.get() == 0);
    running.forEach(answer -> answer.stream.cancel());
    assertThat(leaving.process.waitFor()).isZero();
  }

  /** Opens so many streams that go on for long, and waits for their first chunks. */
  private List<Answer> running(int count) throws Exception {
    fleet.sandbox.script("main", LONG);
    List<Answer> running = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      running.add(fleet.ask("m"));
    }
    for (Answer answer : running) {
      get(answer.id.future());
    }
    fleet.sandbox.unscript("main");
    return running;
  }

  private static void answeredInTime(List<Future<Duration>> times) throws Exception {
    List<Duration> took = new ArrayList<>();
    for (Future<Duration> time : times) {
      took.add(get(time));
    }
    took.sort(null);
    assertThat(took.get(took.size() * 9 / 10)).as("most of %s", took).isLessThan(MOST_WITHIN);
    assertThat(took.get(took.size() - 1)).as("all of %s", took).isLessThan(ALL_WITHIN);
  }

  /** The streams that have ended, which are all of one node with its two coordinators. */
  private static List<Answer> endedOfOneNode(List<Answer> running) throws Exception {
    List<Answer> ended = running.stream().filter(answer -> answer.signals.get() > 0).toList();
    Set<String> relays = new TreeSet<>();
    List<String> reasons = new ArrayList<>();
    for (Answer answer : ended) {
      relays.add(relay(answer));
      reasons.add(relay(answer) + ": " + answer.end.future().cause());
    }
    assertThat(relays).as("coordinators of the ended streams, of %s", reasons).hasSize(2);
    for (Answer answer : running) {
      assertThat(answer.signals.get() > 0).isEqualTo(relays.contains(relay(answer)));
    }
    return ended;
  }

  /** Cancels what still runs, and holds that nothing has got a second signal. */
  private static void endOf(List<Answer> running, List<Answer> ended) {
    assertThat(running).as("streams of the others").allMatch(a -> a.signals.get() == 0);
    running.forEach(answer -> answer.stream.cancel());
    assertThat(ended).allMatch(answer -> answer.signals.get() == 1);
  }
}
