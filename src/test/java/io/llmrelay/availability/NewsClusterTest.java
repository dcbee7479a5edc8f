package io.llmrelay.availability;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.Awake;
import io.llmrelay.availability.Cooldown.Scope;
import io.llmrelay.bus.Cluster;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.config.CircuitOptions;
import io.llmrelay.observe.impl.Listeners;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** How soon a node of a cluster knows what another one found out. */
class NewsClusterTest {
  private static final int ROUNDS = 300;

  private static <T> T get(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
  }

  private static Availability open(Vertx vertx) throws Exception {
    Availability availability = new Availability(vertx);
    AvailabilitySettings settings =
        new AvailabilitySettings(
            "llm",
            "lane",
            List.of(new AvailabilitySettings.Backend("a", "account", 10, null)),
            new CircuitOptions(),
            10,
            Duration.ofDays(31),
            null);
    get(availability.open(settings, new Listeners(List.of())));
    return availability;
  }

  @Test
  void isAMatterOfMilliseconds() throws Exception {
    String cluster = "test-" + UUID.randomUUID();
    Vertx first = Cluster.node(cluster);
    Vertx second = Cluster.node(cluster);
    try {
      Availability here = open(first);
      Availability there = open(second);
      List<Duration> times = new ArrayList<>();
      for (int i = 0; i < ROUNDS; i++) {
        String model = "m" + i;
        Awake watch = Awake.begin();
        BackendState a = here.backends().all().get("a");
        a.exhausted(
            a.keys().get(0), model, new Cooldown(Scope.MODEL, FailureKind.RATE_LIMITED, 600_000));
        while (there.backends().check("a", model, null) == null) {
          assertThat(watch.elapsed()).isLessThan(Duration.ofSeconds(20));
          Thread.sleep(0, 100_000);
        }
        times.add(watch.elapsed());
        Thread.sleep(News.INTERVAL_MS);
      }
      times.sort(null);
      // The slowest wait for a busy machine.
      assertThat(times.get(ROUNDS * 9 / 10)).as("of %s", times).isLessThan(Duration.ofMillis(50));
    } finally {
      get(first.close());
      get(second.close());
    }
  }
}
