package io.llmrelay.chat;

/**
 * A service that answers requests for chat completions and embeddings: one backend, a failover over
 * several, or a relay elsewhere.
 *
 * <p>All calls to a service, to its exchanges and to their sinks happen on one event-loop context,
 * and none of them blocks. A service may call a backend over HTTP or combine other services; this
 * contract is independent of frames, JSON and HTTP.
 */
public interface ChatService {
  /**
   * Opens an exchange. The sink is not called before this method has returned.
   *
   * @param request in order, see {@link LlmRequest#checked}
   * @param sink gets the answer
   * @throws LlmException where the request is refused; the sink is not called then
   */
  ChatExchange open(LlmRequest request, ChatSink sink);
}
