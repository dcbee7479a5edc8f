package io.llmrelay.provider;

import io.llmrelay.provider.SchemaRewriter.Types;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Rewrites schemas with a list of types to forms without one. */
final class SchemaTypes {
  private static final Set<String> OF_ARRAYS =
      Set.of("items", "prefixItems", "contains", "minItems", "maxItems", "uniqueItems");
  private static final Set<String> OF_OBJECTS =
      Set.of(
          "properties",
          "patternProperties",
          "additionalProperties",
          "propertyNames",
          "required",
          "minProperties",
          "maxProperties");
  private static final Set<String> OF_STRINGS = Set.of("minLength", "maxLength", "pattern");
  private static final Set<String> OF_NUMBERS =
      Set.of("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf");
  private static final Map<String, Set<String>> OF_TYPE =
      Map.of(
          "array", OF_ARRAYS,
          "object", OF_OBJECTS,
          "string", OF_STRINGS,
          "number", OF_NUMBERS,
          "integer", OF_NUMBERS);

  private SchemaTypes() {}

  /** Replaces a list of types by one type or by {@code anyOf}. */
  static void split(JsonObject schema, Types types) {
    if (types == Types.LIST || !(schema.getValue("type") instanceof JsonArray list)) {
      return;
    }
    List<Object> all = new ArrayList<>(list.stream().toList());
    if (types == Types.NULLABLE && all.remove("null")) {
      schema.put("nullable", true);
    }
    if (all.size() > 1 && !schema.containsKey("anyOf")) {
      split(schema, all);
    } else {
      schema.put("type", all.isEmpty() ? "null" : all.get(0));
    }
  }

  /** Moves the keywords of each type into an alternative for that type. */
  private static void split(JsonObject schema, List<Object> types) {
    JsonArray any = new JsonArray();
    Object values = schema.remove("enum");
    for (Object type : types) {
      JsonObject alternative = new JsonObject().put("type", type);
      for (String keyword : OF_TYPE.getOrDefault(String.valueOf(type), Set.of())) {
        if (schema.containsKey(keyword)) {
          alternative.put(keyword, schema.getValue(keyword));
        }
      }
      JsonArray ofType = new JsonArray();
      if (values instanceof JsonArray all) {
        all.stream().filter(value -> isOf(type, value)).forEach(ofType::add);
        if (!ofType.isEmpty()) {
          any.add(alternative.put("enum", ofType));
        }
      } else {
        any.add(alternative);
      }
    }
    OF_TYPE.values().forEach(keywords -> keywords.forEach(schema::remove));
    schema.remove("type");
    schema.put("anyOf", any);
  }

  private static boolean isOf(Object type, Object value) {
    return switch (String.valueOf(type)) {
      case "string" -> value instanceof String;
      case "boolean" -> value instanceof Boolean;
      case "number" -> value instanceof Number;
      case "integer" -> value instanceof Integer || value instanceof Long;
      case "object" -> value instanceof JsonObject;
      case "array" -> value instanceof JsonArray;
      default -> value == null;
    };
  }

  /** Replaces the type null and the value null by {@code nullable}, for {@link Types#NULLABLE}. */
  static void mergeNull(JsonObject schema, Types types) {
    if (types != Types.NULLABLE) {
      return;
    }
    for (String keyword : List.of("anyOf", "oneOf")) {
      if (schema.getValue(keyword) instanceof JsonArray any) {
        List<Object> others = any.stream().filter(each -> !isNull(each)).toList();
        if (others.size() < any.size()) {
          schema.put("nullable", true);
          schema.put(keyword, new JsonArray(new ArrayList<>(others)));
        }
        if (others.size() == 1 && others.get(0) instanceof JsonObject only) {
          schema.remove(keyword);
          only.forEach(
              entry -> {
                if (!schema.containsKey(entry.getKey())) {
                  schema.put(entry.getKey(), entry.getValue());
                }
              });
        }
      }
    }
    if (schema.getValue("enum") instanceof JsonArray values && values.contains(null)) {
      schema.put("nullable", true);
      List<Object> others = values.stream().filter(value -> value != null).toList();
      schema.put("enum", new JsonArray(new ArrayList<>(others)));
    }
  }

  private static boolean isNull(Object schema) {
    return schema instanceof JsonObject object && "null".equals(object.getValue("type"));
  }
}
