package io.llmrelay.bus;

import io.llmrelay.chat.ChatExchange;
import io.llmrelay.chat.ChatService;
import io.llmrelay.chat.ChatSink;
import io.llmrelay.chat.LlmRequest;

/**
 * A client of the service at an address of the event bus. If a {@link BusService} is registered at
 * that address on the context of the endpoint, it is called directly and nothing is encoded.
 *
 * <p>{@link #open} does not throw; a refusal is reported to the sink as a failure.
 *
 * @param endpoint the consumer's endpoint; this client must be used on its context
 * @param address the address of the service, such as {@code llm.stream}
 * @param anywhere whether the service may be on any node: one on this node is asked first, and
 *     others where one does not answer or refuses for reasons of its own
 */
public record BusClient(BusEndpoint endpoint, String address, boolean anywhere)
    implements ChatService {
  /** Creates a client of one service, to which a request is sent once. */
  public BusClient(BusEndpoint endpoint, String address) {
    this(endpoint, address, false);
  }

  @Override
  public ChatExchange open(LlmRequest request, ChatSink sink) {
    BusService local = BusService.onContext(endpoint.context(), address);
    if (local == null) {
      return endpoint.request(address, request, sink, anywhere);
    }
    LocalStream stream = new LocalStream(endpoint, local.endpoint(), sink);
    stream.open(local.service(), request);
    return stream;
  }
}
