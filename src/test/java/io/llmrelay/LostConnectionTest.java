package io.llmrelay;

import static io.llmrelay.Relays.get;
import static io.llmrelay.Relays.unique;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.Relays.Relay;
import io.llmrelay.chat.ChatMessage;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.config.RelayOptions;
import io.llmrelay.sandbox.Sandbox;
import io.llmrelay.sandbox.SandboxOptions;
import io.llmrelay.sandbox.Scenario;
import io.vertx.core.Future;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A connection that many streams have in common is lost: for the circuit that is one failure. */
class LostConnectionTest {
  private static final int STREAMS = 40;

  @RegisterExtension static final Relays RELAYS = new Relays();

  private static ChatRequest at(String... backends) {
    JsonObject message = ChatMessage.user("Count.").toJson();
    return ChatRequest.fromJson(
        new JsonObject()
            .put("messages", JsonArray.of(message))
            .put("relay", new JsonObject().put("candidates", new JsonArray(List.of(backends)))));
  }

  private static List<Seen> begin(Relay relay, int number, ChatRequest request) {
    List<Seen> streams = new ArrayList<>();
    for (int i = 0; i < number; i++) {
      streams.add(Seen.begin(relay.client(), request, true, Future.future(never -> {})));
    }
    return streams;
  }

  /** Opens streams on one connection, in mid-stream or silent, and loses it by one more. */
  private static List<Seen> lose(Sandbox sandbox, String path, Relay relay, int silent, int alive)
      throws Exception {
    int before = sandbox.calls(path).size();
    sandbox.script(path, Scenario.of("stall-after-2").text("one two three"));
    List<Seen> streams = begin(relay, alive, at("primary"));
    Relays.poll().until(() -> streams.stream().allMatch(seen -> seen.text().equals("one two")));
    sandbox.script(path, Scenario.of("stall-after-head").text("one two three"));
    streams.addAll(begin(relay, silent, at("primary", "secondary")));
    Relays.poll().until(() -> sandbox.calls(path).size() == before + silent + alive);
    sandbox.script(path, Scenario.of("reset-after-1-every-200").text("one two three"));
    streams.addAll(begin(relay, 1, at("primary")));
    for (Seen seen : streams) {
      seen.await();
    }
    return streams;
  }

  private static RelayOptions options(Sandbox sandbox, String path, String version) {
    BackendOptions primary =
        RELAYS
            .backend("openai", path, "alpha")
            .setBaseUrl(sandbox.backend("openai", path))
            .setHttpVersion(version);
    String secondary = unique("secondary");
    RELAYS.sandbox().script(secondary, Scenario.ok().text("whole"));
    return new RelayOptions()
        .addBackend("primary", primary)
        .addBackend("secondary", RELAYS.backend("openai", secondary, "alpha"));
  }

  private static String circuit(Relay relay) {
    return relay.health("primary").getJsonObject("circuit").getString("primary");
  }

  @Test
  void itCountsOnceHoweverManyStreamsItHad() throws Exception {
    Sandbox sandbox = get(Sandbox.start(RELAYS.vertx(), new SandboxOptions().setHttp2(true)));
    try {
      String path = unique("primary");
      RelayOptions options = options(sandbox, path, "2");
      options.getCircuit().setMaxFailures(2).setFailureRate(0.01);
      Relay relay = RELAYS.deploy(options);
      List<Seen> streams = lose(sandbox, path, relay, STREAMS, STREAMS);
      assertThat(streams.subList(0, STREAMS))
          .allSatisfy(seen -> assertThat(seen.failure().kind()).isEqualTo(FailureKind.NETWORK))
          .allSatisfy(seen -> assertThat(seen.text()).isEqualTo("one two"));
      assertThat(streams.subList(STREAMS, 2 * STREAMS))
          .allSatisfy(seen -> assertThat(seen.text()).isEqualTo("whole"));
      assertThat(circuit(relay)).isEqualTo("closed");
      // The next one that is lost is the second failure.
      lose(sandbox, path, relay, 1, 0);
      assertThat(circuit(relay)).isEqualTo("open");
    } finally {
      get(sandbox.close());
    }
  }

  /** With HTTP/1.1 each stream has a connection of its own. */
  @Test
  void connectionsOfOneStreamCountEach() throws Exception {
    String path = unique("primary");
    RelayOptions options = options(RELAYS.sandbox(), path, "1.1");
    options.getCircuit().setMaxFailures(5);
    Relay relay = RELAYS.deploy(options);
    RELAYS.sandbox().script(path, Scenario.of("reset-after-2").text("one two three"));
    for (Seen seen : begin(relay, 5, at("primary"))) {
      assertThat(seen.await().failure().kind()).isEqualTo(FailureKind.NETWORK);
    }
    assertThat(circuit(relay)).isEqualTo("open");
  }
}
