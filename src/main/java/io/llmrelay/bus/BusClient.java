package io.llmrelay.bus;

import io.llmrelay.chat.ChatExchange;
import io.llmrelay.chat.ChatService;
import io.llmrelay.chat.ChatSink;
import io.llmrelay.chat.LlmRequest;

/**
 * The client of a service at an address of the event bus. If a {@link BusService} serves that
 * address on the context of the endpoint, it is called directly and nothing is encoded.
 *
 * <p>A refused request fails through the sink: {@link #open} does not throw.
 *
 * @param endpoint the consumer's endpoint; must be used on its context
 * @param address the address of the service, such as {@code llm.stream}
 */
public record BusClient(BusEndpoint endpoint, String address) implements ChatService {
  @Override
  public ChatExchange open(LlmRequest request, ChatSink sink) {
    BusService local = BusService.onContext(endpoint.context(), address);
    if (local == null) {
      return endpoint.request(address, request, sink);
    }
    LocalStream stream = new LocalStream(endpoint, local.endpoint(), sink);
    stream.open(local.service(), request);
    return stream;
  }
}
