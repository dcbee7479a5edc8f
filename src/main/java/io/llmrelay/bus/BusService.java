package io.llmrelay.bus;

import io.llmrelay.chat.AnswerCollector;
import io.llmrelay.chat.ChatService;
import io.llmrelay.chat.LlmException;
import io.vertx.core.Future;
import io.vertx.core.eventbus.Message;
import io.vertx.core.eventbus.MessageConsumer;
import io.vertx.core.internal.ContextInternal;
import java.util.HashMap;
import java.util.Map;

/**
 * Offers a service at an address of the event bus. Requests come as messages; or from a {@link
 * BusClient} on the same context, which calls the service itself.
 *
 * <p>Everything happens on the context of the endpoint, which must be the one that registers.
 */
public final class BusService {
  /** Sends everything as messages, for tests: {@code -Dllmrelay.bus.always=true}. */
  private static final boolean ALWAYS_AS_MESSAGES = Boolean.getBoolean("llmrelay.bus.always");

  private final BusEndpoint endpoint;
  private final String address;
  private final ChatService service;
  private final boolean whole;
  private MessageConsumer<Object> consumer;

  private BusService(BusEndpoint endpoint, String address, ChatService service, boolean whole) {
    this.endpoint = endpoint;
    this.address = address;
    this.service = service;
    this.whole = whole;
  }

  /**
   * Registers a service for the whole cluster. It is one of several at that address, which are
   * asked in turn, and so never called without a message.
   *
   * @param whole whether a request that asks for no frames gets the whole answer in the reply
   * @return completes when the registration is known in the whole cluster
   */
  public static Future<BusService> register(
      BusEndpoint endpoint, String address, ChatService service, boolean whole) {
    BusService bus = new BusService(endpoint, address, service, whole);
    bus.consumer = endpoint.bus().consumer(address, bus::receive);
    return bus.consumer.completion().map(bus);
  }

  /** Registers a service for this Vert.x alone, the only one at that address. */
  public static Future<BusService> registerLocal(
      BusEndpoint endpoint, String address, ChatService service, boolean whole) {
    BusService bus = new BusService(endpoint, address, service, whole);
    bus.consumer = endpoint.bus().localConsumer(address, bus::receive);
    onContext(endpoint.context()).put(address, bus);
    // Also where its verticle is undeployed.
    bus.consumer.endHandler(v -> onContext(endpoint.context()).remove(address, bus));
    return bus.consumer.completion().map(bus);
  }

  /** The service that may be called on this context without a message, or {@code null}. */
  static BusService onContext(ContextInternal context, String address) {
    return ALWAYS_AS_MESSAGES ? null : onContext(context).get(address);
  }

  @SuppressWarnings("unchecked")
  private static Map<String, BusService> onContext(ContextInternal context) {
    return (Map<String, BusService>)
        context
            .contextData()
            .computeIfAbsent(BusService.class, key -> new HashMap<String, BusService>());
  }

  BusEndpoint endpoint() {
    return endpoint;
  }

  ChatService service() {
    return service;
  }

  /** Takes the service off the bus; open streams go on. */
  public Future<Void> unregister() {
    onContext(endpoint.context()).remove(address, this);
    return consumer.unregister();
  }

  /** Whatever a message holds, it is answered: with a stream, an answer or a failure. */
  private void receive(Message<Object> message) {
    try {
      if (whole && !FrameCodec.wantsFrames(message)) {
        service.open(
            FrameCodec.request(message),
            new AnswerCollector(
                answer -> message.reply(answer.toJson()),
                failure -> FrameCodec.refuse(message, failure)));
      } else {
        endpoint.accept(message, service);
      }
    } catch (RuntimeException e) {
      FrameCodec.refuse(message, LlmException.failureOf(e));
    }
  }
}
