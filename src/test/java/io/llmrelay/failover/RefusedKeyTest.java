package io.llmrelay.failover;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.greaterThanOrEqualTo;

import io.llmrelay.LlmRelay;
import io.llmrelay.availability.Availability;
import io.llmrelay.availability.AvailabilitySettings;
import io.llmrelay.bus.TestSettings;
import io.llmrelay.catalog.Catalog;
import io.llmrelay.chat.Attempt;
import io.llmrelay.chat.ChatCompletion;
import io.llmrelay.chat.ChatMessage;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.CommitPoint;
import io.llmrelay.chat.RelayHints;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.config.CircuitOptions;
import io.llmrelay.config.RelayOptions;
import io.llmrelay.observe.RelayEvent;
import io.llmrelay.observe.RelayListener;
import io.llmrelay.observe.impl.Listeners;
import io.llmrelay.provider.ProviderVerticle;
import io.llmrelay.sandbox.Sandbox;
import io.llmrelay.sandbox.SandboxOptions;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import io.vertx.junit5.VertxExtension;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A backend that refuses its key over real HTTP, and one day takes it. */
@ExtendWith(VertxExtension.class)
class RefusedKeyTest {
  private final List<String> told = new CopyOnWriteArrayList<>();

  private static <T> T get(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
  }

  private static Sandbox sandbox(Vertx vertx, int port, String key) throws Exception {
    return get(Sandbox.start(vertx, new SandboxOptions().setPort(port).setRequiredKey(key)));
  }

  private void relay(Vertx vertx, Sandbox strict, Sandbox other) throws Exception {
    for (String name : List.of("strict", "other")) {
      BackendOptions options =
          new BackendOptions()
              .setDialect("openai")
              .setApiKey("sk-ours")
              .setBaseUrl((name.equals("strict") ? strict : other).backend(name));
      get(vertx.deployVerticle(new ProviderVerticle(name, options, "lane", TestSettings.DEFAULT)));
    }
    RelayListener log =
        new RelayListener() {
          @Override
          public void onExhausted(RelayEvent.Exhausted event) {
            told.add(event.candidate() + " " + event.reason() + " " + event.forMs());
          }
        };
    CoordinatorSettings settings =
        new CoordinatorSettings(
            "llm",
            "lane",
            "lane",
            TestSettings.DEFAULT,
            List.of(
                new Backend("strict", null, "openai", List.of("m"), "m", request -> null),
                new Backend("other", null, "openai", List.of("m"), "m", request -> null)),
            List.of(),
            Map.of(),
            RelayHints.Prefer.ORDER,
            List.of(),
            new RunSettings(
                CommitPoint.FIRST_CHUNK,
                new RelayOptions().getTimeouts(),
                0,
                Duration.ofMillis(10),
                Duration.ofSeconds(1),
                Duration.ofMillis(200),
                10_000),
            LimitsTest.WIDE,
            Catalog.builtIn(),
            100,
            Duration.ofSeconds(2),
            1);
    Listeners listeners = new Listeners(List.of(log));
    Availability availability =
        new Availability(
            vertx,
            InstantSource.system(),
            () -> System.nanoTime() / 1_000_000,
            Duration.ofMillis(50));
    get(
        availability.open(
            new AvailabilitySettings(
                "llm",
                "lane",
                List.of(
                    new AvailabilitySettings.Backend("strict", "strict", 10, null),
                    new AvailabilitySettings.Backend("other", "other", 10, null)),
                new CircuitOptions(),
                10,
                Duration.ofDays(31),
                null),
            listeners));
    get(vertx.deployVerticle(new CoordinatorVerticle(settings, listeners, availability)));
  }

  private static List<String> trail(LlmRelay relay) throws Exception {
    ChatCompletion answer = get(relay.generate(ChatRequest.of(ChatMessage.user("Hi"))));
    return answer.trail().stream().map(RefusedKeyTest::line).toList();
  }

  private static String line(Attempt attempt) {
    String reason = attempt.reason() == null ? "" : " " + attempt.reason();
    return attempt.backend() + " " + attempt.result().name().toLowerCase(Locale.ROOT) + reason;
  }

  private static JsonObject health(LlmRelay relay) throws Exception {
    JsonObject health = get(relay.health());
    JsonObject strict = health.getJsonArray("backends").getJsonObject(0);
    return new JsonObject()
        .put("status", health.getString("status"))
        .put("available", strict.getBoolean("available"))
        .put("key", strict.getString("key"))
        .put("exhausted", strict.getJsonObject("exhausted"));
  }

  @Test
  void itStaysOutUntilAProbeSucceeds(Vertx vertx) throws Exception {
    AtomicInteger probes = new AtomicInteger();
    vertx
        .eventBus()
        .addOutboundInterceptor(
            message -> {
              if (message.message().address().equals("lane.provider.strict.probe")) {
                probes.incrementAndGet();
              }
              message.next();
            });
    Sandbox strict = sandbox(vertx, 0, "sk-theirs");
    Sandbox other = sandbox(vertx, 0, null);
    relay(vertx, strict, other);
    LlmRelay relay = LlmRelay.create(vertx);

    assertThat(trail(relay)).containsExactly("strict failed authentication", "other served");
    assertThat(trail(relay)).containsExactly("strict skipped exhausted", "other served");
    assertThat(health(relay))
        .isEqualTo(
            new JsonObject()
                .put("status", "degraded")
                .put("available", false)
                .put("key", "refused")
                .put("exhausted", new JsonObject().put("strict", -1)));
    assertThat(
            get(relay.plan(ChatRequest.of(ChatMessage.user("Hi")))).candidates().get(1).message())
        .isEqualTo("authentication, key refused");
    await().untilAtomic(probes, greaterThanOrEqualTo(3));
    assertThat(trail(relay)).first().isEqualTo("strict skipped exhausted");
    assertThat(strict.calls()).as("only probes went there").hasSize(1);

    int port = strict.port();
    get(strict.close());
    Sandbox changed = sandbox(vertx, port, "sk-ours");
    await().until(() -> told.contains("strict authentication 0"));
    assertThat(trail(relay)).containsExactly("strict served");
    assertThat(health(relay).getString("key")).isNull();
    assertThat(health(relay).getString("status")).isEqualTo("up");
    assertThat(told).containsExactly("strict authentication -1", "strict authentication 0");
    get(changed.close());
    get(other.close());
    get(relay.close());
  }
}
