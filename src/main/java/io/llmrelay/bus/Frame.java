package io.llmrelay.bus;

import io.llmrelay.chat.ChunkKind;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.Message;
import io.vertx.core.json.JsonObject;

/**
 * A frame of a stream, as both its ends see it: a message on the event bus, or this very object
 * between neighbours.
 *
 * @param type what it is, one of the {@code TYPE_} values of {@link Frames}
 * @param stream the stream's id
 * @param peer the sender's private address, {@code null} in frames that do not tell it
 * @param seq its number, -1 in frames that have none
 * @param credit how many more chunk frames may be sent, 0 in other frames
 * @param chunks of a chunk frame; {@code null} in one that is not in order
 * @param body of other frames, may be {@code null}
 */
record Frame(
    String type, String stream, String peer, long seq, int credit, Chunks chunks, JsonObject body) {
  private static final int MAX_CREDIT = 999_999;

  /** A frame towards the producer. */
  static Frame back(String type, String stream, String peer, int credit) {
    return new Frame(type, stream, peer, -1, credit, null, null);
  }

  /** What a message says, right or wrong. */
  static Frame of(Message<Object> message) {
    MultiMap headers = message.headers();
    String type = headers.get(Frames.FRAME);
    Object body = message.body();
    return new Frame(
        type,
        headers.get(Frames.STREAM),
        headers.get(Frames.PEER),
        number(headers.get(Frames.SEQ), Long.MAX_VALUE, -1),
        (int) number(headers.get(Frames.CREDIT), MAX_CREDIT, 0),
        body instanceof Buffer data && Frames.TYPE_CHUNK.equals(type)
            ? chunks(headers, data)
            : null,
        body instanceof JsonObject json ? json : null);
  }

  private static Chunks chunks(MultiMap headers, Buffer data) {
    try {
      return Chunks.of(ChunkKind.of(headers.get(Frames.KIND)), data, headers.get(Frames.LENGTHS));
    } catch (IllegalArgumentException unknownKind) {
      return null;
    }
  }

  /** A number that is written as we would write it. */
  private static long number(String text, long max, long otherwise) {
    if (text == null) {
      return otherwise;
    }
    try {
      long number = Long.parseLong(text);
      boolean ours = number >= 0 && number <= max && Long.toString(number).equals(text);
      return ours ? number : otherwise;
    } catch (NumberFormatException e) {
      return otherwise;
    }
  }

  /** The headers of the message that says it. */
  MultiMap headers() {
    MultiMap headers =
        MultiMap.caseInsensitiveMultiMap().add(Frames.STREAM, stream).add(Frames.FRAME, type);
    if (peer != null) {
      headers.add(Frames.PEER, peer);
    }
    if (seq >= 0) {
      headers.add(Frames.SEQ, Long.toString(seq));
    }
    if (credit > 0) {
      headers.add(Frames.CREDIT, Integer.toString(credit));
    }
    if (chunks != null && chunks.kind() != ChunkKind.TEXT) {
      headers.add(Frames.KIND, chunks.kind().code());
    }
    if (chunks != null && chunks.lengths() != null) {
      headers.add(Frames.LENGTHS, chunks.lengths());
    }
    return headers;
  }

  /** The body of the message that says it. */
  Object content() {
    return chunks != null ? chunks.data() : body;
  }
}
