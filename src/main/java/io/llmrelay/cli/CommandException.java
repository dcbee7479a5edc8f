package io.llmrelay.cli;

/** Thrown when a command fails; the message states the reason and the remedy. */
final class CommandException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  CommandException(String message) {
    super(message, null, false, false);
  }
}
