package io.llmrelay.observe;

import io.vertx.core.Vertx;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.EventBus;
import io.vertx.core.tracing.TracingPolicy;

/**
 * A listener that publishes every event as JSON at {@code <prefix>.events}.
 *
 * <p>Events are published whether or not the address has consumers, since the event bus offers no
 * way to ask; without one, an event costs about a microsecond, at some five events per request.
 */
public final class EventPublisher implements RelayListener {
  private static final DeliveryOptions OPTIONS =
      new DeliveryOptions().setTracingPolicy(TracingPolicy.IGNORE);

  private final EventBus bus;
  private final String address;

  /**
   * Creates a publisher.
   *
   * @param prefix the prefix of the relay's addresses
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

  @Override
  public void onBudgetThreshold(RelayEvent.BudgetThreshold event) {
    publish(event);
  }

  private void publish(RelayEvent event) {
    bus.publish(address, event.toJson(), OPTIONS);
  }
}
