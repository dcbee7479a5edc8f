package io.llmrelay.availability;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.chat.Priority;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class SlotsTest {
  private static final Share NOBODY = new Share("", Priority.NORMAL);

  private final List<String> granted = new ArrayList<>();
  private final AtomicLong now = new AtomicLong();

  private Slots slots(int max, int maxWaiting) {
    Slots slots = new Slots(now::get);
    slots.limit(max, maxWaiting, false);
    return slots;
  }

  private Slots.Ticket await(Slots slots, String name) {
    return slots.await(NOBODY, 1, Long.MAX_VALUE, () -> granted.add(name));
  }

  @Test
  void acquiresAndReleasesASlot() {
    Slots slots = slots(2, 0);
    assertThat(slots.tryAcquire()).isTrue();
    assertThat(slots.tryAcquire()).isTrue();
    assertThat(slots.isFree()).isFalse();
    assertThat(slots.tryAcquire()).isFalse();
    slots.release();
    assertThat(slots.isFree()).isTrue();
    assertThat(slots.tryAcquire()).isTrue();
  }

  @Test
  void aReleasedSlotGoesToTheFirstInTheQueue() {
    Slots slots = slots(1, 2);
    slots.tryAcquire();
    Slots.Ticket first = await(slots, "first");
    Slots.Ticket second = await(slots, "second");
    assertThat(await(slots, "third")).as("the queue is full").isNull();
    assertThat(slots.waiting()).isEqualTo(2);
    slots.release();
    assertThat(granted).containsExactly("first");
    assertThat(slots.tryAcquire()).as("somebody waits").isFalse();
    assertThat(first.redeem()).isTrue();
    assertThat(first.redeem()).isFalse();
    assertThat(second.redeem()).as("not granted yet").isFalse();
    slots.release();
    assertThat(granted).containsExactly("first", "second");
  }

  @Test
  void whoLeavesTheQueueGetsNoSlotAndOneThatWasGrantedGoesOn() {
    Slots slots = slots(1, 3);
    slots.tryAcquire();
    await(slots, "left").cancel();
    Slots.Ticket late = await(slots, "late");
    await(slots, "next");
    slots.release();
    assertThat(granted).containsExactly("late");
    late.cancel();
    assertThat(granted).containsExactly("late", "next");
    assertThat(slots.inUse()).isEqualTo(1);
    assertThat(slots.waiting()).isZero();
    late.cancel();
    assertThat(slots.inUse()).isEqualTo(1);
  }

  @Test
  void aFreeSlotIsGrantedAtOnce() {
    Slots slots = slots(1, 1);
    assertThat(await(slots, "first").redeem()).isTrue();
    assertThat(slots.tryAcquire()).isFalse();
  }

  @Test
  void aHigherLimitLetsThoseInThatWait() {
    Slots slots = slots(1, 2);
    slots.tryAcquire();
    await(slots, "first");
    slots.limit(2, 2, false);
    assertThat(granted).containsExactly("first");
    slots.limit(1, 2, false);
    slots.release();
    assertThat(slots.tryAcquire()).as("one is still in use").isFalse();
  }

  /** Many threads acquire or queue: the limit holds, and every ticket is granted. */
  @Test
  void noThreadIsForgottenAndTheLimitHolds() throws Exception {
    Slots slots = slots(3, 1_000);
    AtomicInteger inUse = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    ExecutorService threads = Executors.newFixedThreadPool(8);
    List<Future<?>> all = new ArrayList<>();
    for (int t = 0; t < 8; t++) {
      all.add(
          threads.submit(
              () -> {
                for (int i = 0; i < 2_000; i++) {
                  if (!slots.tryAcquire()) {
                    CountDownLatch turn = new CountDownLatch(1);
                    Slots.Ticket ticket = slots.await(NOBODY, 1, Long.MAX_VALUE, turn::countDown);
                    assertThat(turn.await(30, TimeUnit.SECONDS)).isTrue();
                    assertThat(ticket.redeem()).isTrue();
                  }
                  most.accumulateAndGet(inUse.incrementAndGet(), Math::max);
                  inUse.decrementAndGet();
                  slots.release();
                }
                return null;
              }));
    }
    for (Future<?> each : all) {
      each.get(60, TimeUnit.SECONDS);
    }
    threads.shutdown();
    assertThat(most).hasValueBetween(1, 3);
    assertThat(slots.inUse()).isZero();
    assertThat(slots.waiting()).isZero();
  }

  /** Occupies the only slot, queues as told, and returns who is granted it in turn. */
  private List<String> order(String... consumersAndWeights) {
    Slots slots = slots(1, 100);
    slots.tryAcquire();
    for (String each : consumersAndWeights) {
      String[] parts = each.split(":");
      Share share = new Share(parts[0], Priority.of(parts[2]));
      slots.await(share, Integer.parseInt(parts[1]), Long.MAX_VALUE, () -> granted.add(parts[0]));
    }
    for (int i = 0; i < consumersAndWeights.length; i++) {
      slots.release();
    }
    assertThat(slots.waiting()).isZero();
    return granted;
  }

  @Test
  void consumersTakeTurnsHoweverManyOfTheirRequestsWait() {
    String a = "a:1:normal";
    String b = "b:1:normal";
    assertThat(order(a, a, a, a, b, b)).containsExactly("a", "b", "a", "b", "a", "a");
  }

  @Test
  void consumersGetSlotsInTheRatioOfTheirWeights() {
    String a = "a:3:normal";
    String b = "b:1:normal";
    assertThat(order(b, b, b, a, a, a, a, a, a).subList(0, 8))
        .satisfies(first -> assertThat(first.stream().filter("a"::equals)).hasSize(6));
  }

  @Test
  void aHigherPriorityComesFirst() {
    assertThat(order("low:1:low", "normal:1:normal", "high:1:high", "normal:1:normal"))
        .containsExactly("high", "normal", "normal", "low");
  }

  @Test
  void aConsumerThatComesLaterCatchesUpNothing() {
    Slots slots = slots(1, 100);
    slots.tryAcquire();
    Share a = new Share("a", Priority.NORMAL);
    for (int i = 0; i < 10; i++) {
      slots.await(a, 1, Long.MAX_VALUE, () -> granted.add("a"));
    }
    for (int i = 0; i < 5; i++) {
      slots.release();
    }
    granted.clear();
    Share b = new Share("b", Priority.NORMAL);
    for (int i = 0; i < 5; i++) {
      slots.await(b, 1, Long.MAX_VALUE, () -> granted.add("b"));
    }
    for (int i = 0; i < 4; i++) {
      slots.release();
    }
    assertThat(granted.stream().filter("a"::equals)).as("%s", granted).hasSize(2);
  }

  @Test
  void aRequestThatCannotWaitLongEnoughDoesNotQueue() {
    Slots slots = slots(1, 100);
    slots.tryAcquire();
    for (int i = 0; i < 5; i++) {
      await(slots, "" + i);
    }
    for (int i = 0; i < 3; i++) {
      now.addAndGet(1_000);
      slots.release();
    }
    assertThat(slots.waiting()).isEqualTo(2);
    assertThat(slots.expectedWait()).isEqualTo(3_000);
    assertThat(slots.await(NOBODY, 1, 2_999, () -> {})).isNull();
    assertThat(slots.waiting()).isEqualTo(2);
    assertThat(slots.await(NOBODY, 1, 3_000, () -> {})).isNotNull();
    Share first = new Share("", Priority.HIGH);
    assertThat(slots.await(first, 1, 10, () -> {})).as("it would be the first").isNotNull();
  }
}
