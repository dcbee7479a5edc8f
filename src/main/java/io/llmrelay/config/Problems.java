package io.llmrelay.config;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Collects what is wrong with one configuration, so that all of it is said at once. */
public final class Problems {
  private final String source;
  private final Map<String, Integer> lines = new HashMap<>();
  private final Set<String> paths = new HashSet<>();
  private final List<String> found = new ArrayList<>();

  /**
   * Nothing wrong yet.
   *
   * @param source what the configuration was read from, as every complaint begins
   */
  public Problems(String source) {
    this.source = source;
  }

  /** What the configuration was read from. */
  public String source() {
    return source;
  }

  /**
   * Notes a complaint, unless there is one about the same key already.
   *
   * @param path the key, such as {@code backends.primary.dialect}; empty for the whole
   * @param complaint goes on where the path stops: {@code must be …}
   */
  public void add(String path, String complaint) {
    if (!paths.add(path)) {
      return;
    }
    Integer line = line(path);
    String subject = path.isEmpty() ? "the configuration" : path;
    found.add(source + (line == null ? "" : ":" + line) + ": " + subject + " " + complaint);
  }

  /** For a complaint about a name that must be one of these: the name, a guess, and these. */
  public static String unknown(String name, Collection<String> known) {
    return "\"%s\"%s (known: %s)"
        .formatted(name, Names.didYouMean(name, known), String.join(", ", known));
  }

  /** Stops here if there was a complaint. */
  public void throwIfAny() {
    if (!found.isEmpty()) {
      throw new ConfigException(found);
    }
  }

  /** Whether there was no complaint. */
  public boolean isEmpty() {
    return found.isEmpty();
  }

  void addAtLine(int line, String complaint) {
    found.add(source + ":" + line + ": " + complaint);
  }

  void setLine(String path, int line) {
    lines.put(path, line);
  }

  /** The line of a key, or of the nearest key around it. */
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
