package io.llmrelay.cli;

/** Thrown when a command fails; the message says why, and what to do about it. */
final class CommandException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  CommandException(String message) {
    super(message, null, false, false);
  }
}
