package io.llmrelay.gateway.openai;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.llmrelay.chat.BlockKind;
import io.llmrelay.chat.ChatEvent;
import io.llmrelay.chat.FinishReason;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;

/**
 * Encodes one stream as server-sent events with {@code chat.completion.chunk} objects.
 *
 * <p>The chunks of a stream differ only in their text: what precedes and follows it is encoded
 * once, and only the text is escaped for each chunk.
 */
final class ChunkEncoder {
  private static final byte[] TEXT = bytes("{\"content\":\"");
  private static final byte[] REASONING = bytes("{\"reasoning_content\":\"");
  private static final byte[] REASONING_ALIAS = bytes("\",\"reasoning\":\"");
  private static final byte[] REFUSAL = bytes("{\"refusal\":\"");
  private static final byte[] AFTER_TEXT = bytes("\"},\"finish_reason\":null}]}\n\n");
  private static final byte[] ROLE =
      bytes("{\"role\":\"assistant\",\"content\":\"\"},\"finish_reason\":null}]}\n\n");
  private static final byte[] DONE = bytes("data: [DONE]\n\n");
  private static final byte[] COMMENT = bytes(": keep-alive\n\n");

  private final JsonObject common;
  private final byte[] beforeDelta;

  /**
   * @param id the completion's id
   * @param created seconds since 1970
   * @param model the model that serves the request
   */
  ChunkEncoder(String id, long created, String model) {
    common =
        new JsonObject()
            .put("id", id)
            .put("object", "chat.completion.chunk")
            .put("created", created)
            .put("model", model);
    String head = common.encode();
    beforeDelta =
        bytes(
            "data: "
                + head.substring(0, head.length() - 1)
                + ",\"choices\":[{\"index\":0,\"delta\":");
  }

  private static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }

  /** Returns the first event of every stream. */
  Buffer role() {
    return Buffer.buffer(beforeDelta.length + ROLE.length)
        .appendBytes(beforeDelta)
        .appendBytes(ROLE);
  }

  /**
   * Appends the event of a chunk. Reasoning is sent under both names that clients read; no client
   * shows both.
   */
  void append(Buffer out, ChatEvent.Chunk chunk) {
    byte[] key = key(chunk.kind());
    if (key == null) {
      return; // Nothing in OpenAI's format stands for it.
    }
    out.appendBytes(beforeDelta).appendBytes(key);
    JsonEscaper.append(out, chunk.data());
    if (chunk.kind() == BlockKind.REASONING) {
      out.appendBytes(REASONING_ALIAS);
      JsonEscaper.append(out, chunk.data());
    }
    out.appendBytes(AFTER_TEXT);
  }

  private static byte[] key(BlockKind kind) {
    return switch (kind) {
      case TEXT -> TEXT;
      case REASONING -> REASONING;
      case REFUSAL -> REFUSAL;
      case TOOL_CALL, OTHER -> null;
    };
  }

  /** Returns the event with the finish reason. */
  Buffer finish(FinishReason reason) {
    return Buffer.buffer()
        .appendBytes(beforeDelta)
        .appendString("{},\"finish_reason\":\"" + reason.code() + "\"}]}\n\n");
  }

  /** Returns the event with the token usage: a chunk without choices. */
  Buffer usage(JsonObject usage, JsonObject relay) {
    return event(
        common.copy().put("choices", JsonArray.of()).put("usage", usage).put("relay", relay));
  }

  /** Returns the event {@code [DONE]}, which marks a complete stream. */
  static Buffer done() {
    return Buffer.buffer(DONE);
  }

  /** Returns a comment, which clients ignore. */
  static Buffer comment() {
    return Buffer.buffer(COMMENT);
  }

  /** Returns an event with any data. */
  static Buffer event(JsonObject data) {
    return Buffer.buffer("data: ").appendBuffer(data.toBuffer()).appendString("\n\n");
  }
}
