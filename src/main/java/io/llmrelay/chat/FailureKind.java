package io.llmrelay.chat;

import java.util.Locale;

/**
 * The kind of a failure, independent of backend and dialect. The coordinator's failure table
 * determines whether a kind falls back, counts for the circuit or starts a cooldown.
 */
public enum FailureKind {
  /** The request is invalid; no backend would accept it. */
  INVALID_REQUEST(400, false),
  /** The provider refused to answer because of the content. */
  CONTENT_FILTER(400, false),
  /** The prompt exceeds the model's context window, or the server's limit for one request. */
  CONTEXT_LENGTH(400, false),
  /**
   * This backend, model or account does not support the request; another may. Examples: a parameter
   * it does not know, invalid JSON of its model, a request too large for the account's tier.
   */
  UNSUPPORTED(400, false),
  /** The backend refused the relay's key. */
  AUTHENTICATION(502, false),
  /** The key is valid, but lacks a permission. */
  PERMISSION(502, false),
  /** The backend does not know the model, or no configured backend does. */
  MODEL_NOT_FOUND(404, false),
  /** A rate limit of requests or tokens is reached; a retry after a short delay may succeed. */
  RATE_LIMITED(429, true),
  /** Credits, a budget or a daily quota are used up, for hours or until they are renewed. */
  QUOTA_EXHAUSTED(429, true),
  /** The backend is up but has no capacity. */
  OVERLOADED(503, true),
  /** All connections that the relay may have open to the backend are in use. */
  SATURATED(503, true),
  /** The backend failed, or its response is not an answer. */
  SERVER_ERROR(502, true),
  /** A timeout of the relay passed, or the backend reported one of its own. */
  TIMEOUT(504, true),
  /** The connection was refused or reset, TLS failed, or a stream ended without its end marker. */
  NETWORK(502, true),
  /** The backend reported success without any content. */
  EMPTY_ANSWER(502, true),
  /** The model called a tool that was not offered, or with arguments that are not a JSON object. */
  MALFORMED_TOOL_CALL(502, true),
  /** The answer exceeded the limit for output held before the commit point. */
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

  /** Returns the name on the wire: lower case with underscores, such as {@code rate_limited}. */
  public String code() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Returns the HTTP status of a gateway's response, and of a reply's failure on the event bus. */
  public int status() {
    return status;
  }

  /** Returns whether the same request may succeed later. */
  public boolean retryable() {
    return retryable;
  }

  /** Returns the kind with this wire name; {@link #INTERNAL} for an unknown one. */
  public static FailureKind of(String code) {
    return WireNames.find(values(), code, INTERNAL);
  }
}
