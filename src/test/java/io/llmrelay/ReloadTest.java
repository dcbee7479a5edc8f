package io.llmrelay;

import static io.llmrelay.Relays.eventually;
import static io.llmrelay.Relays.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.llmrelay.chat.Attempt;
import io.llmrelay.chat.ChatMessage;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.config.ConfigException;
import io.llmrelay.config.GatewayOptions;
import io.llmrelay.config.RelayOptions;
import io.llmrelay.observe.RelayEvent;
import io.llmrelay.observe.RelayListener;
import io.llmrelay.sandbox.Scenario;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.MessageConsumer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Another configuration, and an end in good order, cut no answer off. */
class ReloadTest {
  @RegisterExtension static final Relays RELAYS = new Relays();

  private static final ChatRequest HELLO = ChatRequest.of(ChatMessage.user("Hi"));

  private final String one = Relays.unique("one");
  private final String two = Relays.unique("two");
  private final Hooks hooks = new Hooks();
  private RelayOptions options;
  private RelayVerticle relay;
  private String deployment;
  private LlmRelay client;

  @BeforeEach
  void deploy() {
    options = with(one).setLanes(2);
    options.getBus().setPrefix(Relays.unique("llm"));
    relay = new RelayVerticle(options).addListener(hooks);
    deployment = get(RELAYS.vertx().deployVerticle(relay));
    client = LlmRelay.create(RELAYS.vertx(), options.getBus());
  }

  @AfterEach
  void undeploy() {
    get(client.close());
    get(RELAYS.vertx().undeploy(deployment));
  }

  private static RelayOptions with(String backend) {
    return new RelayOptions().addBackend(backend, RELAYS.backend("openai", backend, "m"));
  }

  /** Other options of the same relay. */
  private RelayOptions next(RelayOptions next) {
    next.getBus().setPrefix(options.getBus().getPrefix());
    return next.setLanes(2);
  }

  private static Scenario slow() {
    return Scenario.of("model-every-50").text("a b c d e f g h i j k l m n o p").chunkSize(2);
  }

  private Seen begin() {
    return Seen.begin(client, HELLO, true, Future.future(never -> {}));
  }

  @Test
  void requestsThatRunEndAsTheyBegan() throws Exception {
    RELAYS.sandbox().script(one, slow());
    RELAYS.sandbox().script(two, Scenario.ok().text("two"));
    Seen running = begin();
    eventually(() -> assertThat(running.text()).startsWith("a "));

    JsonObject result = get(relay.reload(next(with(two))));
    assertThat(result)
        .isEqualTo(new JsonObject().put("status", "reloaded").put("restart", new JsonArray()));
    for (int i = 0; i < 6; i++) {
      assertThat(Seen.of(client, HELLO, i % 2 == 0).text()).isEqualTo("two");
    }
    assertThat(running.await().text()).isEqualTo("a b c d e f g h i j k l m n o p");
    assertThat(running.failure()).isNull();
    assertThat(RELAYS.calls(one)).isEqualTo(1);
    assertThat(get(client.health()).getJsonArray("backends").getJsonObject(0).getString("name"))
        .isEqualTo(two);
  }

  @Test
  void noRequestIsLostWhileItHappens() throws Exception {
    RELAYS.sandbox().script(one, Scenario.ok().text("some"));
    RELAYS.sandbox().script(two, Scenario.ok().text("some"));
    for (int i = 0; i < 10; i++) {
      Future<JsonObject> reloading = relay.reload(next(with(i % 2 == 0 ? two : one)));
      while (!reloading.isComplete()) {
        assertThat(Seen.of(client, HELLO, true).text()).isEqualTo("some");
      }
      get(reloading);
    }
  }

  @Test
  void wrongOptionsChangeNothing() throws Exception {
    RELAYS.sandbox().script(one, Scenario.ok().text("one"));
    RelayOptions wrong = next(with(two));
    wrong.setFallback(List.of("nobody"));
    assertThatThrownBy(() -> get(relay.reload(wrong)))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("fallback");
    assertThat(Seen.of(client, HELLO, true).text()).isEqualTo("one");
  }

  @Test
  void saysWhatTakesARestart() {
    RelayOptions other = with(two).setLanes(3).setGateway(new GatewayOptions());
    other.getBus().setPrefix("elsewhere");
    assertThat(get(relay.reload(other)).getJsonArray("restart"))
        .containsExactlyInAnyOrder("bus", "lanes", "gateway");
    assertThat(get(client.health()).getString("status")).isEqualTo("up");
  }

  @Test
  void whatTakesARestartIsNamedUntilThere() {
    RelayOptions off = next(with(two)).setLanes(3);
    get(relay.reload(off));
    assertThat(get(relay.reload(off)).getJsonArray("restart")).containsExactly("lanes");
    assertThat(get(relay.reload(next(with(two)))).getJsonArray("restart")).isEmpty();
  }

  @Test
  void aGatewayThatIsLeftOutIsOnlyMissed() {
    GatewayOptions gateway = new GatewayOptions().setPort(0);
    RelayOptions own = with(one).setGateway(gateway);
    own.getBus().setPrefix(Relays.unique("llm"));
    RelayVerticle another = new RelayVerticle(own);
    String id = get(RELAYS.vertx().deployVerticle(another));

    RelayOptions without = new RelayOptions(own).setGateway(null);
    assertThat(get(another.reload(without)).getJsonArray("restart")).containsExactly("gateway");
    assertThat(get(another.reload(own)).getJsonArray("restart")).isEmpty();

    RelayOptions elsewhere = new RelayOptions(own).setGateway(new GatewayOptions().setPort(1));
    for (int i = 0; i < 2; i++) {
      assertThat(get(another.reload(elsewhere)).getJsonArray("restart"))
          .containsExactly("gateway.port");
    }
    get(RELAYS.vertx().undeploy(id));
  }

  @Test
  void whatIsKnownOfABackendHoldsUnlessItIsAnotherNow() throws Exception {
    RelayOptions both = next(with(one));
    both.addBackend(two, RELAYS.backend("openai", two, "m"));
    RELAYS.sandbox().script(one, Scenario.of("429-retry-after-600"));
    RELAYS.sandbox().script(two, Scenario.ok().text("two"));
    get(relay.reload(both));
    assertThat(Seen.of(client, HELLO, true).text()).isEqualTo("two");
    eventually(() -> assertThat(available(one)).isFalse());

    get(relay.reload(both));
    assertThat(available(one)).as("the same backend").isFalse();

    both.getBackends().get(one).setApiKey("sk-another-0123456789");
    get(relay.reload(both));
    assertThat(available(one)).as("another key").isTrue();
  }

  @Test
  void anOpenCircuitIsNewsOnce() throws Exception {
    RelayOptions flaky = next(with(one));
    flaky.getCircuit().setMaxFailures(1);
    RELAYS.sandbox().script(one, Scenario.of("500"));
    List<String> news = new CopyOnWriteArrayList<>();
    String address = options.getBus().getPrefix() + ".announce";
    MessageConsumer<JsonObject> listening =
        RELAYS
            .vertx()
            .eventBus()
            .consumer(
                address,
                message ->
                    message.body().getJsonArray("news").stream()
                        .map(each -> ((JsonObject) each).getString("circuit"))
                        .filter(Objects::nonNull)
                        .forEach(news::add));
    get(relay.reload(flaky));
    Seen.of(client, HELLO, true);
    eventually(() -> assertThat(openEverywhere(one)).isTrue());

    get(relay.reload(flaky));
    assertThat(openEverywhere(one)).isTrue();
    JsonArray last = JsonArray.of(new JsonObject().put("circuit", "the last"));
    RELAYS.vertx().eventBus().publish(address, new JsonObject().put("news", last));
    eventually(() -> assertThat(news).endsWith("the last"));
    assertThat(news).containsExactly("open", "the last");
    get(listening.unregister());

    String opened = "onCircuitStateChange " + one + ": closed > open";
    assertThat(hooks.ofBackends()).as("once for all lanes").containsExactly(opened);
    hooks.clear();
    flaky.getBackends().get(one).setApiKey("sk-another-0123456789");
    get(relay.reload(flaky));
    String closed = "onCircuitStateChange " + one + ": open > closed";
    assertThat(hooks.ofBackends()).as("it is another backend").containsExactly(closed);
    assertThat(openEverywhere(one)).isFalse();
  }

  @Test
  void whatIsLearntWithAKeyOfBeforeIsNotHeldAgainstTheNewOne() throws Exception {
    RelayOptions both = next(with(two));
    both.addBackend(one, RELAYS.backend("openai", one, "m"));
    RELAYS.sandbox().script(two, Scenario.of("503-first-1000"));
    RELAYS.sandbox().script(one, Scenario.of("401"));
    get(relay.reload(both));
    List<JsonObject> news = new CopyOnWriteArrayList<>();
    String address = options.getBus().getPrefix() + ".announce";
    MessageConsumer<JsonObject> listening =
        RELAYS.vertx().eventBus().consumer(address, message -> news.add(message.body()));
    Seen running = begin();
    eventually(() -> assertThat(RELAYS.calls(two)).isEqualTo(1));

    both.getBackends().get(one).setApiKey("sk-another-0123456789");
    get(relay.reload(both));
    assertThat(running.await().trail())
        .extracting(Attempt::reason)
        .containsExactly("overloaded", "authentication");

    JsonObject last = new JsonObject().put("candidate", "the last");
    RELAYS.vertx().eventBus().publish(address, last);
    eventually(() -> assertThat(news).contains(last));
    assertThat(news).extracting(each -> each.getString("candidate")).doesNotContain(one);
    assertThat(available(one)).isTrue();
    get(listening.unregister());
  }

  @Test
  void theAvailabilityIsConfiguredOnItsOwnContext() throws Exception {
    List<Context> told = new CopyOnWriteArrayList<>();
    AtomicReference<Context> own = new AtomicReference<>();
    RelayOptions flaky = with(one).setLanes(4);
    flaky.getBus().setPrefix(Relays.unique("llm"));
    flaky.getCircuit().setMaxFailures(1);
    RelayVerticle another =
        new RelayVerticle(flaky) {
          @Override
          public Future<?> start() {
            own.set(context);
            return super.start();
          }
        };
    another.addListener(
        new RelayListener() {
          @Override
          public void onCircuitStateChange(RelayEvent.CircuitStateChange event) {
            if (event.to() == RelayEvent.CircuitState.CLOSED) {
              told.add(Vertx.currentContext());
            }
          }
        });
    String id = get(RELAYS.vertx().deployVerticle(another));
    LlmRelay other = LlmRelay.create(RELAYS.vertx(), flaky.getBus());
    RELAYS.sandbox().script(one, Scenario.of("500"));
    for (int i = 0; i < 5; i++) {
      Seen.of(other, HELLO, true);
      flaky.getBackends().get(one).setApiKey("sk-another-0123456789-" + i);
      get(another.reload(flaky));
    }
    assertThat(told).hasSize(5).containsOnly(own.get());
    get(other.close());
    get(RELAYS.vertx().undeploy(id));
  }

  @Test
  void aKeyThatWasRefusedBeforeTheStartIsProbedAtOnce(@TempDir Path folder) throws Exception {
    RELAYS.sandbox().script(one, Scenario.ok().text("one"));
    JsonObject refused =
        new JsonObject().put(one, new JsonObject().put("reason", "authentication"));
    Path file = folder.resolve("state.json");
    Files.writeString(file, new JsonObject().put("version", 1).put("exhausted", refused).encode());
    RelayOptions keyMended = with(one).setStateFile(file.toString());
    Relays.Relay restarted = RELAYS.deploy(keyMended);
    await()
        .atMost(Duration.ofSeconds(10))
        .untilAsserted(() -> assertThat(restarted.health(one).getBoolean("available")).isTrue());
  }

  /** The lanes answer in turn. */
  private boolean openEverywhere(String backend) {
    return Stream.generate(() -> get(client.health()))
        .limit(4)
        .map(health -> health.getJsonArray("backends").getJsonObject(0))
        .allMatch(each -> each.getJsonObject("circuit").getString(backend, "").equals("open"));
  }

  private boolean available(String backend) {
    return get(client.health()).getJsonArray("backends").stream()
        .map(JsonObject.class::cast)
        .filter(each -> each.getString("name").equals(backend))
        .allMatch(each -> each.getJsonObject("exhausted").isEmpty());
  }

  @Test
  void drainsWhatASlowConsumerHasNotRead() throws Exception {
    RELAYS.sandbox().script(one, Scenario.of("model-every-100-chunks-11"));
    RelayOptions small = with(one);
    small.getBus().setPrefix(Relays.unique("llm")).setWindow(8);
    Relays.Relay slow = RELAYS.deployHere(small);
    LlmStream stream = get(slow.client().stream(HELLO));
    stream.pause();
    StringBuilder text = new StringBuilder();
    Promise<Void> over = Promise.promise();
    stream.exceptionHandler(over::tryFail).endHandler(over::complete);
    stream.handler(piece -> text.append(piece));

    // A window of it is on the way, and the rest waits at the backend.
    Future<Void> drained = slow.verticle().drain();
    await().during(Duration.ofMillis(300)).until(() -> !drained.isComplete());
    stream.resume();
    get(over.future());
    assertThat(text.toString().split(" ")).hasSize(11);
    get(drained);
    get(slow.client().close());
    RELAYS.undeploy(slow);
  }

  @Test
  void drainsBeforeItEnds() throws Exception {
    RELAYS.sandbox().script(one, slow());
    Seen running = begin();
    eventually(() -> assertThat(running.text()).startsWith("a "));

    Future<Void> drained = relay.drain();
    eventually(
        () -> {
          Seen late = Seen.of(client, HELLO, true);
          assertThat(late.failure()).isNotNull();
          assertThat(late.failure().kind()).isEqualTo(FailureKind.UNAVAILABLE);
          assertThat(late.failure().message())
              .isEqualTo("no handler is registered at this address of the event bus");
        });
    assertThat(drained.isComplete()).isFalse();

    assertThat(running.await().text()).isEqualTo("a b c d e f g h i j k l m n o p");
    get(drained);
  }
}
