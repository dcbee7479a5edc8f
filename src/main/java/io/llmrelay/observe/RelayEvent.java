package io.llmrelay.observe;

import io.llmrelay.chat.Attempt;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FinishReason;
import io.llmrelay.chat.TokenUsage;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Map;

/**
 * What hooks are told. Never holds a key or a prompt.
 *
 * <p>The JSON form, as it is published on {@code llm.events}, has an {@code event} field with the
 * hook's name in snake case ({@code request_start}) beside the fields shown here in snake case.
 */
public sealed interface RelayEvent {
  JsonObject toJson();

  /**
   * A request was accepted.
   *
   * @param requestId its id in every other event
   * @param model the model as asked for, {@code null} for the default
   * @param streaming whether the consumer asked for a stream rather than a whole answer
   * @param metadata the request's own labels
   */
  record RequestStart(
      String requestId, String model, boolean streaming, Map<String, String> metadata)
      implements RelayEvent {
    @Override
    public JsonObject toJson() {
      return event("request_start", requestId)
          .put("model", model)
          .put("streaming", streaming)
          .put("metadata", new JsonObject(Map.copyOf(metadata)));
    }
  }

  /**
   * An attempt begins.
   *
   * @param number counts the attempts of the request from 1
   */
  record AttemptStart(String requestId, int number, String backend, String model)
      implements RelayEvent {
    @Override
    public JsonObject toJson() {
      return event("attempt_start", requestId)
          .put("number", number)
          .put("backend", backend)
          .put("model", model);
    }
  }

  /** An attempt is over, well or not; skipped candidates have no attempt. */
  record AttemptEnd(String requestId, int number, Attempt attempt) implements RelayEvent {
    @Override
    public JsonObject toJson() {
      return event("attempt_end", requestId).put("number", number).put("attempt", attempt.toJson());
    }
  }

  /**
   * The request goes on to another candidate.
   *
   * @param from {@code backend/model} that was given up
   * @param to {@code backend/model} that is tried next
   * @param reason the failure's kind, or why the candidate was skipped, by its wire name
   */
  record Fallback(String requestId, String from, String to, String reason) implements RelayEvent {
    @Override
    public JsonObject toJson() {
      return event("fallback", requestId).put("from", from).put("to", to).put("reason", reason);
    }
  }

  /**
   * The commit point was reached and the stream handed over.
   *
   * @param sinceStartMs milliseconds since the request began
   */
  record FirstChunk(String requestId, String backend, String model, long sinceStartMs)
      implements RelayEvent {
    @Override
    public JsonObject toJson() {
      return event("first_chunk", requestId)
          .put("backend", backend)
          .put("model", model)
          .put("since_start_ms", sinceStartMs);
    }
  }

  /**
   * The request is over: completed, failed or cancelled. Exactly one for each {@link RequestStart}.
   *
   * @param backend who served it (to the end or not), {@code null} if nobody did
   * @param finishReason {@code null} unless it completed
   * @param failure {@code null} if it completed; of kind {@code cancelled} if the consumer left
   * @param costUsd all attempts together, {@code null} where nothing is known
   */
  record RequestEnd(
      String requestId,
      boolean streaming,
      String backend,
      String model,
      FinishReason finishReason,
      Failure failure,
      TokenUsage usage,
      Double costUsd,
      long durationMs,
      long deliveredBytes,
      List<Attempt> trail,
      Map<String, String> metadata)
      implements RelayEvent {
    @Override
    public JsonObject toJson() {
      return event("request_end", requestId)
          .put("streaming", streaming)
          .put("backend", backend)
          .put("model", model)
          .put("finish_reason", finishReason == null ? null : finishReason.code())
          .put("failure", failure == null ? null : failure.withTrail(List.of()).toJson())
          .put("usage", usage.toJson())
          .put("cost_usd", costUsd)
          .put("duration_ms", durationMs)
          .put("delivered_bytes", deliveredBytes)
          .put("trail", Attempt.toJson(trail))
          .put("metadata", new JsonObject(Map.copyOf(metadata)));
    }
  }

  /** The states of a circuit. */
  enum CircuitState {
    CLOSED,
    OPEN,
    HALF_OPEN;

    /** The name on the wire, such as {@code half_open}. */
    public String code() {
      return name().toLowerCase(java.util.Locale.ROOT);
    }
  }

  /**
   * A circuit of this coordinator changed its state.
   *
   * @param circuit the backend's name, or {@code backend/model} where circuits are per model
   */
  record CircuitStateChange(String circuit, CircuitState from, CircuitState to)
      implements RelayEvent {
    @Override
    public JsonObject toJson() {
      return new JsonObject()
          .put("event", "circuit_state_change")
          .put("circuit", circuit)
          .put("from", from.code())
          .put("to", to.code());
    }
  }

  /**
   * A candidate told us when to come back.
   *
   * @param candidate {@code backend/model}, or the backend's name where all of it is exhausted
   * @param reason the failure's kind by its wire name
   * @param forMs how long from now, in milliseconds
   */
  record Exhausted(String candidate, String reason, long forMs) implements RelayEvent {
    @Override
    public JsonObject toJson() {
      return new JsonObject()
          .put("event", "exhausted")
          .put("candidate", candidate)
          .put("reason", reason)
          .put("for_ms", forMs);
    }
  }

  /**
   * An attempt ended whose backend had sent frames nobody could read; they were left out.
   *
   * @param malformed how many
   */
  record SchemaDrift(String requestId, String backend, String model, int malformed)
      implements RelayEvent {
    @Override
    public JsonObject toJson() {
      return event("schema_drift", requestId)
          .put("backend", backend)
          .put("model", model)
          .put("malformed", malformed);
    }
  }

  private static JsonObject event(String name, String requestId) {
    return new JsonObject().put("event", name).put("request_id", requestId);
  }
}
