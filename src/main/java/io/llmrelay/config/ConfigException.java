package io.llmrelay.config;

import java.util.List;

/**
 * Thrown for an unusable configuration. The message lists every problem on a line of its own, with
 * the file, the line number if known, the key and what is allowed. It never contains a value.
 */
public final class ConfigException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient List<String> problems;

  public ConfigException(List<String> problems) {
    super(String.join("\n", problems));
    this.problems = List.copyOf(problems);
  }

  /** Returns the problems, one sentence each. */
  public List<String> problems() {
    return problems;
  }
}
