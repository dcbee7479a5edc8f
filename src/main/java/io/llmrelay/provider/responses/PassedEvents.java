package io.llmrelay.provider.responses;

import io.llmrelay.provider.Answer;
import io.vertx.core.json.JsonObject;
import java.util.Objects;

/**
 * Passes the events of an answer on, for a client of the same API. Texts and arguments come as
 * chunks of their blocks; where the deltas of another part begin, an event of the type {@value
 * #DELTAS} has what surrounds them, so that a client gets the deltas that the backend has sent.
 */
final class PassedEvents {
  /**
   * The type of the event that precedes the chunks of a part. Its field {@code event} is a delta
   * without its text; it is absent where the deltas themselves are passed on, beside their chunks.
   */
  private static final String DELTAS = "relay.deltas";

  private final Answer answer;
  private String type;
  private String item;
  private int output;
  private int part;

  PassedEvents(Answer answer) {
    this.answer = answer;
  }

  /** Passes on an event that is no delta of text or arguments. */
  void pass(byte[] bytes, int from, int to) {
    answer.event(bytes, from, to, false);
  }

  /** Announces the deltas of arguments of an item. */
  void arguments(String deltas, String itemId, int outputIndex) {
    announce(deltas, itemId, outputIndex, null, 0);
  }

  /**
   * Announces the deltas of a part of an item.
   *
   * @param partField the field with the part's index: {@code content_index} or {@code
   *     summary_index}
   */
  void part(String deltas, String itemId, int outputIndex, String partField, int partIndex) {
    announce(deltas, itemId, outputIndex, partField, partIndex);
  }

  /** Announces that deltas are passed on as they are, beside their chunks. */
  void verbatim() {
    announce(null, null, 0, null, 0);
  }

  private void announce(
      String deltas, String itemId, int outputIndex, String partField, int partIndex) {
    if (!answer.passesEvents()
        || type != null
            && type.equals(String.valueOf(deltas))
            && Objects.equals(item, itemId)
            && output == outputIndex
            && part == partIndex) {
      return;
    }
    type = String.valueOf(deltas);
    item = itemId;
    output = outputIndex;
    part = partIndex;
    JsonObject announced = new JsonObject().put("type", DELTAS);
    if (deltas != null) {
      JsonObject event = new JsonObject().put("type", deltas);
      event.put("item_id", itemId).put("output_index", outputIndex);
      announced.put("event", partField == null ? event : event.put(partField, partIndex));
    }
    byte[] bytes = announced.toBuffer().getBytes();
    answer.event(bytes, 0, bytes.length, false);
  }
}
