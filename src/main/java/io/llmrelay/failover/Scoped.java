package io.llmrelay.failover;

import java.util.Set;

/**
 * A setting that may apply to some requests only.
 *
 * @param otherwise the value for all others
 * @param only the requested models (such as aliases) and the backends for which it applies; empty
 *     for all
 */
public record Scoped<T>(T value, T otherwise, Set<String> only) {
  public Scoped {
    only = Set.copyOf(only);
  }

  /** Creates a setting that never applies. */
  static <T> Scoped<T> never(T otherwise) {
    return new Scoped<>(otherwise, otherwise, Set.of());
  }

  /** Returns the setting for a request, which may have a value of its own. */
  Scoped<T> of(T requested, String model) {
    if (requested != null) {
      return new Scoped<>(requested, otherwise, Set.of());
    }
    boolean named = model != null && only.contains(model);
    return named ? new Scoped<>(value, otherwise, Set.of()) : this;
  }

  /** Returns the value for a backend. */
  T at(String backend) {
    return only.isEmpty() || only.contains(backend) ? value : otherwise;
  }

  /** Returns whether there is no value but that for all others. */
  boolean isOff() {
    return value.equals(otherwise);
  }
}
