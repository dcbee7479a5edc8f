package io.llmrelay.chat;

/** A {@link Failure} as an exception. It has no stack trace and no cause. */
public final class LlmException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient Failure failure;

  public LlmException(Failure failure) {
    super(failure.toString(), null, false, false);
    this.failure = failure;
  }

  /** What went wrong, what had been delivered, and the trail. */
  public Failure failure() {
    return failure;
  }

  /** The failure in {@code error}, or an {@link FailureKind#INTERNAL} one that names its class. */
  public static Failure failureOf(Throwable error) {
    if (error instanceof LlmException e) {
      return e.failure();
    }
    return Failure.of(FailureKind.INTERNAL, "internal error: " + error.getClass().getSimpleName());
  }
}
