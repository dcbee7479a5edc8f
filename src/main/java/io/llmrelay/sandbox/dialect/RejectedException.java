package io.llmrelay.sandbox.dialect;

/** Reports a request that the vendor rejects, with the vendor's error. */
public final class RejectedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient SandboxError error;

  public RejectedException(SandboxError error) {
    super(error.message(), null, false, false);
    this.error = error;
  }

  /** Returns the response to the request. */
  public SandboxError error() {
    return error;
  }
}
