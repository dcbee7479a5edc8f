package io.llmrelay.chat;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/**
 * Reads the fields of one JSON object of a request, each at most once, and rejects unread fields.
 * Every error is an {@link LlmException} that names the field by its full path.
 */
final class FieldReader {
  private static final int MAX_NAME = 100;

  /** Longest model, in characters: what is remembered of one is remembered by its name. */
  private static final int MAX_MODEL = 300;

  private final JsonObject json;
  private final String prefix;
  private final Set<String> read = new HashSet<>();

  FieldReader(JsonObject json, String prefix) {
    this.json = json;
    this.prefix = prefix;
  }

  /** Returns a value; {@code null} if it is absent or JSON null. */
  Object value(String key) {
    read.add(key);
    return json.getValue(key);
  }

  String string(String key) {
    Object value = value(key);
    if (value == null || value instanceof String) {
      return (String) value;
    }
    throw invalid(key, "must be a string");
  }

  /** Returns the field {@code model}, or {@code null}. */
  String model() {
    String model = string("model");
    if (model != null && model.isBlank()) {
      throw invalid("model", "must not be empty; leave it out for the default model");
    }
    if (model != null && model.length() > MAX_MODEL) {
      throw invalid("model", "must have at most " + MAX_MODEL + " characters");
    }
    return model;
  }

  Double number(String key, double min, double max) {
    Object value = value(key);
    if (value == null) {
      return null;
    }
    if (value instanceof Number n && n.doubleValue() >= min && n.doubleValue() <= max) {
      return n.doubleValue();
    }
    throw invalid(key, "must be a number from " + plain(min) + " to " + plain(max));
  }

  Integer integer(String key, int min, int max) {
    Long value = integer(key);
    if (value == null) {
      return null;
    }
    if (value < min || value > max) {
      throw invalid(
          key, "must be an integer from " + min + (max == Integer.MAX_VALUE ? "" : " to " + max));
    }
    return value.intValue();
  }

  Long integer(String key) {
    Object value = value(key);
    if (value == null) {
      return null;
    }
    if (value instanceof Integer || value instanceof Long) {
      return ((Number) value).longValue();
    }
    throw invalid(key, "must be an integer");
  }

  FieldReader object(String key) {
    Object value = value(key);
    if (value == null) {
      return null;
    }
    if (value instanceof JsonObject object) {
      return new FieldReader(object, prefix + key + ".");
    }
    throw invalid(key, "must be an object");
  }

  /** Returns an object, or {@code null}. */
  JsonObject json(String key) {
    return object(key) == null ? null : (JsonObject) json.getValue(key);
  }

  JsonArray array(String key) {
    Object value = value(key);
    if (value == null || value instanceof JsonArray) {
      return (JsonArray) value;
    }
    throw invalid(key, "must be an array");
  }

  /** Returns an array of non-empty strings, or {@code null}. */
  List<String> strings(String key, int max) {
    JsonArray array = array(key);
    if (array == null) {
      return null;
    }
    if (array.size() > max) {
      throw invalid(key, "must have at most " + max + " entries");
    }
    List<String> strings = new ArrayList<>(array.size());
    for (int i = 0; i < array.size(); i++) {
      if (!(array.getValue(i) instanceof String s) || s.isEmpty()) {
        throw invalid(key + "[" + i + "]", "must be a string that is not empty");
      }
      strings.add(s);
    }
    return List.copyOf(strings);
  }

  Duration duration(String key) {
    return convert(
        key,
        value -> {
          if (value instanceof String s) {
            return Durations.parse(s);
          }
          throw new IllegalArgumentException("must be " + Durations.FORMAT);
        });
  }

  /** Converts a value with a function that throws IllegalArgumentException for an invalid one. */
  <T> T convert(String key, Function<Object, T> conversion) {
    Object value = value(key);
    if (value == null) {
      return null;
    }
    try {
      return conversion.apply(value);
    } catch (IllegalArgumentException e) {
      throw invalid(key, e.getMessage());
    }
  }

  /** Rejects every field that was not read; JSON null counts as absent. */
  void nothingElse() {
    for (String key : json.fieldNames()) {
      if (!read.contains(key) && json.getValue(key) != null) {
        throw invalid(shown(key), "is not supported yet");
      }
    }
  }

  LlmException invalid(String key, String complaint) {
    String path = prefix + key;
    return Failure.invalid(path, path + " " + complaint).toException();
  }

  /** Returns a name chosen by the caller as one short line for a message; never empty. */
  static String shown(String name) {
    String cut = name.length() > MAX_NAME ? name.substring(0, MAX_NAME) + "..." : name;
    String shown = cut.replaceAll("[\\p{C}\\p{Zl}\\p{Zp}]", "?");
    return shown.isBlank() ? '"' + shown + '"' : shown;
  }

  static String plain(double number) {
    return BigDecimal.valueOf(number).stripTrailingZeros().toPlainString();
  }
}
