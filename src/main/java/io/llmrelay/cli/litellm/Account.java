package io.llmrelay.cli.litellm;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A backend of the converted configuration, with the models of all its deployments. */
final class Account {
  private final String baseName;
  private final Map<String, Object> settings;

  /** The models, in the order of the file; ignored if it serves any. */
  private final Set<String> models = new LinkedHashSet<>();

  private boolean servesAny;
  private String name;

  /**
   * @param baseName the name, unless it is taken
   * @param settings the settings of the backend, without its models
   */
  Account(String baseName, Map<String, Object> settings) {
    this.baseName = baseName;
    this.settings = settings;
  }

  /** Returns whether a deployment with these settings is at the same account, without limits. */
  boolean isShared(String otherName, Map<String, Object> otherSettings) {
    return baseName.equals(otherName)
        && settings.equals(otherSettings)
        && !settings.containsKey("budget")
        && !settings.containsKey("max-connections");
  }

  void putIfAbsent(String key, Object value) {
    settings.putIfAbsent(key, value);
  }

  /** Returns whether the name is this one, but for a number at its end. */
  boolean isNamed(String other) {
    return baseName.equals(other);
  }

  /** Returns whether the backend is reached without TLS. */
  boolean isPlain() {
    return String.valueOf(settings.get("base-url")).startsWith("http://");
  }

  /** Sets a limit of the budget, unless it has one. */
  void limit(String limit, double dollars) {
    Map<String, Object> budget = new LinkedHashMap<>();
    if (settings.get("budget") instanceof Map<?, ?> own) {
      own.forEach((key, value) -> budget.put(String.valueOf(key), value));
    }
    budget.putIfAbsent(limit, dollars);
    settings.put("budget", budget);
  }

  void addModel(String model) {
    models.add(model);
  }

  void serveAny() {
    servesAny = true;
  }

  String name() {
    return name;
  }

  /**
   * Chooses a name that is free and that no model of another backend begins with, because {@code
   * openai/gpt-4o} would name that model.
   */
  void chooseName(Set<String> taken, List<Account> all) {
    String free = baseName;
    for (int i = 2; taken.contains(free) || isPrefixElsewhere(free, all); i++) {
      free = baseName + "-" + i;
    }
    taken.add(free);
    name = free;
  }

  private boolean isPrefixElsewhere(String prefix, List<Account> all) {
    return all.stream()
        .filter(other -> other != this)
        .anyMatch(other -> other.models.stream().anyMatch(m -> m.startsWith(prefix + "/")));
  }

  Map<String, Object> toTree() {
    Map<String, Object> tree = new LinkedHashMap<>(settings);
    if (!servesAny) {
      tree.put("models", new ArrayList<>(models));
    }
    return tree;
  }
}
