package io.llmrelay.cli;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * A server's time on earth. Ctrl-C and SIGTERM are how it is meant to end, so they let it finish
 * what it is at, close Vert.x in good order and then end the process with 0 instead of the JVM's
 * 130 or 143. A second signal does not make it quicker; SIGKILL does.
 */
final class Lifetime implements AutoCloseable {
  private static final int CLOSE_SECONDS = 10;

  private final Vertx vertx;
  private volatile Supplier<Future<Void>> drain = Future::succeededFuture;
  private volatile Duration grace = Duration.ZERO;
  private final Thread hook =
      new Thread(
          () -> {
            drain();
            closeVertx();
            Runtime.getRuntime().halt(0);
          },
          "stop");

  Lifetime(Vertx vertx) {
    this.vertx = vertx;
    Runtime.getRuntime().addShutdownHook(hook);
  }

  Vertx vertx() {
    return vertx;
  }

  /**
   * Says what is to be awaited when a signal comes, before everything is closed.
   *
   * @param grace how long at most
   */
  void drainFirst(Supplier<Future<Void>> work, Duration grace) {
    this.grace = grace;
    drain = work;
  }

  private void drain() {
    CountDownLatch drained = new CountDownLatch(1);
    drain.get().onComplete(done -> drained.countDown());
    try {
      if (!drained.await(grace.toMillis(), TimeUnit.MILLISECONDS) && !grace.isZero()) {
        System.err.println("requests are cut off that ran longer than the grace period");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Returns when the thread is interrupted; a signal ends the process instead. */
  void awaitEnd() {
    try {
      new CountDownLatch(1).await();
    } catch (InterruptedException e) {
      // That is the end.
    }
  }

  /** Ends it from within. */
  @Override
  public void close() {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
      closeVertx();
    } catch (IllegalStateException e) {
      // A signal came in between: the hook is at it. What failed on the way failed because of it.
      awaitEnd();
    }
  }

  private void closeVertx() {
    CountDownLatch closed = new CountDownLatch(1);
    vertx.close().onComplete(done -> closed.countDown());
    try {
      if (!closed.await(CLOSE_SECONDS, TimeUnit.SECONDS)) {
        System.err.println("gave up waiting for streams to close");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
