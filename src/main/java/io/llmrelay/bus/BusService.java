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
 * A {@link ChatService} registered at an address of the event bus. Requests arrive as messages, or
 * directly from a {@link BusClient} on the same context.
 *
 * <p>Must be registered on the context of the endpoint, on which the service is called.
 */
public final class BusService {
  /** Whether direct calls are disabled, for tests: {@code -Dllmrelay.bus.always=true}. */
  static final boolean ALWAYS_AS_MESSAGES = Boolean.getBoolean("llmrelay.bus.always");

  private final BusEndpoint endpoint;
  private final String address;
  private final ChatService service;
  private final boolean wholeAnswers;
  private MessageConsumer<Object> consumer;

  private BusService(
      BusEndpoint endpoint, String address, ChatService service, boolean wholeAnswers) {
    this.endpoint = endpoint;
    this.address = address;
    this.service = service;
    this.wholeAnswers = wholeAnswers;
  }

  /**
   * Registers a service in the whole cluster. Several services may share an address: the event bus
   * distributes the requests among them, so that they are never called directly. A request may also
   * be sent to the private address of the endpoint, with the name of the service in a header.
   *
   * @param wholeAnswers whether a request without the consumer's private address is replied to with
   *     the whole answer
   * @return completes when the address is registered in the whole cluster
   */
  public static Future<BusService> register(
      BusEndpoint endpoint, String address, ChatService service, boolean wholeAnswers) {
    BusService registered = new BusService(endpoint, address, service, wholeAnswers);
    registered.consumer = endpoint.bus().consumer(address, registered::receive);
    endpoint.add(address, registered);
    return registered.consumer.completion().map(registered);
  }

  /** Registers a service on this node only, as the only one at its address. */
  public static Future<BusService> registerLocal(
      BusEndpoint endpoint, String address, ChatService service, boolean wholeAnswers) {
    BusService registered = new BusService(endpoint, address, service, wholeAnswers);
    registered.consumer = endpoint.bus().localConsumer(address, registered::receive);
    servicesOn(endpoint.context()).put(address, registered);
    // Also called when the verticle is undeployed.
    registered.consumer.endHandler(v -> servicesOn(endpoint.context()).remove(address, registered));
    return registered.consumer.completion().map(registered);
  }

  /** Returns the service that can be called directly on a context, or {@code null}. */
  static BusService onContext(ContextInternal context, String address) {
    return ALWAYS_AS_MESSAGES ? null : servicesOn(context).get(address);
  }

  @SuppressWarnings("unchecked")
  private static Map<String, BusService> servicesOn(ContextInternal context) {
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
    servicesOn(endpoint.context()).remove(address, this);
    endpoint.remove(address, this);
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
  void receive(Message<Object> message) {
    try {
      if (wholeAnswers && !FrameCodec.requestsStream(message)) {
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
