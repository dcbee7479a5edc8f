package io.llmrelay.provider.wire;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Map;
import software.amazon.eventstream.HeaderValue;
import software.amazon.eventstream.Message;

/**
 * A decoder of AWS event streams. The first four bytes of a frame are its length; AWS's library
 * parses a complete frame and verifies both checksums. An invalid frame ends the stream, since
 * there is no way to find the next one.
 *
 * <p>An exception frame is an error whose type is in a header.
 */
public final class AwsEventStreamDecoder implements EventDecoder {
  private static final int MIN_FRAME = 16;

  private final Handler handler;
  private final ByteAccumulator pending = new ByteAccumulator();

  /** Creates a decoder that passes events to a handler. */
  public AwsEventStreamDecoder(Handler handler) {
    this.handler = handler;
  }

  @Override
  public boolean read(Buffer bytes) throws IOException {
    pending.append(bytes);
    while (pending.length() >= Integer.BYTES) {
      int length = ByteBuffer.wrap(pending.bytes()).getInt(pending.from());
      if (Integer.compareUnsigned(length, MAX_EVENT) > 0) {
        return false;
      }
      if (length < MIN_FRAME) {
        throw new IOException("a frame of " + length + " bytes");
      }
      if (length > pending.length()) {
        return true;
      }
      frame(decode(ByteBuffer.wrap(pending.bytes(), pending.from(), length).slice()));
      pending.consume(length);
    }
    return true;
  }

  private static Message decode(ByteBuffer frame) throws IOException {
    try {
      return Message.decode(frame);
    } catch (RuntimeException e) {
      throw new IOException("a frame with a wrong checksum or header", e);
    }
  }

  private void frame(Message frame) throws IOException {
    Map<String, HeaderValue> headers = frame.getHeaders();
    String exception = text(headers.getOrDefault(":exception-type", headers.get(":error-code")));
    if (exception == null) {
      byte[] payload = frame.getPayload();
      handler.event(text(headers.get(":event-type")), payload, 0, payload.length);
    } else {
      error(exception, text(headers.get(":error-message")), frame.getPayload());
    }
  }

  private void error(String type, String message, byte[] payload) {
    JsonObject json = Json.object(payload, 0, payload.length);
    JsonObject error = json == null ? new JsonObject() : json;
    Json.put(error, "message", message);
    byte[] bytes = error.put("type", type).toBuffer().getBytes();
    handler.event("error", bytes, 0, bytes.length);
  }

  private static String text(HeaderValue value) throws IOException {
    try {
      return value == null ? null : value.getString();
    } catch (IllegalStateException e) {
      throw new IOException("a header that is not text", e);
    }
  }

  /** Ignores an incomplete frame. */
  @Override
  public void end() {}
}
