package io.llmrelay.failover;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import io.llmrelay.availability.WallClock;
import io.llmrelay.catalog.Catalog;
import io.llmrelay.chat.Affinity;
import io.llmrelay.chat.ChatMessage;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.RelayHints;
import io.llmrelay.chat.RelayHints.Prefer;
import io.llmrelay.chat.Timeouts;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** The order within aliases: tiers, and what is preferred. */
class RankingTest {
  private final List<Backend> backends = new ArrayList<>();
  private final Map<String, Alias> aliases = new HashMap<>();
  private final Observed observed = new Observed();
  private List<String> order = List.of();

  private RankingTest() {
    for (String name : List.of("a", "b", "c", "d")) {
      backends.add(new Backend(name, null, "openai", List.of("m"), "m", request -> null));
    }
  }

  private static Alias.Member member(String candidate, int weight, int tier) {
    return new Alias.Member(candidate, weight, tier);
  }

  private RankingTest alias(String name, Prefer prefer, Alias.Member... members) {
    aliases.put(name, new Alias(prefer, List.of(members), null));
    return this;
  }

  private Planner planner() {
    return new Planner(
        backends,
        order,
        aliases,
        Prefer.ORDER,
        List.of(Affinity.USER),
        observed,
        Catalog.builtIn(),
        new WallClock("2026-11-22T18:00:00Z"));
  }

  private static ChatRequest request(String model) {
    return ChatRequest.of(ChatMessage.user("Hi")).withModel(model);
  }

  private static String names(Planner.Choices plan) {
    return String.join(" ", plan.candidates().stream().map(Candidate::backend).toList());
  }

  private String names(String model) {
    return names(planner().plan(request(model)));
  }

  private Map<String, Integer> firsts(int requests) {
    Planner planner = planner();
    Map<String, Integer> firsts = new TreeMap<>();
    for (int i = 0; i < requests; i++) {
      String first = planner.plan(request("pool")).candidates().get(0).backend();
      firsts.merge(first, 1, Integer::sum);
    }
    return firsts;
  }

  @Test
  void aCanaryGetsItsShare() {
    alias("pool", Prefer.WEIGHT, member("a", 95, 1), member("b", 5, 1), member("c", 0, 1));
    Map<String, Integer> firsts = firsts(20_000);
    assertThat(firsts).containsOnlyKeys("a", "b");
    assertThat(firsts.get("b") / 20_000.0).isCloseTo(0.05, offset(0.01));
    assertThat(names("pool")).endsWith("c");
  }

  @Test
  void tiersComeBeforeWhatIsPreferred() {
    alias("pool", Prefer.LEAST_BUSY, member("a", 1, 2), member("b", 1, 1), member("c", 1, 1));
    observed.open.putAll(Map.of("a", 0, "b", 9, "c", 4));
    assertThat(names("pool")).isEqualTo("c b a");
    alias("pool", null, member("a", 1, 3), member("b", 1, 1), member("c", 1, 2));
    assertThat(names("pool")).isEqualTo("b c a");
  }

  @Test
  void theLeastBusyInRelationToItsWeightComesFirst() {
    alias("pool", Prefer.LEAST_BUSY, member("a", 1, 1), member("b", 10, 1), member("c", 1, 1));
    observed.open.putAll(Map.of("a", 3, "b", 9, "c", 5));
    assertThat(names("pool")).isEqualTo("b a c");
  }

  @Test
  void theFastestComesFirstAndTheUnknownLast() {
    alias("pool", Prefer.LOWEST_LATENCY, member("a", 1, 1), member("b", 1, 1), member("c", 1, 1));
    observed.firstChunkMs.putAll(Map.of("a", 300.0, "c", 120.0));
    assertThat(names("pool")).isEqualTo("c a b");
    assertThat(planner().show(request("pool")).choices())
        .extracting(Planner.Choice::why)
        .containsExactly(
            "of the alias pool, first chunk after 120 ms",
            "of the alias pool, first chunk after 300 ms",
            "of the alias pool, latency not known yet");
  }

  @Test
  void oneRequestExploresWhatWasNotObservedForAWhile() {
    alias("pool", Prefer.LOWEST_LATENCY, member("a", 1, 1), member("b", 1, 1));
    observed.firstChunkMs.putAll(Map.of("a", 100.0, "b", 9_000.0));
    observed.explored.add("b");
    assertThat(names(planner().show(request("pool")))).isEqualTo("a b");
    assertThat(names("pool")).isEqualTo("b a");
    assertThat(names("pool")).isEqualTo("a b");
  }

  @Test
  void anAliasCountsAsOneCandidateWhereverOneMayStand() {
    alias("pool", Prefer.LEAST_BUSY, member("b", 1, 1), member("c", 1, 1));
    alias("all", null, member("a", 1, 1), member("pool", 1, 1), member("d", 1, 1));
    observed.open.put("b", 3);
    assertThat(names("all")).isEqualTo("a c b d");
    order = List.of("pool", "a");
    ChatRequest none = ChatRequest.of(ChatMessage.user("Hi"));
    assertThat(names(planner().plan(none))).isEqualTo("c b a");
    ChatRequest named = none.withCandidates("d", "pool");
    assertThat(names(planner().plan(named))).isEqualTo("d c b");
  }

  @Test
  void aRequestMayPreferSomethingElse() {
    alias("pool", Prefer.LEAST_BUSY, member("a", 1, 1), member("b", 1, 1));
    observed.open.put("a", 3);
    RelayHints hints = new RelayHints(null, null, Timeouts.UNSET, null, Prefer.ORDER);
    assertThat(names(planner().plan(request("pool").withRelay(hints)))).isEqualTo("a b");
  }

  private String home(Planner planner, String user) {
    return planner.plan(request("pool").withUser(user)).candidates().get(0).backend();
  }

  @Test
  void aConversationStaysWhereItIsWhileThatIsNotMuchWorse() {
    for (Prefer prefer : List.of(Prefer.WEIGHT, Prefer.LEAST_BUSY, Prefer.LOWEST_LATENCY)) {
      alias("pool", prefer, member("a", 1, 1), member("b", 1, 1), member("c", 1, 1));
      Planner planner = planner();
      String home = home(planner, "u");
      for (String name : List.of("a", "b", "c")) {
        observed.open.put(name, 3);
        observed.firstChunkMs.put(name, name.equals(home) ? 180.0 : 100.0);
      }
      assertThat(home(planner, "u")).as("%s", prefer).isEqualTo(home);
      observed.open.put(home, 12);
      observed.firstChunkMs.put(home, 1_000.0);
      Planner.Choices moved = planner.plan(request("pool").withUser("u"));
      assertThat(moved.pinned().backend()).isEqualTo(home);
      if (prefer != Prefer.WEIGHT) {
        assertThat(moved.candidates().get(2).backend()).as("%s", prefer).isEqualTo(home);
        assertThat(home(planner, "u")).isEqualTo(moved.candidates().get(0).backend());
      }
      observed.open.clear();
      observed.firstChunkMs.clear();
    }
  }

  @Test
  void conversationsAreSpreadByWeight() {
    alias("pool", Prefer.WEIGHT, member("a", 3, 1), member("b", 1, 1));
    Planner planner = planner();
    int a = 0;
    for (int i = 0; i < 4_000; i++) {
      a += home(planner, "user-" + i).equals("a") ? 1 : 0;
    }
    assertThat(a / 4_000.0).isCloseTo(0.75, offset(0.04));
  }
}
