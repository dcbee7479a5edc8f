package io.llmrelay.gateway;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.llmrelay.chat.ChatEvent;
import io.llmrelay.chat.ChunkKind;
import io.llmrelay.chat.FinishReason;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;

/**
 * One answer's server-sent events in OpenAI's format.
 *
 * <p>All chunks of an answer are alike but for the text: what stands before and after it is made
 * once, and the text is escaped in between.
 */
final class ChunkFormat {
  private static final byte[] TEXT = bytes("{\"content\":\"");
  private static final byte[] REASONING = bytes("{\"reasoning_content\":\"");
  private static final byte[] REASONING_TOO = bytes("\",\"reasoning\":\"");
  private static final byte[] REFUSAL = bytes("{\"refusal\":\"");
  private static final byte[] AFTER_TEXT = bytes("\"},\"finish_reason\":null}]}\n\n");
  private static final byte[] ROLE =
      bytes("{\"role\":\"assistant\",\"content\":\"\"},\"finish_reason\":null}]}\n\n");
  private static final byte[] DONE = bytes("data: [DONE]\n\n");
  private static final byte[] COMMENT = bytes(": keep-alive\n\n");

  private final JsonObject common;
  private final byte[] beforeDelta;

  /**
   * @param id the answer's id
   * @param created seconds since 1970
   * @param model who answers
   */
  ChunkFormat(String id, long created, String model) {
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

  /** The event every stream begins with. */
  Buffer role() {
    return Buffer.buffer(beforeDelta.length + ROLE.length)
        .appendBytes(beforeDelta)
        .appendBytes(ROLE);
  }

  /**
   * Appends the event of a chunk. Reasoning has two names: some clients read the one, some the
   * other, and none shows both.
   */
  void chunk(Buffer to, ChatEvent.Chunk chunk) {
    byte[] key = key(chunk.kind());
    if (key == null) {
      return; // Nothing in OpenAI's format stands for it.
    }
    to.appendBytes(beforeDelta).appendBytes(key);
    JsonText.append(to, chunk.data());
    if (chunk.kind() == ChunkKind.REASONING) {
      to.appendBytes(REASONING_TOO);
      JsonText.append(to, chunk.data());
    }
    to.appendBytes(AFTER_TEXT);
  }

  private static byte[] key(ChunkKind kind) {
    return switch (kind) {
      case TEXT -> TEXT;
      case REASONING -> REASONING;
      case REFUSAL -> REFUSAL;
      case TOOL_CALL, OTHER -> null;
    };
  }

  /** The event that tells why the answer ended. */
  Buffer finish(FinishReason reason) {
    return Buffer.buffer()
        .appendBytes(beforeDelta)
        .appendString("{},\"finish_reason\":\"" + reason.code() + "\"}]}\n\n");
  }

  /** The event with the usage: a chunk without choices. */
  Buffer usage(JsonObject usage, JsonObject relay) {
    return event(
        common.copy().put("choices", JsonArray.of()).put("usage", usage).put("relay", relay));
  }

  /** Says that nothing was lost. */
  static Buffer done() {
    return Buffer.buffer(DONE);
  }

  /** A comment, which clients pass over. */
  static Buffer comment() {
    return Buffer.buffer(COMMENT);
  }

  /** An event of its own kind. */
  static Buffer event(JsonObject json) {
    return Buffer.buffer("data: ").appendBuffer(json.toBuffer()).appendString("\n\n");
  }
}
