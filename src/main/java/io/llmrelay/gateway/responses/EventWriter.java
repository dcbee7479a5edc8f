package io.llmrelay.gateway.responses;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.Json;
import io.vertx.core.json.JsonObject;
import java.util.Map;

/** Writes server-sent events, each with its type and its number. */
final class EventWriter {
  private static final byte[] NUMBER = "\"sequence_number\":".getBytes(US_ASCII);
  private static final byte[] END = "}\n\n".getBytes(US_ASCII);

  private int sequence;

  /** Begins an event; its fields follow, each of which ends with a comma. */
  static void begin(Buffer out, String type) {
    out.appendString("event: " + type + "\ndata: {\"type\":" + Json.encode(type) + ",");
  }

  /** Ends an event. */
  void end(Buffer out) {
    out.appendBytes(NUMBER).appendString(Integer.toString(sequence)).appendBytes(END);
    sequence++;
  }

  /** Writes an event. */
  void write(Buffer out, String type, JsonObject fields) {
    begin(out, type);
    for (Map.Entry<String, Object> field : fields) {
      name(out, field.getKey());
      out.appendBuffer(Json.encodeToBuffer(field.getValue())).appendString(",");
    }
    end(out);
  }

  /** Appends the name of a field, whose value follows. */
  static void name(Buffer out, String field) {
    out.appendBuffer(Json.encodeToBuffer(field)).appendString(":");
  }

  /** Appends a field with a string that has been escaped, without quotes. */
  static void escaped(Buffer out, String field, Buffer text) {
    out.appendString("\"" + field + "\":\"").appendBuffer(text).appendString("\"");
  }
}
