package io.llmrelay.bus;

import io.llmrelay.chat.AnswerCollector;
import io.llmrelay.chat.ChatService;
import io.llmrelay.chat.ChatSink;
import io.llmrelay.chat.EmbeddingCollector;
import io.llmrelay.chat.EmbeddingRequest;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.LlmException;
import io.llmrelay.chat.LlmRequest;
import io.vertx.core.Future;
import io.vertx.core.eventbus.Message;
import io.vertx.core.eventbus.MessageConsumer;
import io.vertx.core.internal.ContextInternal;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;

/**
 * A service at an address of the event bus. Requests arrive as messages, or directly from a {@link
 * BusClient} on the same context.
 *
 * <p>It must be registered on the context of the endpoint, and is called there.
 */
public final class BusService {
  /** Sends everything as messages, for tests: {@code -Dllmrelay.bus.always=true}. */
  static final boolean ALWAYS_AS_MESSAGES = Boolean.getBoolean("llmrelay.bus.always");

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
   * Registers a service in the whole cluster. There may be several at an address, to which requests
   * are distributed; therefore it is called by messages only.
   *
   * @param whole whether a request without a private address gets the whole answer in the reply
   * @return completes when the address is registered in the whole cluster
   */
  public static Future<BusService> register(
      BusEndpoint endpoint, String address, ChatService service, boolean whole) {
    BusService bus = new BusService(endpoint, address, service, whole);
    bus.consumer = endpoint.bus().consumer(address, bus::receive);
    return bus.consumer.completion().map(bus);
  }

  /** Registers a service on this node only, as the only one at its address. */
  public static Future<BusService> registerLocal(
      BusEndpoint endpoint, String address, ChatService service, boolean whole) {
    BusService bus = new BusService(endpoint, address, service, whole);
    bus.consumer = endpoint.bus().localConsumer(address, bus::receive);
    onContext(endpoint.context()).put(address, bus);
    // Also called when its verticle is undeployed.
    bus.consumer.endHandler(v -> onContext(endpoint.context()).remove(address, bus));
    return bus.consumer.completion().map(bus);
  }

  /** Returns the service that can be called directly on a context, or {@code null}. */
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

  /** Unregisters the service; open streams continue. */
  public Future<Void> unregister() {
    onContext(endpoint.context()).remove(address, this);
    return consumer.unregister();
  }

  /** Returns a sink that replies with the whole answer. */
  private static ChatSink collector(LlmRequest request, Message<Object> message) {
    Consumer<Failure> refuse = failure -> FrameCodec.refuse(message, failure);
    return request instanceof EmbeddingRequest embed
        ? new EmbeddingCollector(answer -> message.reply(answer.toJson(embed.encoding())), refuse)
        : new AnswerCollector(answer -> message.reply(answer.toJson()), refuse);
  }

  /** Handles a request: replies with a stream, a whole answer or a failure. */
  private void receive(Message<Object> message) {
    try {
      if (whole && !FrameCodec.wantsFrames(message)) {
        LlmRequest request = FrameCodec.request(message);
        service.open(request, collector(request, message));
      } else {
        endpoint.accept(message, service);
      }
    } catch (RuntimeException e) {
      FrameCodec.refuse(message, LlmException.failureOf(e));
    }
  }
}
