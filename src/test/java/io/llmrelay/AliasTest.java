package io.llmrelay;

import static io.llmrelay.Relays.eventually;
import static io.llmrelay.Relays.get;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.Relays.Relay;
import io.llmrelay.chat.Attempt;
import io.llmrelay.chat.ChatMessage;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.RelayHints.Prefer;
import io.llmrelay.config.AliasOptions;
import io.llmrelay.config.CandidateOptions;
import io.llmrelay.config.RelayOptions;
import io.llmrelay.config.ShadowOptions;
import io.llmrelay.observe.RelayEvent.ShadowEnd;
import io.llmrelay.observe.RelayListener;
import io.llmrelay.sandbox.Scenario;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Aliases choose among their candidates, and send copies of requests. */
class AliasTest {
  @RegisterExtension static final Relays RELAYS = new Relays();

  private final String one = Relays.unique("one");
  private final String two = Relays.unique("two");
  private final String three = Relays.unique("three");
  private final List<ShadowEnd> shadows = new CopyOnWriteArrayList<>();

  private RelayOptions options(AliasOptions alias) {
    RelayOptions options = new RelayOptions().addAlias("pool", alias);
    for (String name : List.of(one, two, three)) {
      options.addBackend(name, RELAYS.backend("openai", name, "m"));
    }
    return options;
  }

  private Relay deploy(AliasOptions alias) {
    return RELAYS.deploy(
        options(alias),
        new RelayListener() {
          @Override
          public void onShadowEnd(ShadowEnd event) {
            shadows.add(event);
          }
        });
  }

  private static ChatRequest pool() {
    return ChatRequest.of(ChatMessage.user("Hi")).withModel("pool");
  }

  private static CandidateOptions candidate(String name, int weight, int tier) {
    return new CandidateOptions(name).setWeight(weight).setTier(tier);
  }

  @Test
  void aTierFollowsTheOneBefore() throws Exception {
    Relay relay =
        deploy(
            new AliasOptions(
                    List.of(candidate(three, 1, 2), candidate(one, 1, 1), candidate(two, 1, 1)))
                .setPrefer(Prefer.WEIGHT));
    RELAYS.sandbox().script(one, Scenario.http(500));
    RELAYS.sandbox().script(two, Scenario.http(500));
    List<Attempt> trail = Seen.of(relay.client(), pool(), true).trail();
    assertThat(trail).extracting(Attempt::backend).hasSize(3).last().isEqualTo(three);
  }

  @Test
  void theLeastBusyServes() throws Exception {
    Relay relay = deploy(AliasOptions.of(one, two).setPrefer(Prefer.LEAST_BUSY));
    RELAYS.sandbox().script(one, Scenario.of("stall-after-1"));
    RELAYS.sandbox().script(two, Scenario.of("stall-after-1"));
    List<Seen> open = new CopyOnWriteArrayList<>();
    for (int i = 0; i < 6; i++) {
      Seen seen = Seen.begin(relay.client(), pool(), true, io.vertx.core.Future.future(p -> {}));
      eventually(() -> assertThat(seen.stream()).isNotNull());
      open.add(seen);
    }
    assertThat(open.stream().filter(seen -> seen.backend().equals(one))).hasSize(3);
    assertThat(get(relay.client().plan(pool())).candidates().get(0).message())
        .isEqualTo("position 1: of the alias pool, 3 open requests");
    open.forEach(seen -> seen.stream().cancel());
  }

  @Test
  void theFastestServesOnceAllAreKnown() throws Exception {
    Relay relay = deploy(AliasOptions.of(one, two).setPrefer(Prefer.LOWEST_LATENCY));
    RELAYS.sandbox().script(one, Scenario.of("model-first-400"));
    for (int i = 0; i < 2; i++) {
      Seen.of(relay.client(), pool(), true);
    }
    assertThat(RELAYS.calls(one)).isEqualTo(1);
    assertThat(RELAYS.calls(two)).isEqualTo(1);
    for (int i = 0; i < 5; i++) {
      assertThat(Seen.of(relay.client(), pool(), true).backend()).isEqualTo(two);
    }
    assertThat(get(relay.client().plan(pool())).candidates().get(1).message())
        .matches("position 2: of the alias pool, first chunk after \\d{3,4} ms");
  }

  private AliasOptions shadowed(int maxOpen) {
    return AliasOptions.of(one, two)
        .setShadow(new ShadowOptions().setCandidate(three).setShare(1).setMaxOpen(maxOpen));
  }

  @Test
  void aShadowGetsACopyOfWhichNobodyIsTold() throws Exception {
    Relay relay = deploy(shadowed(8));
    RELAYS.sandbox().script(three, Scenario.of("model-first-100").text("discarded"));
    for (int i = 0; i < 4; i++) {
      Seen seen = Seen.of(relay.client(), pool(), i % 2 == 0);
      assertThat(seen.text()).isNotEmpty().doesNotContain("discarded");
      assertThat(seen.trail()).extracting(Attempt::backend).containsExactly(one);
    }
    eventually(() -> assertThat(shadows).hasSize(4));
    assertThat(shadows)
        .extracting(end -> end.attempt().backend() + " " + end.attempt().result())
        .containsOnly(three + " SERVED");
    assertThat(shadows.get(0).attempt().usage().outputTokens()).isPositive();
    assertThat(RELAYS.sandbox().calls(three).get(0).body().getValue("messages"))
        .isEqualTo(RELAYS.sandbox().calls(one).get(0).body().getValue("messages"));
    assertThat(relay.hooks().ofRequests()).hasSize(4 * 5).noneMatch(hook -> hook.contains(three));
    assertThat(relay.hooks().ends())
        .extracting(end -> end.requestId())
        .containsExactlyInAnyOrderElementsOf(shadows.stream().map(ShadowEnd::requestId).toList());
  }

  @Test
  void anAliasThatIsTheDefaultHasItsShadow() throws Exception {
    RelayOptions options = options(shadowed(8)).setFallback(List.of("pool"));
    Relay relay = RELAYS.deploy(options);
    Seen.of(relay.client(), ChatRequest.of(ChatMessage.user("Hi")), true);
    eventually(() -> assertThat(RELAYS.calls(three)).isEqualTo(1));
    Seen.of(relay.client(), ChatRequest.of(ChatMessage.user("Hi")).withCandidates(one), true);
    assertThat(RELAYS.calls(three)).as("another candidate").isEqualTo(1);
  }

  @Test
  void shadowsAreNeverMoreThanTheirBound() throws Exception {
    Relay relay = deploy(shadowed(2));
    RELAYS.sandbox().script(three, Scenario.of("stall"));
    for (int i = 0; i < 6; i++) {
      assertThat(Seen.of(relay.client(), pool(), true).failure()).isNull();
    }
    eventually(() -> assertThat(RELAYS.calls(three)).isEqualTo(2));
    assertThat(relay.health().getInteger("requests")).isZero();
  }

  @Test
  void aShadowThatFailsHarmsNobody() throws Exception {
    Relay relay = deploy(shadowed(8));
    RELAYS.sandbox().script(three, Scenario.http(500));
    for (int i = 0; i < 3; i++) {
      Seen seen = Seen.of(relay.client(), pool(), true);
      assertThat(seen.failure()).isNull();
      assertThat(seen.trail()).hasSize(1);
    }
    eventually(
        () ->
            assertThat(shadows)
                .extracting(end -> end.attempt().reason())
                .containsExactly("server_error", "server_error", "server_error"));
  }
}
