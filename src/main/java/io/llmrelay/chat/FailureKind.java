package io.llmrelay.chat;

import java.util.Locale;

/**
 * What went wrong, in words that hold for every backend. Whether a kind falls back, counts for the
 * circuit or marks a candidate exhausted is the coordinator's business and stands there.
 */
public enum FailureKind {
  /** The request itself is wrong; no backend would take it. */
  INVALID_REQUEST(400, false),
  /** The provider refused to answer for reasons of content. */
  CONTENT_FILTER(400, false),
  /** The prompt does not fit the model's window (or what the server takes in one request). */
  CONTEXT_LENGTH(400, false),
  /**
   * This backend, model or account cannot do what the request asks; another may. A parameter it
   * does not know, JSON its model got wrong, a request too large for the account's tier.
   */
  UNSUPPORTED(400, false),
  /** The backend refused our key. */
  AUTHENTICATION(502, false),
  /** The key is good, but may not do this. */
  PERMISSION(502, false),
  /** The backend, or no configured backend at all, knows the model. */
  MODEL_NOT_FOUND(404, false),
  /** Too many requests or tokens for now; a short wait helps. */
  RATE_LIMITED(429, true),
  /** Credits, budget or the daily allowance are spent; only a long wait or money helps. */
  QUOTA_EXHAUSTED(429, true),
  /** The backend is up but has no capacity. */
  OVERLOADED(503, true),
  /** All connections that the relay may have open to the backend are in use. */
  SATURATED(503, true),
  /** The backend failed, or answered with something that is no answer. */
  SERVER_ERROR(502, true),
  /** A timer of ours ran out, or the backend says one of its own did. */
  TIMEOUT(504, true),
  /** Refused, reset, TLS failure, or a stream that ended without its end marker. */
  NETWORK(502, true),
  /** A success without any content. */
  EMPTY_ANSWER(502, true),
  /** The model called a tool that is not offered, or with arguments that are no JSON object. */
  MALFORMED_TOOL_CALL(502, true),
  /** The answer outgrew what may be held back before the commit point. */
  TOO_LARGE(502, false),
  /** Every candidate was skipped, or they failed in different ways. */
  UNAVAILABLE(503, true),
  /** The consumer cancelled or vanished. */
  CANCELLED(499, false),
  /** A defect of the relay itself. */
  INTERNAL(500, false);

  private final int status;
  private final boolean retryable;

  FailureKind(int status, boolean retryable) {
    this.status = status;
    this.retryable = retryable;
  }

  /** The name on the wire: lower case with underscores, such as {@code rate_limited}. */
  public String code() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The HTTP status a gateway answers with, and the failure code of a refusal on the event bus. */
  public int status() {
    return status;
  }

  /** Whether sending the same request again later makes sense. */
  public boolean retryable() {
    return retryable;
  }

  /** The kind with this wire name; {@link #INTERNAL} for a name this version does not know. */
  public static FailureKind of(String code) {
    return WireNames.find(values(), code, INTERNAL);
  }
}
