package io.llmrelay.sandbox.dialect;

import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * One answer in the wire format of a vendor: the frames of a stream, in the order in which they are
 * sent, and the body of a whole answer. An instance serves one call and has no state, so that a
 * frame does not depend on those before it. A dialect returns {@link #NONE} for a frame that it
 * does not have.
 */
public interface WireFormat {

  /** No frame. */
  Buffer NONE = Buffer.buffer();

  /** A text in a frame at which the frame can be split: valid in JSON and without escapes. */
  String SPLIT_MARK = "@@split@@";

  /** Returns the content type of a stream. */
  default String contentType() {
    return "text/event-stream; charset=utf-8";
  }

  /** Returns the frames before any content. */
  Buffer opening();

  /** Returns the frame of a chunk of reasoning. */
  Buffer reasoning(String chunk);

  /** Returns the frames between reasoning and what follows it. */
  Buffer afterReasoning();

  /** Returns the frame of a chunk of text. */
  Buffer token(String chunk);

  /** Returns the frames of all images. */
  default List<Buffer> images() {
    return List.of();
  }

  /** Returns the frames of all tool calls. */
  List<Buffer> toolCalls();

  /** Returns the frames with the finish reason and the usage. */
  Buffer finish();

  /** Returns a frame with the usage only. */
  Buffer usage();

  /** Returns the end marker of the stream. */
  Buffer terminator();

  /** Returns an event without content, which keeps a connection alive. */
  Buffer ping();

  /** Returns a frame that clients ignore. */
  default Buffer comment() {
    return Buffer.buffer(": keep-alive\n\n");
  }

  /** Returns data of servers and proxies that keeps a connection alive. */
  default List<Buffer> noise() {
    return List.of(
        Buffer.buffer("data: : keepalive\n\n"),
        Buffer.buffer("data: ping\n\n"),
        Buffer.buffer("data: null\n\n"),
        Buffer.buffer("data: \"\"\n\n"));
  }

  /** Returns a frame of invalid JSON. */
  default Buffer malformed() {
    return Buffer.buffer("data: {\"id\":\"broken\",\"choices\":[{\n\n");
  }

  /** Returns an error as an event of the stream. */
  Buffer error(SandboxError error);

  /** Returns the error body of a particular server as an event of the stream. */
  default Buffer rawError(String body) {
    return Buffer.buffer("data: " + body + "\n\n");
  }

  /**
   * Returns the beginning and the end of the frame of a text that is sent in between.
   *
   * @param bytes the length of that text
   */
  default List<Buffer> around(long bytes) {
    return split(token(SPLIT_MARK));
  }

  /** Returns the error that replaces a whole answer, or {@code null}. */
  default SandboxError failure() {
    return null;
  }

  /** Returns the body of a whole answer with this text as its content. */
  String whole(String text);

  /** Splits at the mark, or in the middle if the frame has no content with the mark. */
  static List<Buffer> split(Buffer marked) {
    byte[] bytes = marked.getBytes();
    byte[] mark = SPLIT_MARK.getBytes(StandardCharsets.US_ASCII);
    for (int i = 0; i + mark.length <= bytes.length; i++) {
      if (Arrays.equals(bytes, i, i + mark.length, mark, 0, mark.length)) {
        return List.of(marked.slice(0, i), marked.slice(i + mark.length, bytes.length));
      }
    }
    int middle = bytes.length / 2;
    return List.of(marked.slice(0, middle), marked.slice(middle, bytes.length));
  }
}
