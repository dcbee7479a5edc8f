package io.llmrelay.gateway.anthropic;

import io.llmrelay.LlmStream;
import io.llmrelay.chat.ChatCompletion;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FinishReason;
import io.llmrelay.chat.TokenUsage;
import io.llmrelay.gateway.front.EventEncoder;
import io.llmrelay.gateway.front.FrontRequest;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;

/**
 * A request for a message.
 *
 * @param stream whether the answer is sent as server-sent events instead of one JSON object
 */
record MessagesRequest(ChatRequest request, boolean stream) implements FrontRequest {
  /** Returns an estimate of the tokens of the prompt. */
  long estimatedTokens() {
    return TokenUsage.estimate(request.characters(), 0).inputTokens();
  }

  @Override
  public EventEncoder encoder(LlmStream stream, long created) {
    return new MessageEncoder(MessageJson.id(stream.id()), stream.model(), estimatedTokens());
  }

  @Override
  public JsonObject toJson(ChatCompletion completion, long created) {
    return MessageJson.toJson(completion, estimatedTokens());
  }

  @Override
  public Buffer refusal(Failure failure) {
    MessageEncoder encoder =
        new MessageEncoder(MessageJson.id(failure.requestId()), failure.model(), estimatedTokens());
    Buffer events = Buffer.buffer();
    encoder.end(events, FinishReason.CONTENT_FILTER, failure.usage());
    return stream ? events : MessageJson.accumulated(events).toBuffer();
  }
}
