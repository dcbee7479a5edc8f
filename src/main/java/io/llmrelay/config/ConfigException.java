package io.llmrelay.config;

import java.util.List;

/**
 * Thrown for an unusable configuration. The message lists every problem on a separate line, with
 * the file, the line number if known, the key and the allowed values. It never contains the given
 * value.
 */
public final class ConfigException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient List<String> problems;

  /** Creates an exception with these problems, one sentence each. */
  public ConfigException(List<String> problems) {
    super(String.join("\n", problems));
    this.problems = List.copyOf(problems);
  }

  /** Returns the problems, one sentence each. */
  public List<String> problems() {
    return problems;
  }
}
