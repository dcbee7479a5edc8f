package io.llmrelay.gateway.responses;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** The client's names of the tools that other APIs have as functions. */
final class ToolNames {
  private static final String SEPARATOR = "__";

  /** A function in a namespace. */
  record Namespaced(String namespace, String name) {
    /** Returns the name of the function that stands for it. */
    String flat() {
      return namespace + SEPARATOR + name;
    }
  }

  private final Set<String> custom = new HashSet<>();
  private final Map<String, Namespaced> namespaced = new HashMap<>();

  /** Adds a custom tool, whose input is any text. */
  void addCustom(String name) {
    custom.add(name);
  }

  /** Adds a function in a namespace and returns the name of the function that stands for it. */
  String add(Namespaced function) {
    namespaced.put(function.flat(), function);
    return function.flat();
  }

  /** Returns whether the input of a tool is any text. */
  boolean isCustom(String name) {
    return custom.contains(name);
  }

  /** Returns a function's name for the client; its namespace is {@code null} if it has none. */
  Namespaced of(String name) {
    return namespaced.getOrDefault(name, new Namespaced(null, name));
  }
}
