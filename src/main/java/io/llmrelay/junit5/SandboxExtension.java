package io.llmrelay.junit5;

import io.llmrelay.config.BackendOptions;
import io.llmrelay.config.RelayOptions;
import io.llmrelay.sandbox.Sandbox;
import io.llmrelay.sandbox.SandboxCall;
import io.llmrelay.sandbox.Scenario;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * A {@link Sandbox} for the tests of a class: named backends that answer well unless a test says
 * otherwise.
 *
 * <pre>{@code
 * @RegisterExtension
 * static final SandboxExtension llm =
 *     new SandboxExtension().backend("primary").backend("secondary", "anthropic");
 *
 * @Test
 * void anOutageIsNotNoticed() {
 *   llm.script("primary", Scenario.http(503));
 *   // … the application, with a relay of llm.options()
 *   llm.assertCalls("primary", 1);
 * }
 * }</pre>
 *
 * <p>In a static field, the sandbox is started once for the class, and scripts and recorded calls
 * are reset before each test. In an instance field, each test has a sandbox of its own; tests of
 * one class that run concurrently need that. What a relay has learnt (circuits, cooldowns) is not
 * reset: deploy one for each test, or give each test other backends.
 *
 * <p>The backends are reached by real HTTP at a free port of 127.0.0.1. The sandbox runs on a
 * Vert.x of its own, which ends with it. Methods that need the running sandbox throw an {@link
 * IllegalStateException} before it is started; otherwise all of them may be called from any thread
 * but an event loop.
 */
public final class SandboxExtension
    implements BeforeAllCallback, BeforeEachCallback, AfterEachCallback, AfterAllCallback {

  /** The default model of the backends, which any other name may replace. */
  public static final String MODEL = "sandbox-model";

  /** The key of the backends, which they accept as any other. */
  private static final String KEY = "sandbox-key";

  private static final Duration LIMIT = Duration.ofSeconds(30);

  private final Map<String, String> dialects = new LinkedHashMap<>();
  private Vertx vertx;
  private volatile Sandbox sandbox;

  /** The id of the class or test that has started the sandbox, and closes it. */
  private String owner;

  /** Creates an extension without backends. */
  public SandboxExtension() {}

  /** Adds a backend of OpenAI's dialect, after the present ones. */
  public SandboxExtension backend(String name) {
    return backend(name, "openai");
  }

  /**
   * Adds a backend, after the present ones.
   *
   * @param dialect one of {@link BackendOptions#DIALECTS}
   */
  public SandboxExtension backend(String name, String dialect) {
    if (!BackendOptions.DIALECTS.contains(dialect)) {
      throw new IllegalArgumentException(
          "unknown dialect " + dialect + "; there are " + BackendOptions.DIALECTS);
    }
    dialects.put(name, dialect);
    return this;
  }

  /**
   * Returns new options of a relay with the backends in their order, and without any from the
   * environment. All else has its default; a test of a silent backend sets shorter timeouts.
   */
  public RelayOptions options() {
    RelayOptions options = new RelayOptions().setDiscover(false);
    dialects.forEach(
        (name, dialect) ->
            options.addBackend(
                name,
                new BackendOptions()
                    .setDialect(dialect)
                    .setBaseUrl(url(name))
                    .setApiKey(KEY)
                    .setDefaultModel(MODEL)));
    return options;
  }

  /** Returns the base URL of a backend, as clients of its dialect want it. */
  public String url(String backend) {
    return sandbox().backend(dialect(backend), backend);
  }

  /**
   * Sets what a backend does: one scenario for each request, the last one repeated. Lasts until the
   * next test.
   */
  public SandboxExtension script(String backend, Scenario... scenarios) {
    dialect(backend);
    sandbox().script(backend, scenarios);
    return this;
  }

  /** Returns the requests that a backend has received in this test, oldest first. */
  public List<SandboxCall> calls(String backend) {
    dialect(backend);
    return sandbox().calls().stream().filter(call -> backend.equals(call.backend())).toList();
  }

  /**
   * Returns the last request that a backend has received in this test.
   *
   * @throws AssertionError if there is none
   */
  public SandboxCall lastCall(String backend) {
    List<SandboxCall> calls = calls(backend);
    if (calls.isEmpty()) {
      throw new AssertionError(backend + " has received no request;" + received());
    }
    return calls.get(calls.size() - 1);
  }

  /**
   * Waits for the end of the last request that a backend has received, for 30 seconds at most: its
   * response is complete, or its client has left.
   *
   * @throws AssertionError if there is no request, or it goes on
   */
  public SandboxCall awaitEnd(String backend) {
    SandboxCall call = lastCall(backend);
    try {
      return call.ended()
          .toCompletionStage()
          .toCompletableFuture()
          .get(LIMIT.toSeconds(), TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    } catch (ExecutionException | TimeoutException e) {
      throw new AssertionError("still going on after 30 s: " + call, e);
    }
  }

  /**
   * Asserts how many requests a backend has received in this test.
   *
   * @throws AssertionError listing the requests of all backends
   */
  public SandboxExtension assertCalls(String backend, int expected) {
    int actual = calls(backend).size();
    if (actual != expected) {
      throw new AssertionError(
          "%s has received %d requests instead of %d;%s"
              .formatted(backend, actual, expected, received()));
    }
    return this;
  }

  private String received() {
    List<SandboxCall> calls = sandbox().calls();
    return calls.isEmpty()
        ? " there was no request at all"
        : calls.stream()
            .map(call -> "\n  " + call)
            .collect(Collectors.joining("", " there were:", ""));
  }

  /** Returns the running sandbox, for all that it can do beside. */
  public Sandbox sandbox() {
    if (sandbox == null) {
      throw new IllegalStateException(
          "the sandbox is not running: annotate its field with @RegisterExtension");
    }
    return sandbox;
  }

  private String dialect(String backend) {
    String dialect = dialects.get(backend);
    if (dialect == null) {
      throw new IllegalArgumentException(
          "there is no backend " + backend + "; there are " + dialects.keySet());
    }
    return dialect;
  }

  @Override
  public void beforeAll(ExtensionContext context) {
    startUnlessRunning(context);
  }

  @Override
  public void beforeEach(ExtensionContext context) {
    startUnlessRunning(context);
    dialects.keySet().forEach(sandbox::unscript);
    sandbox.clearCalls();
  }

  @Override
  public void afterEach(ExtensionContext context) {
    closeIfOwnedBy(context);
  }

  @Override
  public void afterAll(ExtensionContext context) {
    closeIfOwnedBy(context);
  }

  /** Starts the sandbox, for a class or, in an instance field, for a test. */
  private void startUnlessRunning(ExtensionContext context) {
    if (sandbox == null) {
      vertx = Vertx.vertx();
      sandbox = Sandbox.start(vertx).await();
      owner = context.getUniqueId();
    }
  }

  /** Closes the sandbox, unless another than its starter ends, such as a nested class. */
  private void closeIfOwnedBy(ExtensionContext context) {
    if (context.getUniqueId().equals(owner)) {
      owner = null;
      sandbox = null;
      vertx.close().await();
    }
  }
}
