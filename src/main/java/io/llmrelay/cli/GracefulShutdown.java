package io.llmrelay.cli;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Graceful shutdown on SIGINT (Ctrl-C) and SIGTERM: waits for running requests, closes Vert.x and
 * exits with 0 instead of the JVM's 130 or 143. Further signals have no effect; SIGKILL ends the
 * process at once.
 */
final class GracefulShutdown implements AutoCloseable {
  private static final int CLOSE_SECONDS = 10;

  private final Vertx vertx;
  private volatile Supplier<Future<Void>> drain = Future::succeededFuture;
  private volatile Duration grace = Duration.ZERO;
  private final Thread hook =
      new Thread(
          () -> {
            drain();
            closeVertx();
            Logging.flush();
            Runtime.getRuntime().halt(0);
          },
          "graceful-shutdown");

  GracefulShutdown(Vertx vertx) {
    this.vertx = vertx;
    Runtime.getRuntime().addShutdownHook(hook);
  }

  Vertx vertx() {
    return vertx;
  }

  /**
   * Sets what a signal waits for before Vert.x is closed.
   *
   * @param grace the longest wait
   */
  void setDrain(Supplier<Future<Void>> drain, Duration grace) {
    this.grace = grace;
    this.drain = drain;
  }

  private void drain() {
    CountDownLatch drained = new CountDownLatch(1);
    drain.get().onComplete(done -> drained.countDown());
    try {
      if (!drained.await(grace.toMillis(), TimeUnit.MILLISECONDS) && !grace.isZero()) {
        System.err.println("aborting requests that exceed the grace period");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Blocks until the thread is interrupted; a signal exits the process instead. */
  void awaitInterrupt() {
    try {
      new CountDownLatch(1).await();
    } catch (InterruptedException e) {
      // Returns to the caller, which closes this.
    }
  }

  /** Closes Vert.x without a signal. */
  @Override
  public void close() {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
      closeVertx();
    } catch (IllegalStateException e) {
      // The JVM is shutting down: the hook closes Vert.x and then exits.
      awaitInterrupt();
    }
  }

  private void closeVertx() {
    CountDownLatch closed = new CountDownLatch(1);
    vertx.close().onComplete(done -> closed.countDown());
    try {
      if (!closed.await(CLOSE_SECONDS, TimeUnit.SECONDS)) {
        System.err.println("timed out waiting for Vert.x to close");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
