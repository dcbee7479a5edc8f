package io.llmrelay.sandbox;

import io.vertx.core.json.JsonObject;

/**
 * One answer in the wire format of a vendor: the frames of a stream, in the order in which they are
 * sent, and the body of a whole answer. An instance serves one call. A dialect returns an empty
 * string for a frame that it does not have.
 */
interface WireFormat {

  /** Returns the frames before any content. */
  String opening();

  /** Returns the frame of a chunk of reasoning. */
  String reasoning(String token);

  /** Returns the frames between reasoning and text. */
  String afterReasoning();

  /** Returns the frame of a chunk of text. */
  String token(String token);

  /** Returns the frames of the tool call. */
  String toolCall();

  /** Returns the frames with the finish reason and the usage. */
  String finish();

  /** Returns a frame with the usage only. */
  String usage();

  /** Returns the end marker of the stream. */
  String terminator();

  /** Returns an event without content, which keeps a connection alive. */
  String ping();

  /** Returns an error as an event of the stream. */
  String error(SandboxError error);

  /** Returns an error as the body of a response. */
  JsonObject errorBody(SandboxError error);

  /** Returns the name of the header with the time at which a rate limit resets. */
  String resetHeader();

  /** Returns the value of that header for a reset in some seconds. */
  String resetIn(int seconds);

  /** Returns the body of a whole answer with this text as its content. */
  JsonObject whole(String text);

  /** Returns an SSE comment. */
  static String comment() {
    return ": keep-alive\n\n";
  }
}
