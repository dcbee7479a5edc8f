package io.llmrelay.observe;

import io.vertx.core.Vertx;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.EventBus;
import io.vertx.core.tracing.TracingPolicy;

/**
 * Publishes every event as JSON at {@code <prefix>.events}.
 *
 * <p>It does so whether or not somebody listens: the event bus cannot be asked, and an event nobody
 * hears costs a microsecond or so, at some five events a request.
 */
public final class EventPublisher implements RelayListener {
  private static final DeliveryOptions OPTIONS =
      new DeliveryOptions().setTracingPolicy(TracingPolicy.IGNORE);

  private final EventBus bus;
  private final String address;

  /**
   * A publisher of its own address.
   *
   * @param prefix what the relay's bus addresses start with
   */
  public EventPublisher(Vertx vertx, String prefix) {
    bus = vertx.eventBus();
    address = prefix + ".events";
  }

  @Override
  public void onRequestStart(RelayEvent.RequestStart event) {
    publish(event);
  }

  @Override
  public void onAttemptStart(RelayEvent.AttemptStart event) {
    publish(event);
  }

  @Override
  public void onAttemptEnd(RelayEvent.AttemptEnd event) {
    publish(event);
  }

  @Override
  public void onFallback(RelayEvent.Fallback event) {
    publish(event);
  }

  @Override
  public void onFirstChunk(RelayEvent.FirstChunk event) {
    publish(event);
  }

  @Override
  public void onRequestEnd(RelayEvent.RequestEnd event) {
    publish(event);
  }

  @Override
  public void onSchemaDrift(RelayEvent.SchemaDrift event) {
    publish(event);
  }

  @Override
  public void onCircuitStateChange(RelayEvent.CircuitStateChange event) {
    publish(event);
  }

  @Override
  public void onExhausted(RelayEvent.Exhausted event) {
    publish(event);
  }

  private void publish(RelayEvent event) {
    bus.publish(address, event.toJson(), OPTIONS);
  }
}
