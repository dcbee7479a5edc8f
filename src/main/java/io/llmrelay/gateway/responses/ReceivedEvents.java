package io.llmrelay.gateway.responses;

import io.llmrelay.chat.ChatEvent;
import io.llmrelay.chat.RawJson;
import io.llmrelay.gateway.front.DataLines;
import io.llmrelay.gateway.front.JsonEscaper;
import io.vertx.core.buffer.Buffer;
import java.util.Map;

/**
 * Passes the events of a backend of the same API through, with numbers of this stream. Deltas are
 * made of the chunks, between what the last event of the type {@value #DELTAS} says.
 */
final class ReceivedEvents {
  private static final String DELTAS = "relay.deltas";
  private static final String SEQUENCE = "sequence_number";

  private final EventWriter writer;
  private final DataLines lines = new DataLines();

  /** What precedes the text of a delta; {@code null} where the deltas pass through themselves. */
  private Buffer beforeText;

  private String id;

  /** The response of the last event; {@code null} as long as it is in progress. */
  private RawJson last;

  ReceivedEvents(EventWriter writer) {
    this.writer = writer;
  }

  /** Appends the events that are complete with a chunk. */
  void add(ChatEvent.Chunk chunk, Buffer out) {
    lines.add(chunk, event -> append(RawJson.read(event.getBytes()).fields(), out));
  }

  private void append(Map<String, RawJson> fields, Buffer out) {
    RawJson named = fields.get("type");
    String type = named == null ? null : named.string();
    if (type == null) {
      return; // A client could not tell what it is.
    }
    if (type.equals(DELTAS)) {
      beforeText = fields.get("event") == null ? null : beforeText(fields.get("event"));
      return;
    }
    RawJson response = fields.get("response");
    switch (type) {
      case "response.created" -> id = id(response);
      case "response.completed", "response.incomplete" -> last = response;
      default -> {}
    }
    EventWriter.begin(out, type);
    fields(fields, out);
    writer.end(out);
  }

  private static String id(RawJson response) {
    RawJson id = response == null || !response.isObject() ? null : response.fields().get("id");
    return id == null ? null : id.string();
  }

  private static Buffer beforeText(RawJson event) {
    Map<String, RawJson> fields = event.fields();
    String type = fields.get("type").string();
    Buffer before = Buffer.buffer();
    EventWriter.begin(before, type);
    fields(fields, before);
    if (type.equals("response.output_text.delta")) {
      before.appendString("\"logprobs\":[],");
    }
    return before.appendString("\"delta\":\"");
  }

  /** Appends the fields but for the type and the number. */
  private static void fields(Map<String, RawJson> fields, Buffer out) {
    fields.forEach(
        (field, value) -> {
          if (!field.equals("type") && !field.equals(SEQUENCE)) {
            EventWriter.name(out, field);
            out.appendString(value == null ? "null" : value.encode()).appendString(",");
          }
        });
  }

  /** Appends the delta of a chunk. */
  void delta(Buffer text, Buffer out) {
    if (beforeText != null) {
      out.appendBuffer(beforeText);
      JsonEscaper.append(out, text);
      out.appendString("\",");
      writer.end(out);
    }
  }

  /** Returns the id of the response; {@code null} if it is not known. */
  String id() {
    return id;
  }

  /** Returns the response in its last form; {@code null} if the backend has not sent it. */
  RawJson last() {
    return last;
  }
}
