package io.llmrelay.chat;

/** A {@link Failure} as an exception. It has no stack trace and no cause. */
public final class LlmException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient Failure failure;

  /** Creates an exception for a failure. */
  public LlmException(Failure failure) {
    super(failure.toString(), null, false, false);
    this.failure = failure;
  }

  /** Returns the failure, with the delivered amount and the trail. */
  public Failure failure() {
    return failure;
  }

  /**
   * Returns the failure of an LlmException; for any other error, one of kind {@link
   * FailureKind#INTERNAL} that names its class.
   */
  public static Failure failureOf(Throwable error) {
    if (error instanceof LlmException e) {
      return e.failure();
    }
    return Failure.of(FailureKind.INTERNAL, "internal error: " + error.getClass().getSimpleName());
  }
}
