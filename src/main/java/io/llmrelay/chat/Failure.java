package io.llmrelay.chat;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Objects;

/**
 * The failure of a request, a run or an attempt. The code that detects it sets kind, message,
 * backend, status, code and retry delay; the coordinator adds the delivered amount, the usage and
 * the trail.
 *
 * <p>Immutable; the {@code with…} methods return a changed copy. Never holds a key or a prompt.
 */
public final class Failure {
  /**
   * The maximum length of a message and of a provider's code, in characters; longer ones are cut.
   */
  public static final int MAX_MESSAGE = 500;

  private final FailureKind kind;
  private final String message;
  private String field;
  private String requestId;
  private String backend;
  private String model;
  private int status;
  private String providerCode;
  private long retryAfterMs = -1;
  private boolean repeated;
  private long deliveredChunks;
  private long deliveredBytes;
  private TokenUsage usage = TokenUsage.NONE;
  private Double costUsd;
  private List<Attempt> trail = List.of();

  private Failure(FailureKind kind, String message) {
    this.kind = Objects.requireNonNull(kind);
    this.message = cut(Objects.requireNonNull(message));
  }

  /** Creates a failure with a message for users. */
  public static Failure of(FailureKind kind, String message) {
    return new Failure(kind, message);
  }

  /**
   * Creates the failure of an invalid request.
   *
   * @param field the JSON path of the invalid field, such as {@code messages[0].role}
   */
  public static Failure invalid(String field, String message) {
    return new Failure(FailureKind.INVALID_REQUEST, message).withField(field);
  }

  /** Returns the kind, which determines what follows from the failure. */
  public FailureKind kind() {
    return kind;
  }

  /** Returns the message, for people; it has no key and no prompt. */
  public String message() {
    return message;
  }

  /** Returns the path of the invalid field of the request, or {@code null}. */
  public String field() {
    return field;
  }

  /** Returns the id of the request; {@code null} if it was rejected before it got one. */
  public String requestId() {
    return requestId;
  }

  /** Returns the backend that failed, or {@code null} if none did. */
  public String backend() {
    return backend;
  }

  /** Returns the requested model of {@link #backend()}, or {@code null}. */
  public String model() {
    return model;
  }

  /** Returns the backend's HTTP status; 0 if it sent none. */
  public int status() {
    return status;
  }

  /** Returns the provider's own code for the failure, or {@code null}. */
  public String providerCode() {
    return providerCode;
  }

  /** Returns the suggested delay before a retry in milliseconds; -1 if unknown. */
  public long retryAfterMs() {
    return retryAfterMs;
  }

  /**
   * Returns whether another stream has reported the same event before: the loss of a connection
   * that several streams had in common. For the health of the backend it counts once.
   */
  public boolean isRepeated() {
    return repeated;
  }

  /** Returns whether the same request may succeed later. */
  public boolean retryable() {
    return kind.retryable();
  }

  /** Returns the number of chunks delivered to the consumer before the failure. */
  public long deliveredChunks() {
    return deliveredChunks;
  }

  /** Returns the UTF-8 bytes delivered to the consumer, reasoning and refusal included. */
  public long deliveredBytes() {
    return deliveredBytes;
  }

  /** Returns the tokens of the failed answer, as far as known. */
  public TokenUsage usage() {
    return usage;
  }

  /** Returns the cost of the failed answer in US dollars; {@code null} if unknown. */
  public Double costUsd() {
    return costUsd;
  }

  /** Returns every attempt and every skipped candidate, in order. */
  public List<Attempt> trail() {
    return trail;
  }

  /** Returns a copy that names the field of the request that is at fault. */
  public Failure withField(String field) {
    Failure copy = copy();
    copy.field = field;
    return copy;
  }

  /** Returns a copy with the id of the request. */
  public Failure withRequestId(String requestId) {
    Failure copy = copy();
    copy.requestId = requestId;
    return copy;
  }

  /** Returns a copy that names the candidate that failed. */
  public Failure withCandidate(String backend, String model) {
    Failure copy = copy();
    copy.backend = backend;
    copy.model = model;
    return copy;
  }

  /** Returns a copy with the HTTP status and the provider's own code, {@code null} for none. */
  public Failure withStatus(int status, String providerCode) {
    Failure copy = copy();
    copy.status = status;
    copy.providerCode = cut(providerCode);
    return copy;
  }

  /** Returns a copy with the time after which a new request makes sense, in milliseconds. */
  public Failure withRetryAfterMs(long retryAfterMs) {
    Failure copy = copy();
    copy.retryAfterMs = retryAfterMs;
    return copy;
  }

  /** Returns a copy that reports an event which another stream has reported before. */
  public Failure withRepeated() {
    Failure copy = copy();
    copy.repeated = true;
    return copy;
  }

  /** Returns a copy with what the consumer got before the failure. */
  public Failure withDelivered(long chunks, long bytes) {
    Failure copy = copy();
    copy.deliveredChunks = chunks;
    copy.deliveredBytes = bytes;
    return copy;
  }

  /** Returns a copy with the tokens used and their cost in US dollars, {@code null} if unknown. */
  public Failure withUsage(TokenUsage usage, Double costUsd) {
    Failure copy = copy();
    copy.usage = usage;
    copy.costUsd = costUsd;
    return copy;
  }

  /** Returns a copy with the attempts and skipped candidates. */
  public Failure withTrail(List<Attempt> trail) {
    Failure copy = copy();
    copy.trail = List.copyOf(trail);
    return copy;
  }

  /** Returns the JSON form, as it crosses the event bus. */
  public JsonObject toJson() {
    JsonObject json =
        new JsonObject()
            .put("kind", kind.code())
            .put("message", message)
            .put("retryable", retryable());
    if (field != null) {
      json.put("field", field);
    }
    if (requestId != null) {
      json.put("request_id", requestId);
    }
    if (backend != null) {
      json.put("backend", backend);
    }
    if (model != null) {
      json.put("model", model);
    }
    if (status != 0) {
      json.put("status", status);
    }
    if (providerCode != null) {
      json.put("provider_code", providerCode);
    }
    if (retryAfterMs >= 0) {
      json.put("retry_after_ms", retryAfterMs);
    }
    if (repeated) {
      json.put("repeated", true);
    }
    if (deliveredChunks > 0) {
      json.put("delivered_chunks", deliveredChunks).put("delivered_bytes", deliveredBytes);
    }
    if (usage.source() != TokenUsage.Source.NONE) {
      json.put("usage", usage.toJson());
    }
    if (costUsd != null) {
      json.put("cost_usd", costUsd);
    }
    if (!trail.isEmpty()) {
      json.put("trail", Attempt.toJson(trail));
    }
    return json;
  }

  /** Reads the JSON form. */
  public static Failure fromJson(JsonObject json) {
    Failure failure =
        new Failure(FailureKind.of(json.getString("kind")), json.getString("message", ""));
    failure.field = json.getString("field");
    failure.requestId = json.getString("request_id");
    failure.backend = json.getString("backend");
    failure.model = json.getString("model");
    failure.status = json.getInteger("status", 0);
    failure.providerCode = json.getString("provider_code");
    failure.retryAfterMs = json.getLong("retry_after_ms", -1L);
    failure.repeated = json.getBoolean("repeated", false);
    failure.deliveredChunks = json.getLong("delivered_chunks", 0L);
    failure.deliveredBytes = json.getLong("delivered_bytes", 0L);
    failure.usage = TokenUsage.fromJson(json.getJsonObject("usage"));
    failure.costUsd = json.getDouble("cost_usd");
    JsonArray trail = json.getJsonArray("trail");
    failure.trail = Attempt.listFromJson(trail);
    return failure;
  }

  /**
   * Returns the failure as an exception. It has no stack trace, since the failure is the backend's
   * or the caller's.
   */
  public LlmException toException() {
    return new LlmException(this);
  }

  @Override
  public String toString() {
    String where = backend == null ? "" : " at " + new CandidateName(backend, model);
    return kind.code() + where + ": " + message;
  }

  private Failure copy() {
    Failure copy = new Failure(kind, message);
    copy.field = field;
    copy.requestId = requestId;
    copy.backend = backend;
    copy.model = model;
    copy.status = status;
    copy.providerCode = providerCode;
    copy.retryAfterMs = retryAfterMs;
    copy.repeated = repeated;
    copy.deliveredChunks = deliveredChunks;
    copy.deliveredBytes = deliveredBytes;
    copy.usage = usage;
    copy.costUsd = costUsd;
    copy.trail = trail;
    return copy;
  }

  private static String cut(String text) {
    if (text == null || text.length() <= MAX_MESSAGE) {
      return text;
    }
    int end = MAX_MESSAGE - 1;
    return text.substring(0, Character.isHighSurrogate(text.charAt(end - 1)) ? end - 1 : end) + "…";
  }
}
