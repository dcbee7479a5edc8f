package io.llmrelay.gateway.front;

import io.llmrelay.LlmStream;
import io.llmrelay.chat.ChatEvent;
import io.llmrelay.gateway.server.GatewayError;
import io.vertx.core.buffer.Buffer;

/**
 * Encodes one stream as server-sent events. All events are appended to the given buffer, whole:
 * nothing but comments may come between two calls.
 */
public interface EventEncoder {
  /** Appends the events that precede the content. */
  void start(Buffer out);

  /** Appends the events of a block or a chunk; there may be none. */
  void append(Buffer out, ChatEvent event);

  /** Notifies that what follows is the answer of another backend, which continues this one. */
  default void resumed() {}

  /**
   * Appends the last events of a complete answer.
   *
   * @param stream the stream that has ended, with its trail
   */
  void end(Buffer out, ChatEvent.End end, LlmStream stream);

  /** Appends the last events of an answer that broke off. The transport is aborted after them. */
  void error(Buffer out, GatewayError error);

  /** Returns why the stream cannot go on, such as its length; {@code null} if it can. */
  default String problem() {
    return null;
  }

  /** Returns an event without content, or a comment, that is sent while the stream is idle. */
  Buffer heartbeat();
}
