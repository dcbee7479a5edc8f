package io.llmrelay.observe.impl;

import io.llmrelay.observe.RelayEvent;
import io.llmrelay.observe.RelayListener;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.EventBus;
import io.vertx.core.eventbus.MessageCodec;
import io.vertx.core.internal.VertxInternal;
import io.vertx.core.json.JsonObject;
import io.vertx.core.tracing.TracingPolicy;
import java.util.function.Supplier;

/**
 * A listener that publishes every event as JSON at {@code <prefix>.events}, in a cluster with the
 * id of its node.
 *
 * <p>Events, about five per request, are published even if the address has no consumers, since the
 * event bus does not tell. Without a cluster the JSON is built only if there are consumers.
 */
public final class EventPublisher implements RelayListener {
  private final DeliveryOptions options =
      new DeliveryOptions().setTracingPolicy(TracingPolicy.IGNORE);
  private final boolean onDemand;
  private final EventBus bus;
  private final String address;

  /** The id of this node of the cluster; {@code null} without a cluster. */
  private final String node;

  /**
   * Creates a publisher.
   *
   * @param prefix the prefix of the relay's addresses
   */
  public EventPublisher(Vertx vertx, String prefix) {
    bus = vertx.eventBus();
    address = prefix + ".events";
    onDemand = !vertx.isClustered();
    node = onDemand ? null : ((VertxInternal) vertx).clusterManager().getNodeId();
    if (onDemand) {
      options.setCodecName(OnDemand.NAME);
      try {
        bus.registerCodec(new OnDemand());
      } catch (IllegalStateException registered) {
        // Another relay of the same Vert.x instance has registered it.
      }
    }
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
  public void onResumed(RelayEvent.Resumed event) {
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
  public void onShadowEnd(RelayEvent.ShadowEnd event) {
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

  @Override
  public void onRequestRefused(RelayEvent.RequestRefused event) {
    publish(event);
  }

  @Override
  public void onOperatorAction(RelayEvent.OperatorAction event) {
    publish(event);
  }

  @Override
  public void onHealthProbe(RelayEvent.HealthProbe event) {
    publish(event);
  }

  private void publish(RelayEvent event) {
    Object json =
        onDemand ? (Supplier<JsonObject>) event::toJson : event.toJson().put("node", node);
    bus.publish(address, json, options);
  }

  /** Builds a message's JSON for each consumer, on one node. */
  private static final class OnDemand implements MessageCodec<Supplier<JsonObject>, JsonObject> {
    static final String NAME = "llmrelay.json-on-demand";

    @Override
    public JsonObject transform(Supplier<JsonObject> json) {
      return json.get();
    }

    @Override
    public void encodeToWire(Buffer buffer, Supplier<JsonObject> json) {
      throw new UnsupportedOperationException("never leaves the node");
    }

    @Override
    public JsonObject decodeFromWire(int position, Buffer buffer) {
      throw new UnsupportedOperationException("never leaves the node");
    }

    @Override
    public String name() {
      return NAME;
    }

    @Override
    public byte systemCodecID() {
      return -1;
    }
  }
}
