package io.llmrelay.provider;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** Merges a schema into another, so that values that match the result match both where possible. */
final class SchemaMerge {
  private static final Set<String> ANNOTATIONS =
      Set.of("title", "description", "default", "examples", "format");
  private static final Set<String> LOWER_BOUNDS =
      Set.of("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties");
  private static final Set<String> UPPER_BOUNDS =
      Set.of("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties");

  private SchemaMerge() {}

  /** Merges the other schema, and returns contradictory keywords, of which the first is kept. */
  static Set<String> into(JsonObject schema, JsonObject other) {
    Set<String> contradictions = new TreeSet<>();
    for (Map.Entry<String, Object> entry : other) {
      String keyword = entry.getKey();
      Object first = schema.getValue(keyword);
      if (!schema.containsKey(keyword) || first == null) {
        schema.put(keyword, entry.getValue());
      } else if (!first.equals(entry.getValue()) && !ANNOTATIONS.contains(keyword)) {
        Object both = both(keyword, first, entry.getValue(), contradictions);
        schema.put(keyword, both);
      }
    }
    return contradictions;
  }

  private static Object both(
      String keyword, Object first, Object second, Set<String> contradictions) {
    if (keyword.equals("properties")
        && first instanceof JsonObject properties
        && second instanceof JsonObject others) {
      JsonObject all = SchemaRewriting.copy(properties);
      others.forEach(property -> property(all, property, contradictions));
      return all;
    }
    if (keyword.equals("required")
        && first instanceof JsonArray names
        && second instanceof JsonArray others) {
      Set<Object> all = new LinkedHashSet<>(list(names));
      all.addAll(list(others));
      return new JsonArray(new ArrayList<>(all));
    }
    if (keyword.equals("additionalProperties")
        && (first instanceof Boolean || second instanceof Boolean)) {
      return Boolean.TRUE.equals(first) ? second : Boolean.TRUE.equals(second) ? first : false;
    }
    if (keyword.equals("type") || keyword.equals("enum")) {
      List<Object> common = new ArrayList<>(list(first));
      common.retainAll(list(second));
      if (!common.isEmpty()) {
        return keyword.equals("type") && common.size() == 1 ? common.get(0) : new JsonArray(common);
      }
    }
    if (first instanceof Number a && second instanceof Number b) {
      if (LOWER_BOUNDS.contains(keyword)) {
        return a.doubleValue() >= b.doubleValue() ? a : b;
      }
      if (UPPER_BOUNDS.contains(keyword)) {
        return a.doubleValue() <= b.doubleValue() ? a : b;
      }
    }
    contradictions.add(keyword);
    return first;
  }

  private static void property(
      JsonObject properties, Map.Entry<String, Object> property, Set<String> contradictions) {
    Object first = properties.getValue(property.getKey());
    if (first instanceof JsonObject schema && property.getValue() instanceof JsonObject other) {
      JsonObject both = SchemaRewriting.copy(schema);
      contradictions.addAll(into(both, other));
      properties.put(property.getKey(), both);
    } else if (first == null || Boolean.TRUE.equals(first)) {
      properties.put(property.getKey(), property.getValue());
    }
  }

  private static List<Object> list(Object value) {
    return value instanceof JsonArray array
        ? new ArrayList<>(array.stream().toList())
        : List.of(value);
  }
}
