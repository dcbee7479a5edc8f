package io.llmrelay.failover;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llmrelay.availability.Availability;
import io.llmrelay.availability.AvailabilitySettings;
import io.llmrelay.bus.BusClient;
import io.llmrelay.bus.BusEndpoint;
import io.llmrelay.bus.BusService;
import io.llmrelay.bus.FrameCodec;
import io.llmrelay.bus.Producer;
import io.llmrelay.bus.TestSettings;
import io.llmrelay.catalog.Catalog;
import io.llmrelay.chat.AnswerCollector;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.ChatService;
import io.llmrelay.chat.CommitPoint;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.RelayHints;
import io.llmrelay.chat.Timeouts;
import io.llmrelay.config.BudgetOptions;
import io.llmrelay.config.CircuitOptions;
import io.llmrelay.observe.RelayEvent;
import io.llmrelay.observe.RelayListener;
import io.llmrelay.observe.impl.Listeners;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.junit5.VertxExtension;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Whatever is thrown within a request that was accepted, its consumer is told. What throws here is
 * the clock, once it is broken, when the budget of the backend {@code b} asks it for the time.
 */
@ExtendWith(VertxExtension.class)
class BrokenRunTest {
  private final List<String> events = new CopyOnWriteArrayList<>();
  private final List<Producer> attempts = new CopyOnWriteArrayList<>();
  private volatile boolean broken;
  private Vertx vertx;
  private BusEndpoint endpoint;
  private CoordinatorVerticle coordinator;

  private Instant now() {
    if (broken) {
      throw new IllegalStateException("the clock is broken");
    }
    return Instant.now();
  }

  @BeforeEach
  void deploy(Vertx vertx) throws Exception {
    this.vertx = vertx;
    Duration minute = Duration.ofMinutes(1);
    CoordinatorSettings settings =
        new CoordinatorSettings(
            "llm",
            "lane",
            "lane",
            TestSettings.DEFAULT,
            List.of(backend("a"), backend("b")),
            List.of(),
            Map.of(),
            RelayHints.Prefer.ORDER,
            List.of(),
            new RunSettings(
                CommitPoint.FIRST_CHUNK,
                new Timeouts(minute, null, Duration.ofMillis(200), minute, minute),
                0,
                Duration.ofMillis(10),
                Duration.ofSeconds(1),
                minute,
                10_000),
            LimitsTest.WIDE,
            Catalog.builtIn(),
            100,
            Duration.ofSeconds(2),
            1);
    InstantSource clock = this::now;
    Listeners listeners = new Listeners(List.of(log()));
    Availability availability =
        new Availability(vertx, clock, System::currentTimeMillis, Duration.ofSeconds(30));
    get(availability.open(availability(), listeners));
    coordinator = new CoordinatorVerticle(settings, listeners, availability, clock);
    get(vertx.deployVerticle(coordinator));
    endpoint = get(BusEndpoint.open(vertx, "test", TestSettings.DEFAULT));
    silent("a");
    silent("b");
  }

  private static AvailabilitySettings availability() {
    return new AvailabilitySettings(
        "llm",
        "lane",
        List.of(
            new AvailabilitySettings.Backend("a", "a", 10, null),
            new AvailabilitySettings.Backend(
                "b", "b", 1, new BudgetOptions().setRequestsPerDay(1_000L))),
        new CircuitOptions(),
        10,
        Duration.ofDays(31),
        null);
  }

  private static Backend backend(String name) {
    return new Backend(name, null, "test", List.of("m" + name), "m" + name, request -> null);
  }

  private RelayListener log() {
    return new RelayListener() {
      @Override
      public void onRequestStart(RelayEvent.RequestStart event) {
        events.add("start");
      }

      @Override
      public void onRequestEnd(RelayEvent.RequestEnd event) {
        events.add("end " + event.failure().kind().code());
      }
    };
  }

  private static <T> T get(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
  }

  /** A provider that accepts and says nothing. */
  private void silent(String backend) throws Exception {
    ChatService service =
        (request, sink) -> {
          Producer attempt =
              new Producer(request, sink) {
                @Override
                public void cancel(String reason) {
                  BrokenRunTest.this.events.add("cancelled");
                }
              };
          attempts.add(attempt);
          return attempt;
        };
    Promise<BusService> registered = Promise.promise();
    endpoint
        .context()
        .runOnContext(
            v ->
                BusService.register(endpoint, "lane.provider." + backend, service, false)
                    .onComplete(registered));
    get(registered.future());
  }

  private static JsonObject request(String model) {
    return new JsonObject()
        .put("model", model)
        .put(
            "messages",
            new JsonArray().add(new JsonObject().put("role", "user").put("content", "Hi")));
  }

  private List<Failure> stream(String model) {
    return stream(request(model));
  }

  private List<Failure> stream(JsonObject request) {
    List<Failure> failures = new CopyOnWriteArrayList<>();
    endpoint
        .context()
        .runOnContext(
            v ->
                new BusClient(endpoint, "llm.stream")
                    .open(
                        ChatRequest.fromJson(request),
                        new AnswerCollector(answer -> {}, failures::add)));
    return failures;
  }

  private void endsAsInternal(List<Failure> failures) {
    await().untilAsserted(() -> assertThat(failures).hasSize(1));
    assertThat(failures.get(0).kind()).isEqualTo(FailureKind.INTERNAL);
    assertThat(failures.get(0).message()).doesNotContain("clock");
    await().untilAsserted(() -> assertThat(events).contains("start", "end internal"));
    assertThat(events.stream().filter(event -> event.startsWith("end"))).hasSize(1);
    broken = false;
    await()
        .untilAsserted(
            () ->
                assertThat(
                        get(vertx.eventBus().<JsonObject>request("llm.health", new JsonObject()))
                            .body()
                            .getInteger("requests"))
                    .isZero());
    await().untilAsserted(() -> assertThat(endpoint.openStreams()).isZero());
  }

  @Test
  void atItsStart() {
    broken = true;
    endsAsInternal(stream("mb"));
  }

  @Test
  void whenATimerFires() {
    List<Failure> failures = stream("ma");
    await().until(() -> !attempts.isEmpty());
    broken = true;
    endsAsInternal(failures);
    assertThat(events).contains("cancelled");
  }

  @Test
  void whenAnAttemptFails() {
    List<Failure> failures = stream("ma");
    await().until(() -> !attempts.isEmpty());
    broken = true;
    endpoint
        .context()
        .runOnContext(
            v -> attempts.get(0).fail(Failure.of(FailureKind.SERVER_ERROR, "it said so")));
    endsAsInternal(failures);
  }

  @Test
  void whenItGetsTheSlotThatItWaitedFor() throws Exception {
    JsonObject patient =
        request("mb")
            .put(
                "relay",
                new JsonObject()
                    .put("candidates", new JsonArray().add("b"))
                    .put("timeouts", new JsonObject().put("first-chunk", "20s")));
    List<Failure> first = stream(patient);
    await().until(() -> attempts.size() == 1);
    List<Failure> waits = stream(patient);
    await().until(() -> connections("b").getInteger("waiting") == 1);
    broken = true;
    endpoint
        .context()
        .runOnContext(
            v -> attempts.get(0).fail(Failure.of(FailureKind.SERVER_ERROR, "it said so")));
    await().untilAsserted(() -> assertThat(waits).hasSize(1));
    assertThat(waits.get(0).kind()).isEqualTo(FailureKind.INTERNAL);
    await().untilAsserted(() -> assertThat(first).hasSize(1));
    broken = false;
    assertThat(connections("b").getInteger("in_use")).as("given back once each").isZero();
    assertThat(connections("b").getInteger("waiting")).isZero();
  }

  private JsonObject connections(String backend) throws Exception {
    return get(vertx.eventBus().<JsonObject>request("llm.health", new JsonObject()))
        .body()
        .getJsonArray("backends")
        .stream()
        .map(JsonObject.class::cast)
        .filter(each -> each.getString("name").equals(backend))
        .map(each -> each.getJsonObject("connections"))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void ofAWholeAnswer() throws Exception {
    broken = true;
    List<Failure> failures = new ArrayList<>();
    get(
        vertx
            .eventBus()
            .request("llm.generate", request("mb"))
            .otherwise(
                e -> {
                  failures.add(FrameCodec.refusal(e));
                  return null;
                }));
    endsAsInternal(failures);
  }
}
