package io.llmrelay.sandbox.gemini;

import io.llmrelay.sandbox.dialect.JsonNodes;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The checks of function parameters against Gemini's subset of OpenAPI schemas. */
final class SchemaRules {
  private static final Set<String> KEYWORDS =
      Set.of(
          "type",
          "format",
          "title",
          "description",
          "nullable",
          "enum",
          "maxItems",
          "minItems",
          "properties",
          "required",
          "minProperties",
          "maxProperties",
          "minLength",
          "maxLength",
          "pattern",
          "example",
          "anyOf",
          "propertyOrdering",
          "default",
          "items",
          "minimum",
          "maximum");

  private SchemaRules() {}

  /**
   * Checks a schema.
   *
   * @param path the path of the schema for error messages, in which properties are indexes
   */
  static void check(JsonObject schema, String path) {
    for (String keyword : schema.fieldNames()) {
      if (!KEYWORDS.contains(keyword)) {
        throw GeminiErrors.unknownName(keyword, path, "Cannot find field.");
      }
    }
    if (schema.getValue("type") instanceof JsonArray) {
      throw GeminiErrors.unknownName(
          "type", path, "Proto field is not repeating, cannot start list.");
    }
    int index = 0;
    for (Map.Entry<String, Object> property : JsonNodes.object(schema, "properties")) {
      if (property.getValue() instanceof JsonObject nested) {
        check(nested, path + ".properties[" + index + "].value");
      }
      index++;
    }
    if (schema.getValue("items") instanceof JsonObject items) {
      check(items, path + ".items");
    }
    List<JsonObject> options = JsonNodes.objects(schema, "anyOf");
    for (int i = 0; i < options.size(); i++) {
      check(options.get(i), path + ".any_of[" + i + "]");
    }
  }
}
