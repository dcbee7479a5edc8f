package io.llmrelay.gateway.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.cluster.SimulatedCluster;
import io.llmrelay.config.GatewayKeyOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The limits of one key at all nodes of a cluster, whose time and messages are simulated. */
class SharedKeyLimiterTest {
  private final SimulatedCluster cluster = new SimulatedCluster();
  private final List<Gateway> gateways = new ArrayList<>();
  private int running;
  private int mostRunning;

  /** A gateway with the load of the key. */
  private final class Gateway {
    final SimulatedCluster.Node node = cluster.join();
    final KeyLimiter limiter;
    final double perSecond;
    final long takesMs;
    double due;
    int asked;
    int admitted;

    Gateway(GatewayKeyOptions options, double perSecond, long takesMs) {
      this.perSecond = perSecond;
      this.takesMs = takesMs;
      limiter = new KeyLimiter("a", options, () -> cluster.now() * 1_000_000);
      limiter.share(node);
    }

    void tick() {
      for (due += perSecond / 1_000; due >= 1; due--) {
        request();
      }
    }

    void request() {
      asked++;
      if (limiter.tryAcquire() == null) {
        admitted++;
        running++;
        mostRunning = Math.max(mostRunning, running);
        cluster.after(
            takesMs,
            () -> {
              running--;
              limiter.release();
            });
      }
    }
  }

  private Gateway gateway(GatewayKeyOptions options, double perSecond, long takesMs) {
    Gateway gateway = new Gateway(options, perSecond, takesMs);
    gateways.add(gateway);
    return gateway;
  }

  private static GatewayKeyOptions rate(int perMinute, int burst) {
    return new GatewayKeyOptions().setRequestsPerMinute(perMinute).setBurst(burst);
  }

  private void run(Duration time) {
    cluster.run(time.toMillis(), () -> gateways.forEach(Gateway::tick));
  }

  private int admitted() {
    return gateways.stream().mapToInt(gateway -> gateway.admitted).sum();
  }

  private void count() {
    mostRunning = 0;
    gateways.forEach(
        gateway -> {
          gateway.admitted = 0;
          gateway.asked = 0;
        });
  }

  @ParameterizedTest
  @CsvSource({
    "600, 600, 20, 20, 20",
    "600, 30, 20, 20, 20",
    "600, 5, 20, 20, 20",
    "600, 30, 30, 1, 0",
    "600, 30, 9, 2, 1",
    "6000, 50, 60, 60, 60",
    "60, 5, 1, 1, 1",
  })
  void rateHoldsForAllNodesTogether(int perMinute, int burst, double a, double b, double c) {
    gateway(rate(perMinute, burst), a, 10);
    gateway(rate(perMinute, burst), b, 10);
    gateway(rate(perMinute, burst), c, 10);
    run(Duration.ofMinutes(2)); // The bucket is empty after it.
    for (int minute = 0; minute < 3; minute++) {
      count();
      run(Duration.ofMinutes(1));
      assertThat(admitted())
          .as("minute %d", minute)
          .isBetween((int) (perMinute * 0.95), (int) (perMinute * 1.05));
    }
  }

  @Test
  void loadThatFitsIsAdmittedWhereverItComes() {
    gateway(rate(600, 60), 8, 10);
    gateway(rate(600, 60), 1, 10);
    gateway(rate(600, 60), 0.2, 10);
    run(Duration.ofMinutes(2));
    assertThat(gateways)
        .allSatisfy(gateway -> assertThat(gateway.admitted).isEqualTo(gateway.asked));
  }

  @Test
  void burstsAtAllNodesAtOnceAreOneBurst() {
    for (int i = 0; i < 3; i++) {
      gateway(rate(60, 300), 0, 10);
    }
    run(Duration.ofSeconds(5));
    for (int burst = 0; burst < 10; burst++) {
      for (int i = 0; i < 300; i++) {
        gateways.forEach(Gateway::request);
      }
      run(Duration.ofMillis(100));
    }
    assertThat(admitted()).isBetween(290, 310);
  }

  @Test
  void nodeThatJoinsFindsTheBucketAsItIs() {
    Gateway first = gateway(rate(60, 300), 0, 10);
    run(Duration.ofSeconds(5));
    for (int i = 0; i < 400; i++) {
      first.request();
    }
    assertThat(admitted()).isEqualTo(300);
    Gateway second = gateway(rate(60, 300), 0, 10);
    run(Duration.ofSeconds(2));
    for (int i = 0; i < 300; i++) {
      second.request();
    }
    assertThat(second.admitted).isLessThanOrEqualTo(3);
  }

  @Test
  void splitExceedsTheRateByTheShareOfTheNodeThatIsCutOff() {
    for (int i = 0; i < 3; i++) {
      gateway(rate(600, 30), 20, 10);
    }
    run(Duration.ofMinutes(1));
    cluster.split(gateways.get(2).node);
    run(Duration.ofSeconds(20));
    for (int minute = 0; minute < 3; minute++) {
      count();
      run(Duration.ofMinutes(1));
      assertThat(gateways.get(2).admitted).isBetween(190, 210);
      assertThat(admitted()).isBetween(760, 840);
    }
    cluster.heal(gateways.get(2).node);
    run(Duration.ofSeconds(10));
    count();
    run(Duration.ofMinutes(1));
    assertThat(admitted()).isBetween(570, 630);
  }

  @ParameterizedTest
  @CsvSource({"30, 20, 20, 20", "30, 60, 0, 0", "30, 50, 3, 3", "3, 5, 5, 5"})
  void concurrencyHoldsForAllNodesTogether(int max, double a, double b, double c) {
    GatewayKeyOptions options = new GatewayKeyOptions().setMaxConcurrent(max);
    gateway(options, a, 1_000);
    gateway(options, b, 1_000);
    gateway(options, c, 1_000);
    run(Duration.ofSeconds(10));
    count();
    run(Duration.ofMinutes(1));
    assertThat(mostRunning).isLessThanOrEqualTo(max + Math.max(2, max / 20));
    assertThat(admitted()).as("of %d", max * 60).isGreaterThan((int) (max * 60 * 0.8));
  }

  @Test
  void requestsOfADeadNodeNoLongerCount() {
    GatewayKeyOptions options = new GatewayKeyOptions().setMaxConcurrent(9);
    Gateway dying = gateway(options, 0, 3_600_000);
    Gateway other = gateway(options, 0, 3_600_000);
    gateway(options, 0, 3_600_000);
    run(Duration.ofSeconds(2));
    for (int i = 0; i < 5; i++) {
      dying.request();
      run(Duration.ofMillis(200));
    }
    assertThat(dying.admitted).isEqualTo(5);
    gateways.remove(dying);
    cluster.kill(dying.node);
    run(Duration.ofSeconds(10));
    for (int i = 0; i < 20; i++) {
      other.request();
      run(Duration.ofMillis(200));
    }
    assertThat(other.admitted).isEqualTo(9);
  }

  @Test
  void smallSideOfASplitKeepsToItsShareOfTheConcurrency() {
    GatewayKeyOptions options = new GatewayKeyOptions().setMaxConcurrent(9);
    for (int i = 0; i < 3; i++) {
      gateway(options, 0, 3_600_000);
    }
    run(Duration.ofSeconds(2));
    cluster.split(gateways.get(2).node);
    run(Duration.ofSeconds(10));
    for (int i = 0; i < 20; i++) {
      gateways.forEach(Gateway::request);
      run(Duration.ofMillis(200));
    }
    assertThat(gateways.get(2).admitted).isEqualTo(3);
    assertThat(gateways.get(0).admitted + gateways.get(1).admitted).isBetween(9, 10);
  }
}
