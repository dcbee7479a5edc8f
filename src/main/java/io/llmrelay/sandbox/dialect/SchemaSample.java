package io.llmrelay.sandbox.dialect;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.Locale;
import java.util.Map;

/**
 * Generates the smallest value that a JSON Schema allows, deterministically: required properties,
 * the first of alternatives, and lower bounds up to a maximum size. Patterns and formats are
 * ignored.
 */
public final class SchemaSample {
  private static final int MAX_DEPTH = 16;
  private static final int MAX_LENGTH = 1000;

  private final JsonObject root;

  private SchemaSample(JsonObject root) {
    this.root = root;
  }

  /** Returns a value for a schema of an object; an empty object for any other schema. */
  public static JsonObject object(JsonObject schema) {
    Object value = new SchemaSample(schema).value("value", schema, 0);
    return value instanceof JsonObject object ? object : new JsonObject();
  }

  private Object value(String name, JsonObject schema, int depth) {
    if (depth > MAX_DEPTH) {
      return null;
    }
    JsonObject resolved = resolve(schema);
    if (resolved.containsKey("const")) {
      return resolved.getValue("const");
    }
    JsonArray choices = JsonNodes.array(resolved, "enum");
    if (!choices.isEmpty()) {
      return choices.getValue(0);
    }
    for (String alternatives : new String[] {"anyOf", "oneOf", "allOf"}) {
      if (!JsonNodes.array(resolved, alternatives).isEmpty()) {
        return value(name, JsonNodes.objects(resolved, alternatives).get(0), depth + 1);
      }
    }
    return switch (type(resolved)) {
      case "string" -> text(name, resolved);
      case "integer" -> number(resolved, "minimum", 1).longValue();
      case "number" -> number(resolved, "minimum", 1.5);
      case "boolean" -> true;
      case "array" -> array(name, resolved, depth);
      case "null" -> null;
      default -> properties(resolved, depth);
    };
  }

  private static String type(JsonObject schema) {
    Object type = schema.getValue("type");
    Object first = type instanceof JsonArray array && !array.isEmpty() ? array.getValue(0) : type;
    // Gemini writes types in upper case.
    return first instanceof String text ? text.toLowerCase(Locale.ROOT) : "object";
  }

  private static Number number(JsonObject schema, String word, Number byDefault) {
    return schema.getValue(word) instanceof Number number ? number : byDefault;
  }

  private static String text(String name, JsonObject schema) {
    int min = Math.min(number(schema, "minLength", 0).intValue(), MAX_LENGTH);
    return name.length() >= min ? name : name + "x".repeat(min - name.length());
  }

  private JsonArray array(String name, JsonObject schema, int depth) {
    int min = number(schema, "minItems", 1).intValue();
    JsonArray array = new JsonArray();
    for (int i = 0; i < Math.min(min, MAX_DEPTH); i++) {
      array.add(value(name, JsonNodes.object(schema, "items"), depth + 1));
    }
    return array;
  }

  private JsonObject properties(JsonObject schema, int depth) {
    JsonObject object = new JsonObject();
    JsonArray required = JsonNodes.array(schema, "required");
    for (Map.Entry<String, Object> property : JsonNodes.object(schema, "properties")) {
      boolean wanted = required.contains(property.getKey());
      if (wanted && property.getValue() instanceof JsonObject of) {
        object.put(property.getKey(), value(property.getKey(), of, depth + 1));
      }
    }
    return object;
  }

  /** Follows references within the schema, such as {@code #/$defs/City}. */
  private JsonObject resolve(JsonObject schema) {
    JsonObject resolved = schema;
    for (int i = 0; i < MAX_DEPTH && resolved.getValue("$ref") instanceof String ref; i++) {
      JsonObject target = root;
      for (String step : ref.replaceFirst("^#/?", "").split("/")) {
        target = step.isEmpty() ? target : JsonNodes.object(target, step);
      }
      resolved = target;
    }
    return resolved;
  }
}
