package io.llmrelay.availability;

import io.llmrelay.chat.FailureKind;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * News that wait to be published. Those about the same thing are coalesced: the last one counts.
 * Durations are computed when the batch is taken, so that they are right even if the node was
 * paused meanwhile.
 */
final class NewsBatch {
  /** The most news in one message. */
  static final int MAX = 250;

  private sealed interface Item {}

  private record Deadline(JsonObject json, long until) implements Item {}

  private record Fact(JsonObject json) implements Item {}

  private final LongSupplier clock;
  private final Map<JsonObject, Item> items = new LinkedHashMap<>();

  /**
   * @param clock a monotonic clock in milliseconds
   */
  NewsBatch(LongSupplier clock) {
    this.clock = clock;
  }

  private static JsonObject about(Account account) {
    return new JsonObject().put("account", account.id);
  }

  private static JsonObject about(Account account, String model) {
    JsonObject subject = about(account);
    return model == null ? subject : subject.put("model", model);
  }

  /** Adds a cooldown of a model, or of the whole account if the model is {@code null}. */
  void cooldown(Account account, String model, FailureKind kind, long forMs) {
    JsonObject subject = about(account, model);
    items.put(
        subject.copy().put("cooldown", true),
        new Deadline(subject.put("cooldown", kind.code()), clock.getAsLong() + forMs));
  }

  /** Adds that a key is refused, or accepted again. */
  void key(Account account, boolean refused, long revision) {
    JsonObject subject = about(account);
    items.put(
        subject.copy().put("key", true),
        new Fact(subject.put("key", refused ? "refused" : "accepted").put("revision", revision)));
  }

  /** Adds that the circuit of a model, or of the whole backend, is open. */
  void open(Account account, String model) {
    JsonObject subject = about(account, model).put("circuit", "open");
    items.put(subject, new Fact(subject));
  }

  boolean isEmpty() {
    return items.isEmpty();
  }

  /** Whether the next message is full. */
  boolean isFull() {
    return items.size() >= MAX;
  }

  /** Removes all news and returns them. */
  JsonArray take() {
    long now = clock.getAsLong();
    List<JsonObject> taken = new ArrayList<>(items.size());
    for (Item item : items.values()) {
      if (item instanceof Deadline deadline) {
        if (deadline.until > now) {
          taken.add(deadline.json.copy().put("for_ms", deadline.until - now));
        }
      } else if (item instanceof Fact fact) {
        taken.add(fact.json.copy());
      }
    }
    items.clear();
    return new JsonArray(taken);
  }
}
