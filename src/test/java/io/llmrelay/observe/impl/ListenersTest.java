package io.llmrelay.observe.impl;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.observe.RelayEvent;
import io.llmrelay.observe.RelayListener;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ListenersTest {
  /** Keeps the events it is told, each by the hook it belongs to. */
  private static final class Recorder implements RelayListener {
    final List<RelayEvent> events = new ArrayList<>();

    @Override
    public void onRequestStart(RelayEvent.RequestStart event) {
      events.add(event);
    }

    @Override
    public void onAttemptStart(RelayEvent.AttemptStart event) {
      events.add(event);
    }

    @Override
    public void onAttemptEnd(RelayEvent.AttemptEnd event) {
      events.add(event);
    }

    @Override
    public void onFallback(RelayEvent.Fallback event) {
      events.add(event);
    }

    @Override
    public void onResumed(RelayEvent.Resumed event) {
      events.add(event);
    }

    @Override
    public void onFirstChunk(RelayEvent.FirstChunk event) {
      events.add(event);
    }

    @Override
    public void onSchemaDrift(RelayEvent.SchemaDrift event) {
      events.add(event);
    }

    @Override
    public void onRequestEnd(RelayEvent.RequestEnd event) {
      events.add(event);
    }

    @Override
    public void onCircuitStateChange(RelayEvent.CircuitStateChange event) {
      events.add(event);
    }

    @Override
    public void onExhausted(RelayEvent.Exhausted event) {
      events.add(event);
    }

    @Override
    public void onBudgetThreshold(RelayEvent.BudgetThreshold event) {
      events.add(event);
    }

    @Override
    public void onRequestRefused(RelayEvent.RequestRefused event) {
      events.add(event);
    }

    @Override
    public void onOperatorAction(RelayEvent.OperatorAction event) {
      events.add(event);
    }

    @Override
    public void onShadowEnd(RelayEvent.ShadowEnd event) {
      events.add(event);
    }

    @Override
    public void onHealthProbe(RelayEvent.HealthProbe event) {
      events.add(event);
    }
  }

  @Test
  void deliversEveryEventToEveryListener() {
    Recorder first = new Recorder();
    Recorder second = new Recorder();
    Listeners listeners = new Listeners(List.of(first, second));
    Samples.EVENTS.forEach(listeners::deliver);
    assertThat(first.events).isEqualTo(Samples.EVENTS);
    assertThat(second.events).isEqualTo(Samples.EVENTS);
  }

  @Test
  void samplesHaveEveryTypeOfEvent() {
    Set<Class<?>> types = new HashSet<>();
    Samples.EVENTS.forEach(event -> types.add(event.getClass()));
    assertThat(types).containsExactlyInAnyOrder(RelayEvent.class.getPermittedSubclasses());
  }

  @Test
  void listenerThatThrowsDoesNotAffectOthers() {
    RelayListener throwing =
        new RelayListener() {
          @Override
          public void onRequestStart(RelayEvent.RequestStart event) {
            throw new IllegalStateException("provoked by the test");
          }

          @Override
          public void onRequestEnd(RelayEvent.RequestEnd event) {
            throw new NoClassDefFoundError("provoked by the test");
          }
        };
    Recorder before = new Recorder();
    Recorder after = new Recorder();
    Listeners listeners = new Listeners(List.of(before, throwing, after));
    Samples.EVENTS.forEach(listeners::deliver);
    assertThat(before.events).isEqualTo(Samples.EVENTS);
    assertThat(after.events).isEqualTo(Samples.EVENTS);
  }
}
