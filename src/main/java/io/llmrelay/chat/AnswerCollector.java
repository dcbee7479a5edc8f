package io.llmrelay.chat;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import java.util.EnumMap;
import java.util.Map;

/**
 * Puts the frames of a stream together into a whole answer. It grows with the answer; whoever feeds
 * it has a bound.
 */
public final class AnswerCollector {
  private final Map<ChunkKind, Buffer> texts = new EnumMap<>(ChunkKind.class);
  private JsonObject opened = new JsonObject();

  /** The body of the {@code open} frame: id, backend, model and warning. */
  public void open(JsonObject body) {
    opened = body.copy();
  }

  public void chunk(ChunkKind kind, Buffer data) {
    texts.computeIfAbsent(kind, k -> Buffer.buffer()).appendBuffer(data);
  }

  /**
   * The whole answer, in the form {@link ChatCompletion#fromJson} reads.
   *
   * @param body the body of the {@code end} frame: finish reason, usage, cost and trail
   */
  public JsonObject end(JsonObject body) {
    JsonObject answer = opened.put(ChunkKind.TEXT.code(), "");
    texts.forEach((kind, text) -> answer.put(kind.code(), text.toString()));
    return answer.mergeIn(body);
  }
}
