package io.llmrelay.cli;

import io.vertx.core.Vertx;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * A server's time on earth. Ctrl-C and SIGTERM are how it is meant to end, so they close Vert.x in
 * good order and then end the process with 0 instead of the JVM's 130 or 143.
 */
final class Lifetime implements AutoCloseable {
  private static final int CLOSE_SECONDS = 10;

  private final Vertx vertx;
  private final Thread hook =
      new Thread(
          () -> {
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
