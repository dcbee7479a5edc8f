package io.llmrelay.availability;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llmrelay.Awake;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.junit5.VertxExtension;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** When a backend is asked that refused its key. */
@ExtendWith(VertxExtension.class)
class KeyProbesTest {
  private static final long FIRST_MS = 40;

  private final List<Long> asked = new CopyOnWriteArrayList<>();
  private final List<String> taken = new CopyOnWriteArrayList<>();

  /** Results of the first probes; later probes get the default answer. */
  private final Queue<Future<Boolean>> answers = new ConcurrentLinkedQueue<>();

  private volatile Future<Boolean> answer = Future.succeededFuture(false);
  private KeyProbes probes;

  @BeforeEach
  void probes(Vertx vertx) {
    probes =
        new KeyProbes(
            vertx,
            () -> System.nanoTime() / 1_000_000,
            Duration.ofMillis(FIRST_MS),
            backend -> {
              asked.add(System.nanoTime() / 1_000_000);
              Future<Boolean> next = answers.poll();
              return next != null ? next : answer;
            },
            taken::add);
  }

  private void awaitAsked(int times) {
    await().until(() -> asked.size() >= times);
  }

  /** On one event loop, so that no timer comes in between, however slow the machine is. */
  private static void atOnce(Vertx vertx, Runnable actions) throws Exception {
    Promise<Void> done = Promise.promise();
    vertx.runOnContext(
        v -> {
          actions.run();
          done.complete();
        });
    done.future().toCompletionStage().toCompletableFuture().get(20, SECONDS);
  }

  @Test
  void waitsTwiceAsLongEachTime() {
    long begin = System.nanoTime() / 1_000_000;
    probes.keyRefused("a");
    probes.keyRefused("a");
    awaitAsked(3);
    // Timers may be late but not early.
    assertThat(asked.get(0) - begin).isGreaterThanOrEqualTo(FIRST_MS - 1);
    assertThat(asked.get(1) - asked.get(0)).isGreaterThanOrEqualTo(2 * FIRST_MS - 1);
    assertThat(asked.get(2) - asked.get(1)).isGreaterThanOrEqualTo(4 * FIRST_MS - 1);
    assertThat(taken).isEmpty();
  }

  @Test
  void stopsOnceTheKeyIsAccepted() throws Exception {
    answer = Future.succeededFuture(true);
    probes.keyRefused("a");
    await().until(() -> taken.equals(List.of("a")));
    Thread.sleep(3 * FIRST_MS);
    assertThat(asked).hasSize(1);
  }

  @Test
  void aBackendThatCannotBeAskedIsAskedAgain() {
    answers.add(Future.failedFuture("nobody there"));
    answer = Future.succeededFuture(true);
    probes.keyRefused("a");
    await().until(() -> taken.equals(List.of("a")));
    assertThat(asked).hasSize(2);
  }

  @Test
  void asksAtOnceWhatWasRefusedBeforeTheStart() {
    answer = Future.succeededFuture(true);
    probes.keyRefusedBeforeRestart("a");
    assertThat(asked).hasSize(1);
    assertThat(taken).containsExactly("a");
  }

  @Test
  void goesOnWhereItWasWhenTheKeyIsRefusedAgain() {
    answer = Future.succeededFuture(true);
    probes.keyRefused("a");
    await().until(() -> taken.size() == 1);
    long again = System.nanoTime() / 1_000_000;
    probes.keyRefused("a");
    awaitAsked(2);
    assertThat(asked.get(1) - again).isGreaterThanOrEqualTo(2 * FIRST_MS - 1);
  }

  @Test
  void resetsTheDelayAfterASuccessfulAttempt() {
    answer = Future.succeededFuture(true);
    for (int i = 1; i <= 4; i++) {
      probes.keyRefused("a");
      int times = i;
      await().until(() -> taken.size() == times);
    }
    probes.attemptSucceeded("a");
    Awake watch = Awake.begin();
    probes.keyRefused("a");
    awaitAsked(5);
    assertThat(watch.elapsed()).isLessThan(Duration.ofMillis(16 * FIRST_MS));
  }

  @Test
  void anAnswerFromBeforeTheRefusalChangesNothing() {
    probes.keyRefused("a");
    probes.attemptSucceeded("a");
    answer = Future.succeededFuture(true);
    await().until(() -> taken.equals(List.of("a")));
  }

  @Test
  void cancelsProbesOfKeysAcceptedElsewhere(Vertx vertx) throws Exception {
    Promise<Boolean> late = Promise.promise();
    answer = late.future();
    probes.keyRefused("a");
    awaitAsked(1);
    probes.keyAccepted("a");
    late.complete(false);
    atOnce(
        vertx,
        () -> {
          probes.keyRefused("b");
          probes.keyAccepted("b");
        });
    Thread.sleep(4 * FIRST_MS);
    assertThat(asked).hasSize(1);
    assertThat(taken).isEmpty();
  }

  @Test
  void isSilentWhenClosed(Vertx vertx) throws Exception {
    atOnce(
        vertx,
        () -> {
          probes.keyRefused("a");
          probes.close();
        });
    Thread.sleep(2 * FIRST_MS);
    assertThat(asked).isEmpty();
  }

  @Test
  void refusedBeforeAndRefusedAreOneChain(Vertx vertx) throws Exception {
    Promise<Boolean> late = Promise.promise();
    answers.add(late.future());
    answers.add(Future.succeededFuture(true));
    atOnce(
        vertx,
        () -> {
          probes.keyRefused("a");
          probes.keyRefusedBeforeRestart("a");
          probes.keyRefused("a");
          probes.keyRefusedBeforeRestart("a");
        });
    Thread.sleep(3 * FIRST_MS);
    assertThat(asked).as("nobody asks while a probe is under way").hasSize(1);
    atOnce(vertx, () -> late.complete(false));
    await().until(() -> taken.equals(List.of("a")));
    Thread.sleep(5 * FIRST_MS);
    assertThat(asked).hasSize(2);
    assertThat(taken).containsExactly("a");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aProbeUnderWayIsNotJoinedByAnother(boolean served, Vertx vertx) throws Exception {
    Promise<Boolean> late = Promise.promise();
    answers.add(late.future());
    probes.keyRefused("a");
    awaitAsked(1);
    atOnce(
        vertx,
        () -> {
          probes.keyAccepted("a");
          if (served) {
            probes.attemptSucceeded("a");
          }
          probes.keyRefused("a");
        });
    Thread.sleep(5 * FIRST_MS);
    assertThat(asked).hasSize(1);

    // It was asked before the key was refused again, so what it says proves nothing.
    answer = Future.succeededFuture(true);
    atOnce(
        vertx,
        () -> {
          late.complete(true);
          assertThat(taken).isEmpty();
        });
    await().until(() -> taken.equals(List.of("a")));
    Thread.sleep(5 * FIRST_MS);
    assertThat(asked).hasSize(2);
  }
}
