package io.llmrelay.observe;

import io.llmrelay.chat.Attempt;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FinishReason;
import io.llmrelay.chat.TokenUsage;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Map;

/**
 * An event that hooks receive. Never holds a key or a prompt.
 *
 * <p>The JSON form, as it is published on {@code llm.events}, has an {@code event} field with the
 * hook's name in snake case ({@code request_start}) beside the fields shown here in snake case.
 */
public sealed interface RelayEvent {
  /** Returns the JSON form, as it is published on the event bus. */
  JsonObject toJson();

  /**
   * A request was accepted.
   *
   * @param requestId the id that every other event of the request carries
   * @param model the requested model, {@code null} for the default
   * @param streaming whether the consumer requested a stream rather than a whole answer
   * @param metadata the labels of the request
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
   * An attempt began.
   *
   * @param number the number of the attempt within the request, from 1
   * @param operation {@code chat} or {@code embeddings}
   */
  record AttemptStart(String requestId, int number, String operation, String backend, String model)
      implements RelayEvent {
    @Override
    public JsonObject toJson() {
      return event("attempt_start", requestId)
          .put("number", number)
          .put("operation", operation)
          .put("backend", backend)
          .put("model", model);
    }
  }

  /**
   * An attempt ended, successfully or not. Skipped candidates have no attempt.
   *
   * @param operation {@code chat} or {@code embeddings}
   * @param chunks the chunks that the backend sent
   * @param finishReason the reason that the backend gave for the end of its answer; {@code null} if
   *     it gave none
   */
  record AttemptEnd(
      String requestId,
      int number,
      String operation,
      Attempt attempt,
      long chunks,
      FinishReason finishReason)
      implements RelayEvent {
    @Override
    public JsonObject toJson() {
      JsonObject json =
          event("attempt_end", requestId)
              .put("number", number)
              .put("operation", operation)
              .put("attempt", attempt.toJson())
              .put("chunks", chunks);
      return finishReason == null ? json : json.put("finish_reason", finishReason.code());
    }
  }

  /**
   * The request falls back to another candidate.
   *
   * @param from the {@code backend/model} that failed or was skipped
   * @param to the {@code backend/model} that is tried next
   * @param reason the code of the failure's kind or of the skip reason
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
   * An answer that broke off is continued by another attempt.
   *
   * @param from the {@code backend/model} whose answer broke off
   * @param to the {@code backend/model} that continues it; may be the same
   * @param reason the code of the failure's kind
   * @param deliveredBytes the bytes delivered before
   */
  record Resumed(String requestId, String from, String to, String reason, long deliveredBytes)
      implements RelayEvent {
    @Override
    public JsonObject toJson() {
      return event("resumed", requestId)
          .put("from", from)
          .put("to", to)
          .put("reason", reason)
          .put("delivered_bytes", deliveredBytes);
    }
  }

  /**
   * The request ended: completed, failed or cancelled. Exactly one for each {@link RequestStart}.
   *
   * @param requestedModel the requested model, {@code null} for the default
   * @param backend the backend that served it (to the end or not), {@code null} if none did
   * @param finishReason {@code null} unless it completed
   * @param failure {@code null} if it completed; of kind {@code cancelled} if the consumer left
   * @param costUsd the cost of all attempts, {@code null} if unknown
   * @param firstChunkMs milliseconds from its start to the first chunk of the attempt that reached
   *     the commit point; -1 without one
   */
  record RequestEnd(
      String requestId,
      boolean streaming,
      String requestedModel,
      String backend,
      String model,
      FinishReason finishReason,
      Failure failure,
      TokenUsage usage,
      Double costUsd,
      long durationMs,
      long firstChunkMs,
      long deliveredBytes,
      List<Attempt> trail,
      Map<String, String> metadata)
      implements RelayEvent {
    @Override
    public JsonObject toJson() {
      return event("request_end", requestId)
          .put("streaming", streaming)
          .put("requested_model", requestedModel)
          .put("backend", backend)
          .put("model", model)
          .put("finish_reason", finishReason == null ? null : finishReason.code())
          .put("failure", failure == null ? null : failure.withTrail(List.of()).toJson())
          .put("usage", usage.toJson())
          .put("cost_usd", costUsd)
          .put("duration_ms", durationMs)
          .put("first_chunk_ms", firstChunkMs < 0 ? null : firstChunkMs)
          .put("delivered_bytes", deliveredBytes)
          .put("trail", Attempt.toJson(trail))
          .put("metadata", new JsonObject(Map.copyOf(metadata)));
    }
  }

  /**
   * A copy of a request ended whose answer was discarded. It has no other event, and counts towards
   * no request.
   *
   * @param requestId the id of the request that was copied
   * @param attempt the attempt at the shadow candidate, with its own usage and cost
   */
  record ShadowEnd(String requestId, Attempt attempt) implements RelayEvent {
    @Override
    public JsonObject toJson() {
      return event("shadow_end", requestId).put("attempt", attempt.toJson());
    }
  }

  /** The states of a circuit. */
  enum CircuitState {
    /** Attempts are permitted. */
    CLOSED,
    /** No attempt is permitted. */
    OPEN,
    /** One attempt is permitted as a trial. */
    HALF_OPEN;

    /** Returns the name on the wire, such as {@code half_open}. */
    public String code() {
      return name().toLowerCase(java.util.Locale.ROOT);
    }
  }

  /**
   * A circuit changed its state.
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
   * A cooldown of a candidate began or was extended.
   *
   * @param candidate {@code backend/model}, or the backend's name where all of it is exhausted
   * @param key the name of the key to which it applies; {@code null} if the backend has only one
   * @param reason the code of the failure's kind
   * @param forMs milliseconds from now; -1 for a backend that refused its key ({@code
   *     authentication}) and is unavailable until it accepts the key, then 0
   */
  record Exhausted(String candidate, String key, String reason, long forMs) implements RelayEvent {
    /** Creates the event of a backend with one key. */
    public Exhausted(String candidate, String reason, long forMs) {
      this(candidate, null, reason, forMs);
    }

    @Override
    public JsonObject toJson() {
      JsonObject json = new JsonObject().put("event", "exhausted").put("candidate", candidate);
      if (key != null) {
        json.put("key", key);
      }
      return json.put("reason", reason).put("for_ms", forMs);
    }
  }

  /**
   * An attempt is ending whose backend sent frames that could not be parsed and were skipped.
   *
   * @param malformed the number of such frames
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

  /**
   * The warning threshold of a backend's budget was reached, or all of it is used. Published once
   * for each limit and window.
   *
   * @param backend the backend, or {@code key NAME} for the budget of a gateway key
   * @param limit the limit as the configuration names it, such as {@code daily-usd}
   * @param used the use, in the unit of the limit
   * @param max the limit itself
   * @param spent whether the limit is used up and the backend is not used until the next window;
   *     otherwise this is a warning
   * @param renewsInMs milliseconds until the next window begins
   */
  record BudgetThreshold(
      String backend, String limit, Number used, Number max, boolean spent, long renewsInMs)
      implements RelayEvent {
    @Override
    public JsonObject toJson() {
      return new JsonObject()
          .put("event", "budget_threshold")
          .put("backend", backend)
          .put("limit", limit)
          .put("used", used)
          .put("max", max)
          .put("spent", spent)
          .put("renews_in_ms", renewsInMs);
    }
  }

  /**
   * An operator acted on a backend.
   *
   * @param target the backend's name, or {@code backend/model} if the action is about one model
   * @param action such as {@code open_circuit} or {@code disable}
   * @param changed whether the action changed anything
   */
  record OperatorAction(String target, String action, boolean changed) implements RelayEvent {
    @Override
    public JsonObject toJson() {
      return new JsonObject()
          .put("event", "operator_action")
          .put("target", target)
          .put("action", action)
          .put("changed", changed);
    }
  }

  /**
   * A backend at rest was probed.
   *
   * @param reason the code of the failure's kind; {@code null} if it is healthy
   * @param latencyMs milliseconds until the answer
   * @param changed whether the last probe had the other result; the first one is expected to be
   *     healthy
   */
  record HealthProbe(
      String backend, boolean healthy, String reason, long latencyMs, boolean changed)
      implements RelayEvent {
    @Override
    public JsonObject toJson() {
      return new JsonObject()
          .put("event", "health_probe")
          .put("backend", backend)
          .put("healthy", healthy)
          .put("reason", reason)
          .put("latency_ms", latencyMs)
          .put("changed", changed);
    }
  }

  /**
   * The gateway refused a request before any attempt: its key, its limits, its body. No other event
   * has its id.
   *
   * @param requestId the {@code x-request-id} of the response
   * @param key the name of the caller's key; {@code null} if it is unknown
   * @param front the path of the request
   * @param status the status of the response
   * @param reason the code of the error, such as {@code invalid_json}, or the kind of the failure
   * @param field the path of the invalid field in the body; {@code null} if none is
   */
  record RequestRefused(
      String requestId, String key, String front, int status, String reason, String field)
      implements RelayEvent {
    @Override
    public JsonObject toJson() {
      return event("request_refused", requestId)
          .put("key", key)
          .put("front", front)
          .put("status", status)
          .put("reason", reason)
          .put("field", field);
    }
  }

  private static JsonObject event(String name, String requestId) {
    return new JsonObject().put("event", name).put("request_id", requestId);
  }
}
