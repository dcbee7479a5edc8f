package io.llmrelay.cli.litellm;

import io.llmrelay.chat.Durations;
import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A mapping of LiteLLM's file. {@link #close} reports the keys that were not read. */
final class Section {
  private static final Pattern VARIABLE = Pattern.compile("os\\.environ/([A-Za-z_][A-Za-z0-9_]*)");

  private final String path;
  private final Map<String, Object> values = new LinkedHashMap<>();
  private final Notes notes;
  private final Set<String> read = new HashSet<>();

  /**
   * @param path the keys that lead here; empty for the whole file
   * @param value the mapping; any other value counts as an empty one
   */
  Section(String path, Object value, Notes notes) {
    this.path = path;
    this.notes = notes;
    if (value instanceof Map<?, ?> map) {
      map.forEach((key, entry) -> values.put(String.valueOf(key), entry));
    } else if (value != null) {
      notes.lost(path, "is not a mapping");
    }
  }

  String path(String key) {
    return path.isEmpty() ? key : path + "." + key;
  }

  /** Returns a value as it is; {@code null} if it is absent. */
  Object value(String key) {
    read.add(key);
    return values.get(key);
  }

  /** Returns whether a key has a value, without reading it. */
  boolean has(String key) {
    return values.get(key) != null;
  }

  /** Returns the keys, those that were read as well. */
  Set<String> keys() {
    return Set.copyOf(values.keySet());
  }

  /** Counts a key as read if its value is {@code true}. */
  void passIfTrue(String key) {
    if (Boolean.parseBoolean(String.valueOf(values.get(key)))) {
      read.add(key);
    }
  }

  Section section(String key) {
    return new Section(path(key), value(key), notes);
  }

  /** Adds values that are used where this section has none. */
  void addDefaults(Section other) {
    other.values.forEach(
        (key, value) -> {
          if (!has(key)) {
            values.put(key, value);
          }
        });
    other.read.addAll(other.values.keySet());
  }

  List<?> list(String key) {
    Object value = value(key);
    if (value == null || value instanceof List<?>) {
      return value == null ? List.of() : (List<?>) value;
    }
    notes.lost(path(key), "is not a list");
    return List.of();
  }

  /** Returns text with {@code ${NAME}} for a variable; {@code null} if it is absent or unusable. */
  String text(String key) {
    return text(key, value(key));
  }

  private String text(String key, Object value) {
    if (value instanceof Map<?, ?> || value instanceof List<?>) {
      notes.lost(path(key), "is not text");
      return null;
    }
    String text = value == null ? "" : value.toString().strip();
    Matcher variable = VARIABLE.matcher(text);
    if (variable.matches()) {
      return "${" + variable.group(1) + "}";
    }
    if (text.contains("${")) {
      notes.lost(path(key), "contains \"${\", which stands for a variable here");
      return null;
    }
    return text.isEmpty() ? null : text;
  }

  /** Returns a number from a minimum on; {@code null} if it is absent or unusable. */
  Double number(String key, double min) {
    Object value = value(key);
    if (value == null) {
      return null;
    }
    try {
      double number = Double.parseDouble(value.toString());
      if (number >= min && number <= Integer.MAX_VALUE) {
        return number;
      }
    } catch (NumberFormatException e) {
      // Reported below: a variable, or a placeholder.
    }
    notes.lost(path(key), "is not a number that can be converted; set its counterpart by hand");
    return null;
  }

  Long integer(String key, int min) {
    Double number = number(key, min);
    return number == null ? null : number.longValue();
  }

  /** Returns seconds as a duration of a configuration. */
  String seconds(String key) {
    Double seconds = number(key, 0.001);
    return seconds == null ? null : Durations.format(Duration.ofMillis(Math.round(seconds * 1000)));
  }

  boolean flag(String key) {
    return Boolean.parseBoolean(String.valueOf(value(key)));
  }

  /** Returns a mapping of texts, without what is none. */
  Map<String, String> texts(String key) {
    Section section = section(key);
    Map<String, String> texts = new LinkedHashMap<>();
    section.values.forEach(
        (name, value) -> {
          String text = section.text(name, value);
          if (text != null) {
            texts.put(name, text);
          }
        });
    return texts;
  }

  /** Reports keys that have no counterpart, with the reason. */
  void lost(String reason, String... keys) {
    for (String key : keys) {
      if (value(key) != null) {
        notes.lost(path(key), reason);
      }
    }
  }

  /** Counts every key as read, because one note is about all of them. */
  void leaveOut() {
    read.addAll(values.keySet());
  }

  /** Reports every key that was not read. */
  void close() {
    values.forEach(
        (key, value) -> {
          if (value != null && !read.contains(key)) {
            notes.lost(path(key), "has no counterpart");
          }
        });
  }
}
