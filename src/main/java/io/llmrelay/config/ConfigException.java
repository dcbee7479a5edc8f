package io.llmrelay.config;

import java.util.List;

/**
 * A configuration that cannot be used. The message is for people and complete: one problem a line,
 * each with the file, the line where it is known, the key's path and what is allowed. It never
 * holds the value of a key.
 */
public final class ConfigException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient List<String> problems;

  public ConfigException(List<String> problems) {
    super(String.join("\n", problems));
    this.problems = List.copyOf(problems);
  }

  /** What is wrong, one sentence each. */
  public List<String> problems() {
    return problems;
  }
}
