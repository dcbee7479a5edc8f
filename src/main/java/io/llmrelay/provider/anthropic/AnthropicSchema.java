package io.llmrelay.provider.anthropic;

import io.llmrelay.provider.SchemaRewriter;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The JSON schemas of tools. A tool's input is an object, and its schema has no union at the root:
 * a union there becomes one object with the properties of all alternatives; a property is required
 * if all of them require it.
 */
public final class AnthropicSchema {
  private static final SchemaRewriter PLAIN = SchemaRewriter.builder().objectAtRoot().build();
  private static final SchemaRewriter MERGED =
      SchemaRewriter.builder().objectAtRoot().inlineReferences().mergeAllOf().build();
  private static final List<String> UNIONS = List.of("anyOf", "oneOf");

  private AnthropicSchema() {}

  /**
   * Returns the schema of a tool's input.
   *
   * @param parameters the schema as it was received, or {@code null} for no arguments
   */
  public static SchemaRewriter.Result input(JsonObject parameters) {
    if (parameters == null) {
      return PLAIN.rewrite(new JsonObject());
    }
    boolean plain =
        List.of("$ref", "allOf", "anyOf", "oneOf").stream().noneMatch(parameters::containsKey);
    if (plain) {
      return PLAIN.rewrite(parameters);
    }
    SchemaRewriter.Result result = MERGED.rewrite(parameters);
    Set<String> dropped = new LinkedHashSet<>(result.dropped());
    for (String union : UNIONS) {
      if (result.schema().remove(union) instanceof JsonArray alternatives) {
        mergeAlternatives(result.schema(), alternatives);
        dropped.add(union);
      }
    }
    return new SchemaRewriter.Result(result.schema(), dropped);
  }

  private static void mergeAlternatives(JsonObject schema, JsonArray alternatives) {
    JsonObject properties = schema.getJsonObject("properties").copy();
    Set<Object> required = null;
    for (Object alternative : alternatives) {
      JsonObject each = alternative instanceof JsonObject object ? object : new JsonObject();
      if (each.getValue("properties") instanceof JsonObject more) {
        for (Map.Entry<String, Object> property : more) {
          if (!properties.containsKey(property.getKey())) {
            properties.put(property.getKey(), property.getValue());
          }
        }
      }
      Set<Object> names = new LinkedHashSet<>(names(each));
      if (required == null) {
        required = names;
      } else {
        required.retainAll(names);
      }
    }
    Set<Object> all = new LinkedHashSet<>(names(schema));
    all.addAll(required == null ? Set.of() : required);
    schema.put("properties", properties);
    if (!all.isEmpty()) {
      schema.put("required", new JsonArray(new ArrayList<>(all)));
    }
  }

  private static List<?> names(JsonObject schema) {
    return schema.getValue("required") instanceof JsonArray names ? names.getList() : List.of();
  }
}
