package io.llmrelay.gateway.openai;

import io.llmrelay.LlmStream;
import io.llmrelay.chat.BlockKind;
import io.llmrelay.chat.ChatEvent;
import io.llmrelay.chat.TokenUsage;
import io.llmrelay.gateway.front.EventEncoder;
import io.llmrelay.gateway.front.JsonEscaper;
import io.llmrelay.gateway.front.OpenAiError;
import io.llmrelay.gateway.front.RelayJson;
import io.llmrelay.gateway.server.GatewayError;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;

/**
 * Encodes one stream as server-sent events with {@code text_completion} objects, which have text
 * and nothing else: the reasoning of a model that answers a chat is left out.
 */
final class TextChunkEncoder implements EventEncoder {
  static final String OBJECT = "text_completion";

  private final String id;
  private final long created;
  private final String model;
  private final boolean includeUsage;
  private final Buffer beforeText;

  /**
   * @param created seconds since 1970
   * @param includeUsage whether the stream ends with a chunk that carries the token usage
   */
  TextChunkEncoder(String id, long created, String model, boolean includeUsage) {
    this.id = id;
    this.created = created;
    this.model = model;
    this.includeUsage = includeUsage;
    Buffer head = head().toBuffer();
    beforeText =
        Buffer.buffer("data: ")
            .appendBuffer(head.slice(0, head.length() - 1))
            .appendString(",\"choices\":[{\"index\":0,\"logprobs\":null,\"text\":\"");
  }

  private JsonObject head() {
    return new JsonObject()
        .put("id", id)
        .put("object", OBJECT)
        .put("created", created)
        .put("model", model);
  }

  /** Appends nothing: there is no role. */
  @Override
  public void start(Buffer out) {}

  @Override
  public void append(Buffer out, ChatEvent event) {
    if (event instanceof ChatEvent.Chunk chunk
        && (chunk.kind() == BlockKind.TEXT || chunk.kind() == BlockKind.REFUSAL)) {
      out.appendBuffer(beforeText);
      JsonEscaper.append(out, chunk.data());
      out.appendString("\",\"finish_reason\":null}]}\n\n");
    }
  }

  @Override
  public void end(Buffer out, ChatEvent.End end, LlmStream stream) {
    out.appendBuffer(beforeText)
        .appendString("\",\"finish_reason\":\"" + end.finishReason().code() + "\"}]}\n\n");
    if (includeUsage && end.usage().source() != TokenUsage.Source.NONE) {
      event(
          out,
          head()
              .put("choices", JsonArray.of())
              .put("usage", CompletionJson.usage(end.usage()))
              .put(
                  "relay",
                  RelayJson.relay(stream.backend(), end.usage(), end.costUsd(), stream.trail())));
    }
    out.appendString("data: [DONE]\n\n");
  }

  @Override
  public void error(Buffer out, GatewayError error) {
    event(out, OpenAiError.toEvent(error));
  }

  /** Returns a comment, which clients ignore. */
  @Override
  public Buffer heartbeat() {
    return Buffer.buffer(": keep-alive\n\n");
  }

  private static void event(Buffer out, JsonObject data) {
    out.appendString("data: ").appendBuffer(data.toBuffer()).appendString("\n\n");
  }
}
