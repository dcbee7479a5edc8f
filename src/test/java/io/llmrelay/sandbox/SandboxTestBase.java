package io.llmrelay.sandbox;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llmrelay.sandbox.Wire.Stop;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** A sandbox for each test, which has no connections, calls and timers left afterwards. */
abstract class SandboxTestBase {

  private final Vertx vertx = Vertx.vertx();
  private final BlockingQueue<SandboxCall> started = new LinkedBlockingQueue<>();
  protected Sandbox sandbox;

  SandboxOptions options() {
    return new SandboxOptions();
  }

  @BeforeEach
  void start() throws Exception {
    sandbox = get(Sandbox.start(vertx, options()));
    sandbox.callHandler(started::add);
  }

  /** Returns the next call, after everything without a delay has been written. */
  SandboxCall started() throws InterruptedException {
    SandboxCall call = started.poll(10, SECONDS);
    assertThat(call).isNotNull();
    return call;
  }

  /** Reads everything that arrives without a delay. */
  Stop readToSilence(Wire wire) throws Exception {
    started();
    return wire.readToSilence();
  }

  @AfterEach
  void nothingIsLeft() throws Exception {
    await()
        .untilAsserted(
            () -> {
              assertThat(sandbox.openConnections()).isZero();
              assertThat(sandbox.activeRequests()).isZero();
              assertThat(sandbox.pendingTimers()).isZero();
            });
    get(sandbox.close());
    get(vertx.close());
  }

  static <T> T get(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(10, SECONDS);
  }
}
