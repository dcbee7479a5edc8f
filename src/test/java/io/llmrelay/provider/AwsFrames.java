package io.llmrelay.provider;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import software.amazon.eventstream.HeaderValue;
import software.amazon.eventstream.Message;

/** Frames as AWS writes them. */
public final class AwsFrames {
  private AwsFrames() {}

  public static Buffer event(String type, String payload) {
    return frame(Map.of(":message-type", "event", ":event-type", type), payload);
  }

  public static Buffer exception(String type, String payload) {
    return frame(Map.of(":message-type", "exception", ":exception-type", type), payload);
  }

  public static Buffer text(String text) {
    JsonObject delta = new JsonObject().put("text", text);
    return event("contentBlockDelta", new JsonObject().put("delta", delta).encode());
  }

  public static Buffer stop(String reason) {
    return event("messageStop", "{\"stopReason\":\"" + reason + "\"}");
  }

  public static Buffer usage(int input, int output) {
    return event(
        "metadata",
        "{\"usage\":{\"inputTokens\":%d,\"outputTokens\":%d,\"cacheReadInputTokens\":4,\"cacheWriteInputTokens\":2}}"
            .formatted(input, output));
  }

  public static Buffer frame(Map<String, String> headers, String payload) {
    Map<String, HeaderValue> values = new LinkedHashMap<>();
    headers.forEach((name, value) -> values.put(name, HeaderValue.fromString(value)));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    new Message(values, payload.getBytes(StandardCharsets.UTF_8)).encode(out);
    return Buffer.buffer(out.toByteArray());
  }

  public static Buffer all(Buffer... frames) {
    Buffer all = Buffer.buffer();
    for (Buffer frame : frames) {
      all.appendBuffer(frame);
    }
    return all;
  }
}
