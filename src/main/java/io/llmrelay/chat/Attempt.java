package io.llmrelay.chat;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Locale;

/**
 * One entry of the trail: an attempt at a candidate, or a candidate that was skipped.
 *
 * @param backend the backend's configured name
 * @param model the requested model of this backend
 * @param result the result
 * @param reason the wire name of the {@link FailureKind} of a failed attempt, or of the {@link
 *     SkipReason} of a skipped candidate; {@code null} otherwise
 * @param message the reason in words, without keys and prompts; may be {@code null}
 * @param status the backend's HTTP status; 0 if it sent none
 * @param providerCode the provider's own code for a failure, or {@code null}
 * @param startMs milliseconds between the start of the request and the start of the attempt
 * @param durationMs the duration of the attempt, in milliseconds
 * @param firstChunkMs milliseconds from the attempt's start to its first chunk; -1 without one
 * @param usage the tokens, as far as known
 * @param costUsd the cost in US dollars; {@code null} if the price or the usage is unknown
 * @param resumedAtBytes the bytes that had been delivered when it continued the answer of an
 *     attempt that broke off; -1 if it did not
 * @param key the name of the backend's key, never the key itself; {@code null} if the backend has
 *     no more than one, or was skipped
 * @param affinity what identifies the conversation of the request, such as {@code session}, or
 *     {@code session;moved} for an attempt at another candidate or with another key than the
 *     conversation is attached to; {@code null} without affinity
 */
public record Attempt(
    String backend,
    String model,
    Result result,
    String reason,
    String message,
    int status,
    String providerCode,
    long startMs,
    long durationMs,
    long firstChunkMs,
    TokenUsage usage,
    Double costUsd,
    long resumedAtBytes,
    String key,
    String affinity) {

  /** The result of an attempt, or {@link #SKIPPED} if there was none. */
  public enum Result {
    /** It is serving the answer. */
    SERVING,
    /** It served the answer to the end. */
    SERVED,
    /** It failed. */
    FAILED,
    /** It was cancelled by the consumer. */
    CANCELLED,
    /** It was aborted because an attempt beside it was faster. */
    HEDGED,
    /** It was to resume an answer that broke off, and its own answer was another one. */
    DIVERGED,
    /** It was never tried. */
    SKIPPED,
    /** A result this version does not know. */
    OTHER;

    /** Returns the name on the wire, such as {@code served}. */
    public String code() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** Creates the entry of a candidate that was not tried. */
  public static Attempt skipped(
      String backend, String model, SkipReason reason, String message, long startMs) {
    return new Attempt(
        backend,
        model,
        Result.SKIPPED,
        reason.code(),
        message,
        0,
        null,
        startMs,
        0,
        -1,
        TokenUsage.NONE,
        null,
        -1,
        null,
        null);
  }

  /** Returns the JSON form, as it crosses the event bus. */
  public JsonObject toJson() {
    JsonObject json =
        new JsonObject().put("backend", backend).put("model", model).put("result", result.code());
    if (key != null) {
      json.put("key", key);
    }
    if (affinity != null) {
      json.put("affinity", affinity);
    }
    if (reason != null) {
      json.put("reason", reason);
    }
    if (message != null) {
      json.put("message", message);
    }
    if (status != 0) {
      json.put("status", status);
    }
    if (providerCode != null) {
      json.put("provider_code", providerCode);
    }
    json.put("start_ms", startMs).put("duration_ms", durationMs);
    if (firstChunkMs >= 0) {
      json.put("first_chunk_ms", firstChunkMs);
    }
    if (usage.source() != TokenUsage.Source.NONE) {
      json.put("usage", usage.toJson());
    }
    if (costUsd != null) {
      json.put("cost_usd", costUsd);
    }
    if (resumedAtBytes >= 0) {
      json.put("resumed_at_bytes", resumedAtBytes);
    }
    return json;
  }

  /** Reads the JSON form. */
  public static Attempt fromJson(JsonObject json) {
    return new Attempt(
        json.getString("backend"),
        json.getString("model"),
        WireNames.find(Result.values(), json.getString("result"), Result.OTHER),
        json.getString("reason"),
        json.getString("message"),
        json.getInteger("status", 0),
        json.getString("provider_code"),
        json.getLong("start_ms", 0L),
        json.getLong("duration_ms", 0L),
        json.getLong("first_chunk_ms", -1L),
        TokenUsage.fromJson(json.getJsonObject("usage")),
        json.getDouble("cost_usd"),
        json.getLong("resumed_at_bytes", -1L),
        json.getString("key"),
        json.getString("affinity"));
  }

  /** Encodes a trail as JSON. */
  public static JsonArray toJson(List<Attempt> trail) {
    JsonArray array = new JsonArray();
    trail.forEach(attempt -> array.add(attempt.toJson()));
    return array;
  }

  /** Decodes a trail from JSON; {@code null} counts as an empty one. */
  public static List<Attempt> listFromJson(JsonArray array) {
    return array == null
        ? List.of()
        : array.stream().map(entry -> fromJson((JsonObject) entry)).toList();
  }
}
