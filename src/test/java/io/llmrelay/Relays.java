package io.llmrelay;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llmrelay.config.BackendOptions;
import io.llmrelay.config.RelayOptions;
import io.llmrelay.observe.RelayListener;
import io.llmrelay.sandbox.Sandbox;
import io.llmrelay.sandbox.SandboxOptions;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.awaitility.core.ConditionFactory;
import org.awaitility.core.ThrowingRunnable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Relays in front of a sandbox, for the tests of a class: one Vert.x and one sandbox for all of
 * them, and as many relays as they want, each at addresses of its own. When a test is over, its
 * relays are taken down, and nothing may be left of it: no request in flight, at the relay or at
 * the sandbox, and nothing thrown that nobody caught.
 */
final class Relays implements BeforeAllCallback, AfterEachCallback, AfterAllCallback {
  private static final AtomicInteger NUMBER = new AtomicInteger();

  /** A relay, a client of it, and what it told its hooks. */
  record Relay(
      String prefix, String deployment, RelayVerticle verticle, LlmRelay client, Hooks hooks) {
    JsonObject health() {
      return get(client.health());
    }

    /** What is known of one backend. */
    JsonObject health(String backend) {
      return health().getJsonArray("backends").stream()
          .map(JsonObject.class::cast)
          .filter(json -> json.getString("name").equals(backend))
          .findFirst()
          .orElseThrow();
    }
  }

  private final List<Relay> relays = new ArrayList<>();
  private final List<Throwable> thrown = new CopyOnWriteArrayList<>();
  private Vertx vertx;
  private Sandbox sandbox;

  Vertx vertx() {
    return vertx;
  }

  Sandbox sandbox() {
    return sandbox;
  }

  @Override
  public void beforeAll(ExtensionContext context) {
    vertx = Vertx.vertx();
    vertx.exceptionHandler(thrown::add);
    sandbox = get(Sandbox.start(vertx, new SandboxOptions().setHttp2(OverHttp2Test.isOn())));
  }

  /** A name for addresses or backends that no other test has. */
  static String unique(String name) {
    return name + NUMBER.incrementAndGet();
  }

  /** Deploys a relay at a prefix of its own. */
  Relay deploy(RelayOptions options, RelayListener... more) {
    options.getBus().setPrefix(unique("llm"));
    return deployHere(options, more);
  }

  /** Deploys a relay at the prefix of its options. */
  Relay deployHere(RelayOptions options, RelayListener... more) {
    String prefix = options.getBus().getPrefix();
    Hooks hooks = new Hooks();
    RelayVerticle verticle = new RelayVerticle(options).addListener(hooks);
    Stream.of(more).forEach(verticle::addListener);
    String id = get(vertx.deployVerticle(verticle));
    LlmRelay client = LlmRelay.create(vertx, options.getBus());
    Relay relay = new Relay(prefix, id, verticle, client, hooks);
    relays.add(relay);
    return relay;
  }

  /** Takes a relay down before the test is over. */
  void undeploy(Relay relay) {
    relays.remove(relay);
    get(vertx.undeploy(relay.deployment()));
  }

  /** A backend of the sandbox; {@code path} is the name by which the sandbox knows it. */
  BackendOptions backend(String dialect, String path, String model) {
    return new BackendOptions()
        .setDialect(dialect)
        .setBaseUrl(sandbox.backend(dialect, path))
        .setApiKey("sk-test-0123456789")
        .setHttpVersion(OverHttp2Test.isOn() ? "2" : "auto")
        .setModels(List.of(model));
  }

  /** How many calls arrived at a backend. */
  int calls(String path) {
    return sandbox.calls(path).size();
  }

  @Override
  public void afterEach(ExtensionContext context) {
    for (Relay relay : List.copyOf(relays)) {
      poll().alias("requests left").until(() -> relay.health().getInteger("requests") == 0);
      get(relay.client().close());
      undeploy(relay);
    }
    poll().alias("calls left at the sandbox").until(() -> sandbox.activeRequests() == 0);
    List<Throwable> caught = List.copyOf(thrown);
    thrown.clear();
    assertThat(caught).as("thrown and not caught").isEmpty();
  }

  @Override
  public void afterAll(ExtensionContext context) {
    get(sandbox.close());
    get(vertx.close());
  }

  /** Waits until it holds. */
  static void eventually(ThrowingRunnable assertion) {
    poll().untilAsserted(assertion);
  }

  static ConditionFactory poll() {
    return await().atMost(ofSeconds(30)).pollDelay(ofMillis(0)).pollInterval(ofMillis(5));
  }

  /** The result of a future, which must not be long in coming. */
  static <T> T get(Future<T> future) {
    try {
      return future.toCompletionStage().toCompletableFuture().get(20, SECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw new AssertionError(e.getCause());
    } catch (InterruptedException | TimeoutException e) {
      throw new AssertionError("nothing came", e);
    }
  }
}
