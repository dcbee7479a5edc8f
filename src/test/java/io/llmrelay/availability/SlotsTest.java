package io.llmrelay.availability;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class SlotsTest {
  private final List<String> granted = new ArrayList<>();

  private Slots.Ticket await(Slots slots, String name) {
    return slots.await(() -> granted.add(name));
  }

  @Test
  void acquiresAndReleasesASlot() {
    Slots slots = new Slots(2, 0);
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
    Slots slots = new Slots(1, 2);
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
    Slots slots = new Slots(1, 3);
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
    Slots slots = new Slots(1, 1);
    assertThat(await(slots, "first").redeem()).isTrue();
    assertThat(slots.tryAcquire()).isFalse();
  }

  @Test
  void aHigherLimitLetsThoseInThatWait() {
    Slots slots = new Slots(1, 2);
    slots.tryAcquire();
    await(slots, "first");
    slots.limit(2, 2);
    assertThat(granted).containsExactly("first");
    slots.limit(1, 2);
    slots.release();
    assertThat(slots.tryAcquire()).as("one is still in use").isFalse();
  }

  /** Many threads acquire or queue: the limit holds, and every ticket is granted. */
  @Test
  void noThreadIsForgottenAndTheLimitHolds() throws Exception {
    Slots slots = new Slots(3, 1_000);
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
                    Slots.Ticket ticket = slots.await(turn::countDown);
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
}
