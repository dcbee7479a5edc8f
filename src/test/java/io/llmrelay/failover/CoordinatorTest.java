package io.llmrelay.failover;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.availability.Availability;
import io.llmrelay.availability.AvailabilitySettings;
import io.llmrelay.bus.BusEndpoint;
import io.llmrelay.bus.BusSettings;
import io.llmrelay.bus.FrameCodec;
import io.llmrelay.bus.Producer;
import io.llmrelay.bus.TestSettings;
import io.llmrelay.catalog.Catalog;
import io.llmrelay.chat.BlockKind;
import io.llmrelay.chat.CommitPoint;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.RelayHints;
import io.llmrelay.chat.Timeouts;
import io.llmrelay.config.CircuitOptions;
import io.llmrelay.observe.RelayEvent;
import io.llmrelay.observe.RelayListener;
import io.llmrelay.observe.impl.Listeners;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.EventBus;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.junit5.VertxExtension;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The edge of the machine: a coordinator on a real event bus, with providers made of frames. */
@ExtendWith(VertxExtension.class)
class CoordinatorTest {
  private static final BusSettings BUS =
      TestSettings.of(4, Duration.ofMillis(200), Duration.ofSeconds(20));

  private final List<String> events = new CopyOnWriteArrayList<>();
  private final List<String> asked = new CopyOnWriteArrayList<>();
  private Vertx vertx;

  @BeforeEach
  void deploy(Vertx vertx) throws Exception {
    this.vertx = vertx;
    List<Backend> backends = List.of(backend("a", "m", "n"), backend("b", "m"), backend("c", "m"));
    RunSettings run =
        new RunSettings(
            CommitPoint.FIRST_CHUNK,
            new Timeouts(
                Duration.ofSeconds(20),
                Duration.ofSeconds(20),
                Duration.ofSeconds(20),
                Duration.ofSeconds(20),
                Duration.ofSeconds(60)),
            0,
            Duration.ofMillis(10),
            Duration.ofSeconds(1),
            Duration.ofMillis(200),
            10_000);
    CoordinatorSettings settings =
        new CoordinatorSettings(
            "llm",
            "lane",
            "lane",
            BUS,
            backends,
            List.of("a", "b", "c"),
            Map.of("both", Alias.of(List.of("a/m", "a/n", "b/m"))),
            RelayHints.Prefer.ORDER,
            List.of(),
            run,
            LimitsTest.WIDE,
            Catalog.builtIn(),
            100,
            Duration.ofSeconds(2),
            1);
    Listeners listeners = new Listeners(List.of(log()));
    Availability availability = new Availability(vertx);
    await(availability.open(availability(), listeners));
    await(vertx.deployVerticle(new CoordinatorVerticle(settings, listeners, availability)));
  }

  private static AvailabilitySettings availability() {
    return new AvailabilitySettings(
        "llm",
        "lane",
        Stream.of("a", "b", "c")
            .map(name -> new AvailabilitySettings.Backend(name, name, 10, null))
            .toList(),
        new CircuitOptions().setMaxFailures(1),
        10,
        Duration.ofDays(31),
        null);
  }

  private static Backend backend(String name, String... models) {
    return new Backend(name, null, "test", List.of(models), models[0], request -> null);
  }

  private RelayListener log() {
    return new RelayListener() {
      @Override
      public void onAttemptEnd(RelayEvent.AttemptEnd event) {
        events.add("attempt " + event.attempt().backend() + " " + event.attempt().result());
      }

      @Override
      public void onRequestEnd(RelayEvent.RequestEnd event) {
        events.add("end " + (event.failure() == null ? "well" : event.failure().kind().code()));
      }

      @Override
      public void onCircuitStateChange(RelayEvent.CircuitStateChange event) {
        events.add("circuit " + event.circuit() + " " + event.to().code());
      }

      @Override
      public void onExhausted(RelayEvent.Exhausted event) {
        events.add("exhausted " + event.candidate());
      }
    };
  }

  private static <T> T await(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
  }

  /** A provider that does the same with every attempt. */
  private void provider(String name, Consumer<Producer> behaviour) throws Exception {
    await(
        vertx.deployVerticle(
            new VerticleBase() {
              @Override
              public Future<?> start() {
                return BusEndpoint.open(vertx, "test." + name, BUS)
                    .compose(
                        endpoint ->
                            Producer.serve(
                                endpoint,
                                "lane.provider." + name,
                                producer -> {
                                  asked.add(name + "/" + producer.request.model());
                                  behaviour.accept(producer);
                                }));
              }
            }));
  }

  private static Consumer<Producer> failing(FailureKind kind) {
    return stream -> stream.fail(Failure.of(kind, "it said so"));
  }

  private static void answer(Producer stream) {
    stream.open();
    stream.chunk(BlockKind.TEXT, Buffer.buffer("Hello"));
    stream.end();
  }

  private static JsonObject request(String model) {
    return new JsonObject()
        .put("model", model)
        .put(
            "messages",
            new JsonArray().add(new JsonObject().put("role", "user").put("content", "Hi")));
  }

  private JsonObject generate(String model) throws Exception {
    return await(vertx.eventBus().<JsonObject>request("llm.generate", request(model))).body();
  }

  private JsonObject failure(String model) throws Exception {
    return await(
        vertx
            .eventBus()
            .request("llm.generate", request(model))
            .<JsonObject>map(reply -> new JsonObject().put("kind", "none"))
            .recover(e -> Future.succeededFuture(FrameCodec.refusal(e).toJson())));
  }

  private List<String> trail(JsonObject answer) {
    List<String> trail = new ArrayList<>();
    for (Object entry : answer.getJsonArray("trail")) {
      JsonObject attempt = (JsonObject) entry;
      trail.add(
          attempt.getString("backend")
              + "/"
              + attempt.getString("model")
              + " "
              + attempt.getString("reason", attempt.getString("result")));
    }
    return trail;
  }

  @Test
  void blamesTheBackendThatFailedAndNoOther() throws Exception {
    provider("a", failing(FailureKind.SERVER_ERROR));
    provider("b", CoordinatorTest::answer);
    assertThat(trail(generate("m"))).containsExactly("a/m server_error", "b/m served");
    happened("circuit a open", "attempt a FAILED", "attempt b SERVED", "end well");
    assertThat(trail(generate("m"))).containsExactly("a/m circuit_open", "b/m served");
  }

  @Test
  void learnsFromAFailureBeforeItAsksForTheNextCandidate() throws Exception {
    provider("a", failing(FailureKind.QUOTA_EXHAUSTED));
    provider("b", CoordinatorTest::answer);
    assertThat(trail(generate("both")))
        .containsExactly("a/m quota_exhausted", "a/n exhausted", "b/m served");
    assertThat(asked).containsExactly("a/m", "b/m");
    happened("exhausted a", "attempt a FAILED", "attempt b SERVED", "end well");
  }

  /** The caller has its answer a moment before the hooks are told. */
  private void happened(String... these) {
    Awaitility.await().untilAsserted(() -> assertThat(events).containsExactly(these));
  }

  /** However small the pieces are, what is held is no more than their text. */
  @Test
  void holdsTextTogetherAndInOrder() throws Exception {
    provider(
        "a",
        stream -> {
          stream.open();
          for (BlockKind kind : List.of(BlockKind.REASONING, BlockKind.TEXT, BlockKind.REASONING)) {
            for (int i = 0; i < 50; i++) {
              stream.chunk(kind, Buffer.buffer("ß"));
            }
          }
          stream.end();
        });
    List<String> frames = new CopyOnWriteArrayList<>();
    await(
        vertx
            .eventBus()
            .consumer(
                "consumer",
                message -> {
                  String frame = message.headers().get("frame");
                  if (frame.equals("ping")) {
                    message.reply(null);
                  } else if (message.body() instanceof Buffer text) {
                    frames.add(message.headers().get("kind") + " " + text.length());
                  } else {
                    frames.add(frame);
                  }
                })
            .completion());
    DeliveryOptions options =
        new DeliveryOptions()
            .addHeader("stream", "1")
            .addHeader("peer", "consumer")
            .addHeader("window", "4");
    await(vertx.eventBus().request("llm.generate", request("m"), options));
    Awaitility.await().untilAsserted(() -> assertThat(frames).endsWith("end"));
    assertThat(frames).containsExactly("open", "reasoning 100", "null 100", "reasoning 100", "end");
  }

  /** A provider verticle of somebody else may end its stream with anything. */
  @Test
  void anEndThatSaysNothingIsAFailureOfTheBackend() throws Exception {
    stranger("a", new JsonObject().put("finish_reason", "tired"));
    stranger("b", new JsonObject());
    provider("c", CoordinatorTest::answer);
    assertThat(trail(generate("m")))
        .containsExactly("a/m empty_answer", "b/m network", "c/m served");
  }

  private void stranger(String name, JsonObject end) throws Exception {
    EventBus bus = vertx.eventBus();
    String address = "stranger." + name;
    await(bus.consumer(address, frame -> frame.reply(null)).completion());
    await(
        bus.consumer(
                "lane.provider." + name,
                request -> {
                  request.reply(null, new DeliveryOptions().addHeader("peer", address));
                  bus.send(
                      request.headers().get("peer"),
                      end,
                      new DeliveryOptions()
                          .addHeader("frame", "end")
                          .addHeader("stream", request.headers().get("stream"))
                          .addHeader("seq", "0"));
                })
            .completion());
  }

  @ParameterizedTest
  @ValueSource(strings = {"first-chunk", "8"})
  void aConsumerThatVanishesEndsItsRunAndNothingElse(String commit) throws Exception {
    List<String> logged = new CopyOnWriteArrayList<>();
    Handler handler = logTo(logged);
    Logger logger = Logger.getLogger("io.llmrelay");
    logger.addHandler(handler);
    try {
      provider(
          "a",
          stream -> {
            stream.open();
            stream.chunk(BlockKind.TEXT, Buffer.buffer("Hello"));
            stream.chunk(BlockKind.TEXT, Buffer.buffer("World"));
          });
      Object point = commit.equals("8") ? (Object) 8 : commit;
      JsonObject request = request("m").put("relay", new JsonObject().put("commit", point));
      DeliveryOptions nobody =
          new DeliveryOptions()
              .addHeader("stream", "1")
              .addHeader("peer", "nobody.is.here")
              .addHeader("window", "4");
      await(vertx.eventBus().request("llm.stream", request, nobody));
      Awaitility.await().untilAsserted(() -> assertThat(events).contains("end cancelled"));
      assertThat(events).containsExactly("attempt a CANCELLED", "end cancelled");
      JsonObject health =
          await(vertx.eventBus().<JsonObject>request("llm.health", new JsonObject())).body();
      assertThat(health.getInteger("requests")).isZero();
      assertThat(health.getString("status")).isEqualTo("up");
    } finally {
      logger.removeHandler(handler);
    }
    assertThat(logged).isEmpty();
  }

  private static Handler logTo(List<String> messages) {
    return new Handler() {
      @Override
      public void publish(LogRecord line) {
        messages.add(line.getMessage() + " " + line.getThrown());
      }

      @Override
      public void flush() {}

      @Override
      public void close() {}
    };
  }

  @Test
  void saysWhenNobodyServesABackend() throws Exception {
    JsonObject failure = failure("m");
    assertThat(failure.getString("kind")).isEqualTo("unavailable");
    assertThat(trail(failure))
        .containsExactly("a/m unavailable", "b/m unavailable", "c/m unavailable");
  }
}
