package io.llmrelay.provider.anthropic;

import io.vertx.core.json.Json;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A JSON schema in the subset that binds a Claude model: every object has known properties and no
 * others, and nothing is recursive. Constraints beyond the subset, such as {@code maximum}, are
 * moved into the description, as Anthropic's own SDKs do.
 *
 * <p>A schema without {@code additionalProperties} is closed, which permits less; one that permits
 * them explicitly has no form in the subset.
 *
 * @param schema the schema
 * @param optional how many properties are not required; a request may have {@link #MAX_OPTIONAL}
 * @param unions how many values may have several types; a request may have {@link #MAX_UNIONS}
 */
public record ClosedSchema(JsonObject schema, int optional, int unions) {
  static final int MAX_OPTIONAL = 24;
  static final int MAX_UNIONS = 16;
  private static final int MAX_DEPTH = 32;

  private static final Set<String> KEPT =
      Set.of("type", "required", "description", "title", "default", "enum", "const", "$ref");
  private static final Set<String> FORMATS =
      Set.of(
          "date-time",
          "time",
          "date",
          "duration",
          "email",
          "hostname",
          "uri",
          "ipv4",
          "ipv6",
          "uuid");
  private static final Set<String> IMPOSSIBLE =
      Set.of("allOf", "patternProperties", "prefixItems", "unevaluatedProperties");
  private static final Set<String> SILENT = Set.of("$schema", "$id", "$comment");

  /** Returns the schema in the subset; {@code null} if it has no form there, or is too large. */
  public static ClosedSchema of(JsonObject schema) {
    try {
      Closing closing = new Closing(schema);
      JsonObject closed = closing.close(schema, 0);
      boolean fits = closing.optional <= MAX_OPTIONAL && closing.unions <= MAX_UNIONS;
      return fits ? new ClosedSchema(closed, closing.optional, closing.unions) : null;
    } catch (Unfit e) {
      return null;
    }
  }

  /** Signals that a schema has no form in the subset. */
  private static final class Unfit extends Exception {
    private static final long serialVersionUID = 1;

    Unfit() {
      super(null, null, false, false);
    }
  }

  /** The conversion of one schema to the subset. */
  private static final class Closing {
    private final JsonObject root;
    private final Set<String> open = new HashSet<>();
    private int optional;
    private int unions;

    Closing(JsonObject root) {
      this.root = root;
    }

    private JsonObject close(Object part, int depth) throws Unfit {
      if (!(part instanceof JsonObject schema) || depth > MAX_DEPTH || !hasShape(schema)) {
        throw new Unfit();
      }
      JsonObject closed = new JsonObject();
      JsonObject notes = new JsonObject();
      for (Map.Entry<String, Object> entry : schema) {
        keyword(entry.getKey(), entry.getValue(), closed, notes, depth + 1);
      }
      if (isObject(schema)) {
        closeObject(schema, closed);
      }
      if (schema.getValue("type") instanceof JsonArray || closed.containsKey("anyOf")) {
        unions++;
      }
      if (!notes.isEmpty()) {
        String description = closed.getValue("description") instanceof String text ? text : "";
        closed.put("description", (description + " " + Json.encode(notes)).strip());
      }
      return closed;
    }

    private static boolean hasShape(JsonObject schema) {
      return List.of("type", "$ref", "enum", "const", "anyOf", "oneOf").stream()
              .anyMatch(schema::containsKey)
          && schema.fieldNames().stream().noneMatch(IMPOSSIBLE::contains);
    }

    private void keyword(
        String keyword, Object value, JsonObject closed, JsonObject notes, int depth) throws Unfit {
      switch (keyword) {
        case "properties" -> closed.put(keyword, closeEach(value, depth));
        case "$defs", "definitions" -> closed.put(keyword, closeEach(value, depth));
        case "items" -> closed.put(keyword, close(value, depth));
        case "anyOf", "oneOf" -> closed.put("anyOf", closeAll(value, depth));
        case "additionalProperties" -> {
          if (!Boolean.FALSE.equals(value)) {
            throw new Unfit();
          }
        }
        case "minItems" -> (isUpToOne(value) ? closed : notes).put(keyword, value);
        case "format" -> (FORMATS.contains(value) ? closed : notes).put(keyword, value);
        default -> {
          if (keyword.equals("$ref")) {
            follow(value, depth);
          }
          if (KEPT.contains(keyword)) {
            closed.put(keyword, value);
          } else if (!SILENT.contains(keyword)) {
            notes.put(keyword, value);
          }
        }
      }
    }

    private static boolean isUpToOne(Object value) {
      return value instanceof Integer count && count <= 1;
    }

    private JsonObject closeEach(Object value, int depth) throws Unfit {
      JsonObject closed = new JsonObject();
      if (value instanceof JsonObject parts) {
        for (Map.Entry<String, Object> part : parts) {
          closed.put(part.getKey(), close(part.getValue(), depth));
        }
      }
      return closed;
    }

    private JsonArray closeAll(Object value, int depth) throws Unfit {
      List<Object> closed = new ArrayList<>();
      if (value instanceof JsonArray parts) {
        for (Object part : parts) {
          closed.add(close(part, depth));
        }
      }
      return new JsonArray(closed);
    }

    /** Checks that a reference points into the schema, and not to a schema that contains it. */
    private void follow(Object reference, int depth) throws Unfit {
      if (!(reference instanceof String path) || !path.startsWith("#/") || depth > MAX_DEPTH) {
        throw new Unfit();
      }
      Object target = root;
      for (String step : path.substring(2).split("/", -1)) {
        target = target instanceof JsonObject object ? object.getValue(step) : null;
      }
      if (!(target instanceof JsonObject schema) || !open.add(path)) {
        throw new Unfit();
      }
      followAll(schema, depth + 1);
      open.remove(path);
    }

    private void followAll(Object value, int depth) throws Unfit {
      if (value instanceof JsonObject object) {
        for (Map.Entry<String, Object> entry : object) {
          if (entry.getKey().equals("$ref")) {
            follow(entry.getValue(), depth);
          } else {
            followAll(entry.getValue(), depth + 1);
          }
        }
      } else if (value instanceof JsonArray array) {
        for (Object element : array) {
          followAll(element, depth + 1);
        }
      }
    }

    private static boolean isObject(JsonObject schema) {
      Object type = schema.getValue("type");
      return "object".equals(type)
          || type instanceof JsonArray types && types.contains("object")
          || schema.containsKey("properties");
    }

    private void closeObject(JsonObject schema, JsonObject closed) throws Unfit {
      JsonObject properties = closed.getJsonObject("properties", new JsonObject());
      if (properties.isEmpty() && !schema.containsKey("additionalProperties")) {
        throw new Unfit();
      }
      closed.put("additionalProperties", false);
      JsonArray required =
          schema.getValue("required") instanceof JsonArray names ? names : new JsonArray();
      optional += (int) properties.fieldNames().stream().filter(n -> !required.contains(n)).count();
    }
  }
}
