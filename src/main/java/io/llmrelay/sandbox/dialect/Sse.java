package io.llmrelay.sandbox.dialect;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;

/** Frames of an event stream. */
public final class Sse {
  /** The end marker of most vendors. */
  public static final Buffer DONE = Buffer.buffer("data: [DONE]\n\n");

  private Sse() {}

  /** Returns an event without a name. */
  public static Buffer data(String json) {
    return Buffer.buffer("data: " + json + "\n\n");
  }

  /** Returns an event without a name. */
  public static Buffer data(JsonObject json) {
    return data(json.encode());
  }

  /** Returns an event with a name. */
  public static Buffer event(String name, String json) {
    return Buffer.buffer("event: " + name + "\ndata: " + json + "\n\n");
  }

  /** Joins frames. */
  public static Buffer join(Buffer... frames) {
    Buffer joined = Buffer.buffer();
    for (Buffer frame : frames) {
      joined.appendBuffer(frame);
    }
    return joined;
  }
}
