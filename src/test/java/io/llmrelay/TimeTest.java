package io.llmrelay;

import static io.llmrelay.Relays.eventually;
import static io.llmrelay.Relays.unique;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.Relays.Relay;
import io.llmrelay.chat.ChatMessage;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.LlmException;
import io.llmrelay.chat.Timeouts;
import io.llmrelay.config.ModelOptions;
import io.llmrelay.config.RelayOptions;
import io.llmrelay.config.RetryOptions;
import io.llmrelay.sandbox.Scenario;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the timers cost, and when they rest, through the front door. */
class TimeTest {
  private static final ChatRequest REQUEST = ChatRequest.of(ChatMessage.user("Hello"));
  private static final String LARGE = "twenty thousand char".repeat(1_000);
  private static final Scenario OK = Scenario.ok().text("one two three four");

  @RegisterExtension static final Relays RELAYS = new Relays();

  private String primary;
  private String secondary;

  @BeforeEach
  void names() {
    primary = unique("primary");
    secondary = unique("secondary");
    RELAYS.sandbox().script(primary, OK).script(secondary, OK);
  }

  private RelayOptions options() {
    return new RelayOptions()
        .addBackend("primary", RELAYS.backend("openai", primary, "alpha"))
        .addBackend("secondary", RELAYS.backend("openai", secondary, "beta"));
  }

  private static ChatRequest with(String timer, Duration limit) {
    JsonObject timeouts = new JsonObject().put(timer, limit.toMillis() + "ms");
    JsonObject relay = new JsonObject().put("timeouts", timeouts);
    return ChatRequest.fromJson(REQUEST.toJson().put("relay", relay));
  }

  /** More than all that may be on its way to a consumer that does not read. */
  private static Scenario large(Scenario scenario) {
    return scenario.text(LARGE).chunkSize(LARGE.length()).chunks(400);
  }

  private static ModelOptions reasoning(String model) {
    List<String> can = List.of("streaming", "reasoning");
    return new ModelOptions(model, "primary", null, null, null, can, null, null, null);
  }

  /**
   * The defaults themselves: a chat model is left after 10 s, one that is known to think is not.
   * Both wait at the same time.
   */
  @Test
  void aModelThatThinksIsNotLeftWhereAChatModelIs() throws Exception {
    RelayOptions options = options().setCatalog(List.of(reasoning("thinks")));
    options.getBackends().get("primary").setModels(List.of("alpha", "thinks"));
    Relay relay = RELAYS.deploy(options);
    RELAYS.sandbox().script(primary, Scenario.of("model-first-13000").text("at last"));

    Future<?> never = Future.future(p -> {});
    Seen thinks = Seen.begin(relay.client(), REQUEST.withModel("thinks"), true, never);
    Seen chat = Seen.begin(relay.client(), REQUEST.withModel("alpha"), true, never);

    assertThat(chat.await().backend()).isEqualTo("secondary");
    assertThat(chat.trail().get(0).message()).matches("no first chunk within 1\\d{4} ms");
    assertThat(chat.trail().get(0).durationMs()).isGreaterThanOrEqualTo(10_000L);
    assertThat(thinks.await().backend()).isEqualTo("primary");
    assertThat(thinks.text()).isEqualTo("at last");
  }

  @Test
  void aConfiguredFirstChunkHoldsForAModelThatThinksToo() throws Exception {
    RelayOptions options = options().setCatalog(List.of(reasoning("alpha")));
    options.setTimeouts(new Timeouts(null, null, ofSeconds(1), null, null));
    Relay relay = RELAYS.deploy(options);
    RELAYS.sandbox().script(primary, Scenario.of("stall-after-role"));

    Seen seen = Seen.of(relay.client(), REQUEST, true);

    assertThat(seen.backend()).isEqualTo("secondary");
    assertThat(seen.trail().get(0).durationMs()).isBetween(1_000L, 8_000L);
  }

  @Test
  void aRequestsFirstChunkHoldsForAModelThatThinksToo() throws Exception {
    Relay relay = RELAYS.deploy(options().setCatalog(List.of(reasoning("alpha"))));
    RELAYS.sandbox().script(primary, Scenario.of("stall"));

    Seen seen = Seen.of(relay.client(), with("first-chunk", ofSeconds(1)), false);

    assertThat(seen.backend()).isEqualTo("secondary");
    assertThat(seen.trail().get(0).durationMs()).isBetween(1_000L, 8_000L);
  }

  /** Also where retries are allowed. */
  @ParameterizedTest
  @ValueSource(strings = {"stall", "stall-after-head", "stall-after-role", "comments", "pings"})
  void aSilentBackendCostsItsLimitOnce(String silence) throws Exception {
    Relay relay = RELAYS.deploy(options().setRetries(new RetryOptions().setMax(3)));
    RELAYS.sandbox().script(primary, Scenario.of(silence));

    Seen seen = Seen.of(relay.client(), with("first-chunk", ofSeconds(1)), true);

    assertThat(seen.backend()).isEqualTo("secondary");
    assertThat(RELAYS.calls(primary)).isEqualTo(1);
    assertThat(seen.trail()).hasSize(2);
    assertThat(seen.trail().get(1).startMs()).isBetween(1_000L, 8_000L);
  }

  /** The backend is paused with the consumer; the limit begins when the consumer reads again. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void theStallTimerRestsWhileTheConsumerDoes(boolean andThenTheBackendStalls) throws Exception {
    Relay relay = RELAYS.deploy(options());
    Scenario scenario = Scenario.of(andThenTheBackendStalls ? "stall-after-300" : "model");
    RELAYS.sandbox().script(primary, large(scenario));
    ChatRequest request = with("stall", ofSeconds(1));
    LlmStream stream = Relays.get(relay.client().stream(request));
    Consumer consumer = new Consumer(stream);
    consumer.pauseAfterTheFirstChunk();
    eventually(() -> assertThat(consumer.paused()).isTrue());
    // Three times the limit, in which nothing may happen.
    Relays.get(RELAYS.vertx().timer(3_000));
    assertThat(consumer.failure()).isNull();
    assertThat(relay.health().getInteger("requests")).isEqualTo(1);

    consumer.resume();

    eventually(() -> assertThat(consumer.over()).isTrue());
    if (andThenTheBackendStalls) {
      assertThat(consumer.failure().kind()).isEqualTo(FailureKind.TIMEOUT);
      assertThat(consumer.text()).isEqualTo(LARGE.repeat(300));
    } else {
      assertThat(consumer.failure()).isNull();
      assertThat(consumer.text()).isEqualTo(LARGE.repeat(400));
    }
  }

  /** One budget for everything, a consumer that does not read included. */
  @Test
  void theWholeBudgetGoesOn() throws Exception {
    Relay relay = RELAYS.deploy(options());
    RELAYS.sandbox().script(primary, large(Scenario.ok()));
    LlmStream stream = Relays.get(relay.client().stream(with("total", ofSeconds(2))));
    Consumer consumer = new Consumer(stream);
    consumer.pauseAfterTheFirstChunk();
    eventually(() -> assertThat(relay.health().getInteger("requests")).isZero());
    eventually(() -> assertThat(RELAYS.sandbox().calls(primary).get(0).endedAt()).isNotNull());
    consumer.resume();
    eventually(() -> assertThat(consumer.over()).isTrue());
    assertThat(consumer.failure().kind()).isEqualTo(FailureKind.TIMEOUT);
  }

  /** Reads one chunk and then no more until it is told to. */
  private static final class Consumer {
    private final LlmStream stream;

    /** Filled on the event loop, read by the test. */
    private final Queue<String> text = new ConcurrentLinkedQueue<>();

    private volatile boolean paused;
    private volatile boolean over;
    private volatile Failure failure;

    Consumer(LlmStream stream) {
      this.stream = stream;
    }

    void pauseAfterTheFirstChunk() {
      stream
          .exceptionHandler(
              error -> {
                failure = LlmException.failureOf(error);
                over = true;
              })
          .endHandler(end -> over = true)
          .handler(
              chunk -> {
                if (text.isEmpty()) {
                  stream.pause();
                  paused = true;
                }
                text.add(chunk.toString());
              });
    }

    void resume() {
      stream.resume();
    }

    boolean paused() {
      return paused;
    }

    boolean over() {
      return over;
    }

    Failure failure() {
      return failure;
    }

    String text() {
      return String.join("", text);
    }
  }
}
