package io.llmrelay.availability;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.chat.FailureKind;
import io.llmrelay.cluster.SimulatedCluster;
import io.llmrelay.config.BudgetOptions;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** One budget for all nodes of a cluster, whose time and messages are simulated. */
class SharedBudgetTest {
  private final WallClock clock = new WallClock("2026-11-22T18:00:00Z");
  private final SimulatedCluster cluster = new SimulatedCluster();
  private final List<Relay> relays = new ArrayList<>();

  /** A node with its load. */
  private final class Relay {
    final SimulatedCluster.Node node = cluster.join();
    final Budget budget = new Budget("a", null, clock, told -> {}, () -> {});
    private final Cost expected;
    private double perSecond;
    private double due;
    long asked;
    long admitted;

    Relay(BudgetOptions options, double perSecond, long tokens) {
      this.perSecond = perSecond;
      expected = Cost.of(tokens, null);
      budget.limit(options);
      budget.share(node, "account/a");
    }

    /** Sends what is due after a millisecond. */
    void tick() {
      for (due += perSecond / 1_000; due >= 1; due--) {
        attempt();
      }
    }

    boolean attempt() {
      asked++;
      if (budget.enter(expected) != null) {
        return false;
      }
      admitted++;
      cluster.after(300, () -> budget.settle(expected, expected.tokens(), null));
      return true;
    }

    long used(String limit) {
      return budget.report().getJsonObject(limit).getLong("used");
    }
  }

  private Relay relay(BudgetOptions options, double perSecond, long tokens) {
    Relay relay = new Relay(options, perSecond, tokens);
    relays.add(relay);
    return relay;
  }

  private static BudgetOptions requests(long perMinute) {
    return new BudgetOptions().setRequestsPerMinute(perMinute);
  }

  private void run(Duration time) {
    cluster.run(
        time.toMillis(),
        () -> {
          clock.advance(Duration.ofMillis(1));
          relays.forEach(Relay::tick);
        });
  }

  private long admitted() {
    return relays.stream().mapToLong(relay -> relay.admitted).sum();
  }

  private void atMinuteStart() {
    relays.forEach(relay -> relay.admitted = 0);
  }

  /** Lets nodes find each other, and begins to count at the start of a minute. */
  private void begin() {
    List<Double> loads = relays.stream().map(relay -> relay.perSecond).toList();
    relays.forEach(relay -> relay.perSecond = 0);
    run(Duration.ofMinutes(1));
    for (int i = 0; i < loads.size(); i++) {
      relays.get(i).perSecond = loads.get(i);
    }
    atMinuteStart();
  }

  @ParameterizedTest
  @CsvSource({
    "600, 4, 4, 4",
    "600, 20, 20, 20",
    "600, 200, 200, 200",
    "600, 12, 1, 0",
    "600, 0, 0, 30",
    "6000, 50, 40, 20",
    "60, 1, 1, 1",
    "60, 0.9, 0.2, 0.1",
  })
  void requestsPerMinuteHoldForAllNodesTogether(long limit, double a, double b, double c) {
    relay(requests(limit), a, 0);
    relay(requests(limit), b, 0);
    relay(requests(limit), c, 0);
    begin();
    for (int minute = 0; minute < 3; minute++) {
      run(Duration.ofMinutes(1));
      assertThat(admitted())
          .as("minute %d", minute)
          .isBetween((long) (limit * 0.95), (long) (limit * 1.05));
      atMinuteStart();
    }
  }

  @Test
  void loadThatFitsIsAdmittedWhereverItComes() {
    relay(requests(600), 8.5, 0);
    relay(requests(600), 0.5, 0);
    relay(requests(600), 0.2, 0);
    begin();
    relays.forEach(relay -> relay.asked = 0);
    run(Duration.ofMinutes(2));
    assertThat(relays).allSatisfy(relay -> assertThat(relay.admitted).isEqualTo(relay.asked));
  }

  @Test
  void tokensPerMinuteHoldForAllNodesTogether() {
    for (int i = 0; i < 3; i++) {
      relay(new BudgetOptions().setTokensPerMinute(100_000L), 5, 400);
    }
    begin();
    run(Duration.ofMinutes(1));
    assertThat(admitted() * 400).isBetween(95_000L, 105_000L);
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 150, 500})
  void burstsAtAllNodesAtOnceExceedLittle(int latency) {
    cluster.delay(latency);
    for (int i = 0; i < 3; i++) {
      relay(requests(600), 0, 0);
    }
    begin();
    for (int burst = 0; burst < 200; burst++) {
      for (int i = 0; i < 600; i++) {
        relays.forEach(Relay::attempt);
      }
      run(Duration.ofMillis(60));
    }
    assertThat(admitted()).isBetween(570L, 630L);
  }

  @Test
  void slowReportsDoLittleHarm() {
    for (int i = 0; i < 3; i++) {
      relay(requests(600), 20, 0);
    }
    cluster.delay(400);
    begin();
    run(Duration.ofMinutes(1));
    assertThat(admitted()).isBetween(570L, 630L);
  }

  @ParameterizedTest
  @ValueSource(doubles = {0.05, 0.3})
  void lostReportsDoLittleHarm(double loss) {
    for (int i = 0; i < 3; i++) {
      relay(requests(600), 8, 0);
    }
    cluster.lose(loss);
    begin();
    run(Duration.ofMinutes(1));
    assertThat(admitted()).isBetween(570L, 630L);
  }

  @Test
  void manyNodesKeepTheLimit() {
    for (int i = 0; i < 20; i++) {
      relay(requests(1_200), i == 0 ? 15 : 1, 0);
    }
    begin();
    run(Duration.ofMinutes(1));
    assertThat(admitted()).isBetween(1_140L, 1_260L);
  }

  @Test
  void nodeThatJoinsGetsItsPart() {
    relay(requests(600), 9, 0);
    relay(requests(600), 9, 0);
    begin();
    run(Duration.ofSeconds(10));
    Relay joined = relay(requests(600), 9, 0);
    run(Duration.ofSeconds(50));
    assertThat(admitted()).isBetween(570L, 630L);
    assertThat(joined.admitted).as("of the node that joined").isGreaterThan(100);
    assertThat(joined.node.shares()).isEqualTo(3);
  }

  @Test
  void splitExceedsTheLimitByTheShareOfTheNodeThatIsCutOff() {
    for (int i = 0; i < 3; i++) {
      relay(requests(600), 20, 0);
    }
    begin();
    SimulatedCluster.Node cutOff = relays.get(2).node;
    cluster.split(cutOff);
    for (int minute = 0; minute < 4; minute++) {
      run(Duration.ofMinutes(1));
      assertThat(relays.get(2).admitted).as("minute %d", minute).isBetween(190L, 205L);
      // With what was used before the split and not reported, in the first minute.
      assertThat(admitted()).isLessThanOrEqualTo(808);
      if (minute > 0) {
        assertThat(admitted()).as("both sides serve").isGreaterThanOrEqualTo(780);
      }
      atMinuteStart();
    }
    cluster.heal(cutOff);
    run(Duration.ofMinutes(1));
    atMinuteStart();
    run(Duration.ofMinutes(1));
    assertThat(admitted()).isBetween(570L, 630L);
  }

  @Test
  void splitInMidWindowLeavesASmallSideItsShareOfWhatWasLeft() {
    BudgetOptions daily = new BudgetOptions().setRequestsPerDay(900L);
    for (int i = 0; i < 3; i++) {
      relay(daily, 0, 0);
    }
    begin();
    relays.get(0).perSecond = 10;
    run(Duration.ofSeconds(60));
    relays.get(0).perSecond = 0;
    run(Duration.ofSeconds(1));
    assertThat(admitted()).isEqualTo(600);
    cluster.split(relays.get(2).node);
    relays.get(2).perSecond = 5;
    relays.get(1).perSecond = 10;
    run(Duration.ofMinutes(3));
    assertThat(relays.get(2).admitted).isBetween(95L, 100L);
    assertThat(admitted()).isBetween(990L, 1_000L);
    cluster.heal(relays.get(2).node);
    run(Duration.ofSeconds(20));
    assertThat(relays)
        .allSatisfy(each -> assertThat(each.used("requests-per-day")).isEqualTo(admitted()));
  }

  @Test
  void smallLimitsBlockNoNodeOfASplitCluster() {
    for (int i = 0; i < 3; i++) {
      relay(requests(2), 1, 0);
    }
    begin();
    cluster.split(relays.get(2).node);
    run(Duration.ofMinutes(1));
    atMinuteStart();
    run(Duration.ofMinutes(1));
    assertThat(relays.get(2).admitted).isPositive();
    assertThat(admitted()).isBetween(2L, 4L);
  }

  @Test
  void deadNodeGivesItsPartBack() {
    for (int i = 0; i < 3; i++) {
      relay(requests(600), 20, 0);
    }
    begin();
    run(Duration.ofSeconds(1));
    cluster.kill(relays.get(2).node);
    relays.get(2).perSecond = 0;
    run(Duration.ofSeconds(59));
    assertThat(admitted()).isBetween(570L, 630L);
    assertThat(relays.get(0).node.shares()).isEqualTo(2);
    atMinuteStart();
    run(Duration.ofMinutes(1));
    assertThat(admitted()).isBetween(570L, 630L);
  }

  @Test
  void nodeThatLeavesGivesItsPartBackAtOnce() {
    relay(requests(600), 20, 0);
    relay(requests(600), 0, 0);
    begin();
    cluster.leave(relays.get(1).node);
    run(Duration.ofMillis(100));
    assertThat(relays.get(0).node.shares()).isEqualTo(1);
    run(Duration.ofSeconds(59));
    assertThat(relays.get(0).admitted).isEqualTo(600);
  }

  @Test
  void spendOfADeadNodeIsNotForgottenAndNotCountedTwice() {
    BudgetOptions daily = new BudgetOptions().setTokensPerDay(1_000_000L);
    for (int i = 0; i < 3; i++) {
      relay(daily, 2, 100);
    }
    begin();
    run(Duration.ofSeconds(10));
    relays.forEach(relay -> relay.perSecond = 0);
    run(Duration.ofSeconds(2));
    long spent = admitted() * 100;
    assertThat(relays).allSatisfy(each -> assertThat(each.used("tokens-per-day")).isEqualTo(spent));

    Relay dead = relays.remove(2);
    cluster.kill(dead.node);
    JsonObject file = new JsonObject(dead.budget.toJson().encode());
    run(Duration.ofSeconds(10));
    // It restarts under another id, once with its file, and once without.
    Relay restarted = relay(daily, 0, 100);
    restarted.budget.restoring(file, "node-2/0").run();
    assertThat(restarted.used("tokens-per-day")).as("before it hears of others").isEqualTo(spent);
    Relay empty = relay(daily, 0, 100);
    run(Duration.ofSeconds(10));
    assertThat(relays).allSatisfy(each -> assertThat(each.used("tokens-per-day")).isEqualTo(spent));
    empty.attempt();
    run(Duration.ofSeconds(2));
    assertThat(relays)
        .allSatisfy(each -> assertThat(each.used("tokens-per-day")).isEqualTo(spent + 100));
  }

  @Test
  void requestLargerThanAPartIsAdmittedWhileTheLimitHasRoom() {
    for (int i = 0; i < 3; i++) {
      relay(new BudgetOptions().setTokensPerMinute(1_000L), 0, 700);
    }
    begin();
    assertThat(relays.get(1).attempt()).isTrue();
    run(Duration.ofSeconds(1));
    Skip skip = relays.get(0).budget.enter(Cost.of(700, null));
    assertThat(skip.kind()).isEqualTo(FailureKind.RATE_LIMITED);
    assertThat(skip.availableInMs()).as("until the window ends").isGreaterThan(50_000);
  }

  @Test
  void nodeWithoutAPartLeftMayTryAgainSoon() {
    for (int i = 0; i < 3; i++) {
      relay(new BudgetOptions().setRequestsPerDay(300L), 1, 0);
    }
    begin();
    run(Duration.ofSeconds(3));
    Relay busy = relays.get(0);
    while (busy.attempt()) {}
    Skip skip = busy.budget.check(Cost.NOTHING);
    assertThat(skip.kind()).isEqualTo(FailureKind.RATE_LIMITED);
    assertThat(skip.availableInMs()).isEqualTo(250);
    run(Duration.ofMillis(250));
    assertThat(busy.attempt()).isTrue();
  }

  @Test
  void aloneTheWholeLimitIsUsedAtOnce() {
    Relay alone = relay(requests(600), 0, 0);
    begin();
    for (int i = 0; i < 601; i++) {
      alone.attempt();
    }
    assertThat(alone.admitted).isEqualTo(600);
  }
}
