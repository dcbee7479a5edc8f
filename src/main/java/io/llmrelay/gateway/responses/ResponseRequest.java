package io.llmrelay.gateway.responses;

import io.llmrelay.LlmStream;
import io.llmrelay.chat.ChatCompletion;
import io.llmrelay.chat.ChatEvent;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.ContentBlock;
import io.llmrelay.gateway.front.EventEncoder;
import io.llmrelay.gateway.front.FrontRequest;
import io.llmrelay.gateway.front.RelayJson;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;

/**
 * A request for a response.
 *
 * @param stream whether the answer is sent as server-sent events instead of one JSON object
 * @param settings the fields of the request that a response repeats
 * @param tools the client's names of the tools
 */
record ResponseRequest(ChatRequest request, boolean stream, JsonObject settings, ToolNames tools)
    implements FrontRequest {

  @Override
  public EventEncoder encoder(LlmStream stream, long created) {
    return encoder(stream.id(), stream.model(), created);
  }

  private ResponseEncoder encoder(String id, String model, long created) {
    return new ResponseEncoder(new ResponseJson(id, model, created, settings), tools);
  }

  /** Returns the response of a whole answer: the one that ends its stream. */
  @Override
  public JsonObject toJson(ChatCompletion completion, long created) {
    ResponseEncoder encoder = encoder(completion.id(), completion.model(), created);
    Buffer events = Buffer.buffer();
    for (ContentBlock each : completion.blocks()) {
      encoder.append(events, new ChatEvent.BlockStart(each.block()));
      if (!each.content().isEmpty()) {
        encoder.append(events, new ChatEvent.Chunk(each.block(), Buffer.buffer(each.content())));
      }
    }
    JsonObject relay =
        RelayJson.relay(
            completion.backend(), completion.usage(), completion.costUsd(), completion.trail());
    encoder.end(events, completion.finishReason(), completion.usage(), relay);
    return encoder.last();
  }
}
