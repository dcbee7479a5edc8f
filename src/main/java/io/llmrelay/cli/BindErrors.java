package io.llmrelay.cli;

import java.io.IOException;

/** Why a server could not be opened. */
final class Ports {
  private Ports() {}

  /** The reason in words; a failure that has nothing to do with the port is thrown as it is. */
  static CommandFailed notOpen(Throwable error, String host, int port) {
    String reason = String.valueOf(error.getMessage());
    if (reason.contains("in use")) {
      return new CommandFailed(
          "Port %d of %s is in use by another program. Choose another one with --port N."
              .formatted(port, host));
    }
    if (error instanceof IOException) {
      return new CommandFailed("Cannot listen at %s:%d: %s".formatted(host, port, reason));
    }
    if (error instanceof RuntimeException e) {
      throw e;
    }
    throw new IllegalStateException(error);
  }
}
