package io.llmrelay.provider;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * One run of a {@link SchemaRewriter}. Each schema is taken through the steps in turn: references,
 * {@code allOf}, keywords with an equivalent, several types, its parts, and last the choice of
 * keywords.
 */
final class SchemaRewriting {
  /** The maximum nesting of a definition within itself. */
  private static final int MAX_RECURSION = 2;

  /** The maximum number of schemas after references are replaced. */
  private static final int MAX_SCHEMAS = 5_000;

  /** The maximum depth, more than any provider accepts; deeper schemas count as dropped. */
  private static final int MAX_DEPTH = 64;

  private static final Set<String> SCHEMA =
      Set.of(
          "items",
          "additionalProperties",
          "additionalItems",
          "unevaluatedProperties",
          "unevaluatedItems",
          "contains",
          "propertyNames",
          "not",
          "if",
          "then",
          "else");
  private static final Set<String> SCHEMAS = Set.of("anyOf", "oneOf", "allOf", "prefixItems");
  private static final Set<String> NAMED_SCHEMAS =
      Set.of("properties", "patternProperties", "dependentSchemas", "$defs", "definitions");

  /** Keywords without meaning for a model; dropping them is not worth a warning. */
  private static final Set<String> DROPPED_SILENTLY =
      Set.of("$schema", "$id", "$comment", "$anchor");

  private final SchemaRewriter rules;
  private final JsonObject root;
  private final Set<String> dropped = new TreeSet<>();
  private final Deque<String> references = new ArrayDeque<>();
  private int schemas;
  private int depth;

  SchemaRewriting(SchemaRewriter rules, JsonObject root) {
    this.rules = rules;
    this.root = root;
  }

  SchemaRewriter.Result result() {
    JsonObject schema = rewrite(root);
    if (rules.objectAtRoot) {
      schema.put("type", "object");
      if (!(schema.getValue("properties") instanceof JsonObject)) {
        schema.put("properties", new JsonObject());
      }
    }
    return new SchemaRewriter.Result(schema, dropped);
  }

  /** Rewrites a schema into a new object. */
  private JsonObject rewrite(JsonObject original) {
    schemas++;
    int entered = references.size();
    depth++;
    JsonObject schema = resolve(copy(original));
    if (rules.merge) {
      schema = merged(schema);
    }
    equivalents(schema);
    SchemaTypes.split(schema, rules.types);
    if (depth < MAX_DEPTH) {
      parts(schema);
    } else {
      removeParts(schema);
    }
    SchemaTypes.mergeNull(schema, rules.types);
    depth--;
    while (references.size() > entered) {
      references.pop();
    }
    return chosen(schema);
  }

  /** Returns a shallow copy of a schema; nested schemas are never changed in place. */
  static JsonObject copy(JsonObject schema) {
    return new JsonObject(new LinkedHashMap<>(schema.getMap()));
  }

  /** Replaces a reference by its definition; keywords next to the reference take precedence. */
  private JsonObject resolve(JsonObject resolved) {
    while (rules.inline && resolved.getValue("$ref") instanceof String reference) {
      resolved.remove("$ref");
      JsonObject target = JsonPointers.resolve(root, reference);
      boolean recursive =
          references.stream().filter(reference::equals).count() >= MAX_RECURSION
              || schemas > MAX_SCHEMAS;
      if (target == null || recursive) {
        dropped.add("$ref");
        if (target != null && target.containsKey("type")) {
          resolved.put("type", target.getValue("type"));
        }
        return resolved;
      }
      references.push(reference);
      dropped.addAll(SchemaMerge.into(resolved, target));
    }
    if (rules.inline) {
      resolved.remove("$defs");
      resolved.remove("definitions");
    }
    return resolved;
  }

  private JsonObject merged(JsonObject schema) {
    if (!(schema.getValue("allOf") instanceof JsonArray all)) {
      return schema;
    }
    schema.remove("allOf");
    for (Object each : all) {
      if (each instanceof JsonObject part) {
        JsonObject resolved = merged(resolve(copy(part)));
        dropped.addAll(SchemaMerge.into(schema, resolved));
      }
    }
    return schema;
  }

  private void equivalents(JsonObject schema) {
    if (rules.constAsEnum && schema.containsKey("const")) {
      Object value = schema.remove("const");
      schema.put("enum", new JsonArray().add(value));
    }
    if (schema.getValue("items") instanceof JsonArray tuple) {
      schema.put("prefixItems", tuple);
      schema.remove("items");
      Object rest = schema.remove("additionalItems");
      if (rest != null) {
        schema.put("items", rest);
      }
    }
    if (rules.tuplesAsItems && schema.remove("prefixItems") instanceof JsonArray tuple) {
      tuple(schema, tuple);
    }
    if (rules.inclusiveBounds) {
      bound(schema, "exclusiveMinimum", "minimum", 1);
      bound(schema, "exclusiveMaximum", "maximum", -1);
    }
  }

  private static void tuple(JsonObject schema, JsonArray tuple) {
    Object rest = schema.remove("items");
    JsonArray any = new JsonArray();
    for (Object each : tuple) {
      if (each instanceof JsonObject && !any.contains(each)) {
        any.add(each);
      }
    }
    if (rest instanceof JsonObject) {
      any.add(rest);
    }
    if (Boolean.FALSE.equals(rest) && !schema.containsKey("maxItems")) {
      schema.put("maxItems", tuple.size());
    }
    if (Boolean.FALSE.equals(rest) || rest instanceof JsonObject) {
      schema.put("items", any.size() == 1 ? any.getValue(0) : new JsonObject().put("anyOf", any));
    }
  }

  private void bound(JsonObject schema, String exclusive, String inclusive, int step) {
    Object value = schema.getValue(exclusive);
    if (value == null) {
      return;
    }
    schema.remove(exclusive);
    if (value instanceof Number number) {
      boolean integer =
          "integer".equals(schema.getValue("type")) && number.doubleValue() == number.longValue();
      if (!integer) {
        dropped.add(exclusive);
      }
      if (!schema.containsKey(inclusive)) {
        schema.put(inclusive, integer ? Long.valueOf(number.longValue() + step) : number);
      }
    } else if (Boolean.TRUE.equals(value)) { // draft 4
      dropped.add(exclusive);
    }
  }

  private void parts(JsonObject schema) {
    for (String keyword : List.copyOf(schema.fieldNames())) {
      Object value = schema.getValue(keyword);
      if (SCHEMA.contains(keyword) && value instanceof JsonObject part) {
        schema.put(keyword, rewrite(part));
      } else if (SCHEMAS.contains(keyword) && value instanceof JsonArray parts) {
        List<Object> rewritten = new ArrayList<>();
        parts.forEach(part -> rewritten.add(part(part)));
        schema.put(keyword, new JsonArray(rewritten));
      } else if (NAMED_SCHEMAS.contains(keyword) && value instanceof JsonObject parts) {
        JsonObject rewritten = new JsonObject();
        parts.forEach(part -> rewritten.put(part.getKey(), part(part.getValue())));
        schema.put(keyword, rewritten);
      }
    }
  }

  private Object part(Object part) {
    if (part instanceof JsonObject schema) {
      return rewrite(schema);
    }
    return Boolean.TRUE.equals(part) ? new JsonObject() : part;
  }

  private void removeParts(JsonObject schema) {
    for (String keyword : List.copyOf(schema.fieldNames())) {
      boolean parts =
          SCHEMA.contains(keyword) || SCHEMAS.contains(keyword) || NAMED_SCHEMAS.contains(keyword);
      if (parts && !(schema.getValue(keyword) instanceof Boolean)) {
        schema.remove(keyword);
        dropped.add(keyword);
      }
    }
    schema.remove("required");
  }

  private JsonObject chosen(JsonObject schema) {
    JsonObject chosen = new JsonObject();
    for (Map.Entry<String, Object> entry : schema) {
      String keyword = rules.renamed.getOrDefault(entry.getKey(), entry.getKey());
      boolean kept = rules.kept == null || rules.kept.contains(keyword);
      if (kept && !rules.removed.contains(keyword)) {
        chosen.put(keyword, entry.getValue());
      } else if (!DROPPED_SILENTLY.contains(keyword)) {
        dropped.add(entry.getKey());
      }
    }
    return chosen;
  }
}
