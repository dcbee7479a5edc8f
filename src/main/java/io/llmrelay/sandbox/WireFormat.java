package io.llmrelay.sandbox;

import io.vertx.core.json.JsonObject;

/**
 * One answer in the wire format of a vendor: the frames of a stream as text, in the order they are
 * sent, and the one body of an answer that is not streamed. An instance serves one call. An empty
 * string stands for a frame the dialect does not have.
 */
interface WireFormat {

  /** What comes before any content. */
  String opening();

  String reasoning(String token);

  /** What separates reasoning from text. */
  String afterReasoning();

  String token(String token);

  String toolCall();

  /** The finish reason and the usage. */
  String finish();

  /** Usage, and nothing else. */
  String usage();

  String terminator();

  /** An event without content, as the vendor sends to keep a connection alive. */
  String ping();

  String error(ApiError error);

  JsonObject errorBody(ApiError error);

  /** The header that says when a rate limit is over. */
  String resetHeader();

  /** Its value, so many seconds ahead. */
  String resetIn(int seconds);

  /** The body of an answer that is not streamed, with this text as content. */
  JsonObject whole(String text);

  static String comment() {
    return ": keep-alive\n\n";
  }
}
