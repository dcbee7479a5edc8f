package io.llmrelay.config;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Collects the problems of one configuration, so that all are reported at once. */
final class Problems {
  private final String source;
  private final Map<String, Integer> lines = new HashMap<>();
  private final Set<String> paths = new HashSet<>();
  private final List<String> found = new ArrayList<>();

  /**
   * @param source the name of the configuration's source, with which every message starts
   */
  Problems(String source) {
    this.source = source;
  }

  /** Returns the name of the configuration's source. */
  String source() {
    return source;
  }

  /**
   * Adds a problem, unless the same key has one already.
   *
   * @param path the key, such as {@code backends.primary.dialect}; empty for the whole
   *     configuration
   * @param problem the rest of the sentence that starts with the key: {@code must be …}
   */
  void add(String path, String problem) {
    if (!paths.add(path)) {
      return;
    }
    Integer line = line(path);
    String subject = path.isEmpty() ? "the configuration" : path;
    found.add(source + (line == null ? "" : ":" + line) + ": " + subject + " " + problem);
  }

  /** Returns the text for an unknown name: the name, a similar known one, and all known ones. */
  static String unknown(String name, Collection<String> known) {
    return "\"%s\"%s (known: %s)"
        .formatted(name, Suggestions.didYouMean(name, known), String.join(", ", known));
  }

  /** Throws a {@link ConfigException} if there are problems. */
  void throwIfAny() {
    if (!found.isEmpty()) {
      throw new ConfigException(found);
    }
  }

  /** Returns the keys that have a problem. */
  Set<String> paths() {
    return paths;
  }

  /** Returns whether there are no problems. */
  boolean isEmpty() {
    return found.isEmpty();
  }

  void addAtLine(int line, String problem) {
    found.add(source + ":" + line + ": " + problem);
  }

  void setLine(String path, int line) {
    lines.put(path, line);
  }

  /** Returns the line of a key or of its nearest known parent; {@code null} if unknown. */
  private Integer line(String path) {
    String at = path;
    while (!at.isEmpty()) {
      Integer line = lines.get(at);
      if (line != null) {
        return line;
      }
      at = at.substring(0, Math.max(0, Math.max(at.lastIndexOf('.'), at.lastIndexOf('['))));
    }
    return null;
  }
}
