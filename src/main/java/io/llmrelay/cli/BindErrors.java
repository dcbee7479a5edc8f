package io.llmrelay.cli;

import java.io.IOException;

/** Explains why a server cannot listen on its port. */
final class BindErrors {
  private BindErrors() {}

  /** Returns the reason as a message; rethrows an error that has nothing to do with the port. */
  static CommandException explain(Throwable error, String host, int port) {
    String reason = String.valueOf(error.getMessage());
    if (reason.contains("in use")) {
      return new CommandException(
          "Port %d of %s is in use by another program. Choose another one with --port N."
              .formatted(port, host));
    }
    if (error instanceof IOException) {
      return new CommandException("Cannot listen at %s:%d: %s".formatted(host, port, reason));
    }
    if (error instanceof RuntimeException e) {
      throw e;
    }
    throw new IllegalStateException(error);
  }
}
