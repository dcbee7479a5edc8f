package io.llmrelay;

import static io.llmrelay.Relays.poll;
import static io.llmrelay.Relays.unique;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.Relays.Relay;
import io.llmrelay.chat.Attempt;
import io.llmrelay.chat.ChatMessage;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.Hedge;
import io.llmrelay.chat.Timeouts;
import io.llmrelay.config.AliasOptions;
import io.llmrelay.config.HedgeOptions;
import io.llmrelay.config.RelayOptions;
import io.llmrelay.sandbox.Scenario;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests whose first candidate is slow, and what a second one beside it is worth. */
class HedgedRequestTest {
  private static final ChatRequest REQUEST = ChatRequest.of(ChatMessage.user("Hello"));
  private static final Scenario OK = Scenario.ok().text("one two");
  private static final int SLOW_MS = 5_000;
  private static final Scenario SLOW = Scenario.of("model-first-" + SLOW_MS).text("one two");
  private static final Future<?> NEVER = Future.future(p -> {});

  @RegisterExtension static final Relays RELAYS = new Relays();

  private String primary;
  private String secondary;

  @BeforeEach
  void names() {
    primary = unique("primary");
    secondary = unique("secondary");
    RELAYS.sandbox().script(primary, SLOW).script(secondary, OK);
  }

  private RelayOptions options(HedgeOptions hedge) {
    return new RelayOptions()
        .addBackend("primary", RELAYS.backend("openai", primary, "alpha"))
        .addBackend("secondary", RELAYS.backend("openai", secondary, "beta"))
        .setHedge(hedge);
  }

  private static HedgeOptions after(int ms) {
    return new HedgeOptions().setAfter(Hedge.after(Duration.ofMillis(ms)));
  }

  private static ChatRequest asking(Object hedge) {
    return ChatRequest.fromJson(
        REQUEST.toJson().put("relay", new JsonObject().put("hedge", hedge)));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void theSecondServesAndTheSlowOneIsAborted(boolean streaming) throws Exception {
    Relay relay = RELAYS.deploy(options(after(100)));
    Seen seen = Seen.of(relay.client(), REQUEST, streaming);
    assertThat(seen.text()).isEqualTo("one two");
    assertThat(seen.backend()).isEqualTo("secondary");
    Attempt loser = seen.trail().get(0);
    assertThat(loser.backend()).isEqualTo("primary");
    assertThat(loser.result()).isEqualTo(Attempt.Result.HEDGED);
    assertThat(loser.durationMs()).isLessThan(SLOW_MS);
    assertThat(loser.usage().inputTokens()).isPositive();
    poll().until(() -> RELAYS.sandbox().calls(primary).get(0).endedAt() != null);
    assertThat(relay.health("primary").getJsonObject("circuit").getString("primary"))
        .isEqualTo("closed");
  }

  /** One of twenty first chunks takes five seconds. */
  @Test
  void fewMoreAttemptsCutTheLongTail() throws Exception {
    int count = 200;
    Scenario[] script = new Scenario[count];
    Arrays.fill(script, OK);
    for (int i = 19; i < count; i += 20) {
      script[i] = SLOW;
    }
    RELAYS.sandbox().script(primary, script);
    Relay relay = RELAYS.deploy(options(after(500).setMaxRatio(0.06)));
    List<Long> first = new ArrayList<>();
    for (int i = 0; i < count; i += 10) {
      List<Seen> ten = new ArrayList<>();
      for (int j = 0; j < 10; j++) {
        ten.add(Seen.begin(relay.client(), REQUEST, true, NEVER));
      }
      for (Seen seen : ten) {
        List<Attempt> trail = seen.await().trail();
        Attempt served = trail.get(trail.size() - 1);
        first.add(served.startMs() + served.firstChunkMs());
      }
    }
    first.sort(null);
    long p99 = first.get(count * 99 / 100 - 1);
    int attempts = RELAYS.calls(primary) + RELAYS.calls(secondary);
    assertThat(p99).isLessThan(SLOW_MS / 2);
    assertThat(attempts).isLessThanOrEqualTo(count * 106 / 100 + 1);
  }

  @Test
  void theTimeIsTheCandidatesOwnPercentile() throws Exception {
    RELAYS.sandbox().script(primary, OK);
    Relay relay = RELAYS.deploy(options(new HedgeOptions().setAfter(Hedge.P95)));
    for (int i = 0; i < 30; i++) {
      Seen.of(relay.client(), REQUEST, true);
    }
    RELAYS.sandbox().script(primary, SLOW);
    Seen seen = Seen.of(relay.client(), REQUEST, true);
    assertThat(seen.backend()).isEqualTo("secondary");
    assertThat(seen.trail().get(0).result()).isEqualTo(Attempt.Result.HEDGED);
  }

  @Test
  void anOutageDoesNotExceedTheBudget() throws Exception {
    int count = 60;
    RelayOptions options = options(after(50));
    options.setTimeouts(new Timeouts(null, null, Duration.ofMillis(1_500), null, null));
    Relay relay = RELAYS.deploy(options);
    List<Seen> all = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      all.add(Seen.begin(relay.client(), REQUEST, true, NEVER));
    }
    long hedged = 0;
    for (Seen seen : all) {
      assertThat(seen.await().text()).isEqualTo("one two");
      hedged += seen.trail().stream().filter(a -> a.result() == Attempt.Result.HEDGED).count();
    }
    assertThat(hedged).isPositive().isLessThanOrEqualTo(count / 10 + 1);
  }

  @Test
  void aRequestAsksForItAndSaysNo() throws Exception {
    RELAYS.sandbox().script(primary, Scenario.of("model-first-700").text("one two"));
    Relay relay = RELAYS.deploy(options(new HedgeOptions()));
    assertThat(Seen.of(relay.client(), REQUEST, true).backend()).isEqualTo("primary");
    assertThat(Seen.of(relay.client(), asking("50ms"), true).backend()).isEqualTo("secondary");
    Relay hedging = RELAYS.deploy(options(after(50)));
    assertThat(Seen.of(hedging.client(), asking("off"), true).backend()).isEqualTo("primary");
    assertThat(Seen.of(hedging.client(), asking(false), true).backend()).isEqualTo("primary");
  }

  @Test
  void aRequestDoesNotLiftTheOperatorsLimit() throws Exception {
    RELAYS.sandbox().script(primary, Scenario.of("model-first-700").text("one two"));
    Relay relay = RELAYS.deploy(options(new HedgeOptions().setMaxRatio(0)));
    assertThat(Seen.of(relay.client(), asking("50ms"), true).backend()).isEqualTo("primary");
    assertThat(RELAYS.calls(secondary)).isZero();
  }

  @Test
  void onlyTheNamedBackendsAreHedged() throws Exception {
    Relay relay = RELAYS.deploy(options(after(50).setOnly(List.of("primary"))));
    assertThat(Seen.of(relay.client(), REQUEST, true).backend()).isEqualTo("secondary");
    RELAYS.sandbox().script(primary, Scenario.of("model-first-700").text("one two"));
    Relay other = RELAYS.deploy(options(after(50).setOnly(List.of("secondary"))));
    assertThat(Seen.of(other.client(), REQUEST, true).backend()).isEqualTo("primary");
  }

  @Test
  void anAliasThatIsTheDefaultIsNamedByRequestsWithoutAModel() throws Exception {
    RELAYS.sandbox().script(primary, Scenario.of("model-first-700").text("one two"));
    RelayOptions options =
        options(after(50).setOnly(List.of("pool")))
            .addAlias("pool", AliasOptions.of("primary", "secondary"))
            .setFallback(List.of("pool"));
    Relay relay = RELAYS.deploy(options);
    assertThat(Seen.of(relay.client(), REQUEST, true).backend()).isEqualTo("secondary");
  }

  @Test
  void aSlotIsNeededAndReleased() throws Exception {
    RELAYS.sandbox().script(primary, Scenario.of("model-first-700").text("one two"));
    RELAYS.sandbox().script(secondary, Scenario.of("stall-after-1").text("one two"));
    RelayOptions options = options(after(50));
    options.getBackends().get("secondary").setMaxConnections(1);
    Relay relay = RELAYS.deploy(options);
    Seen holding = Seen.begin(relay.client(), REQUEST.withCandidates("secondary"), true, NEVER);
    poll().until(() -> holding.text().equals("one"));
    assertThat(Seen.of(relay.client(), REQUEST, true).backend()).isEqualTo("primary");
    holding.stream().cancel();
    poll()
        .until(
            () -> relay.health("secondary").getJsonObject("connections").getInteger("in_use") == 0);
    assertThat(relay.health("primary").getJsonObject("connections").getInteger("in_use")).isZero();
  }
}
