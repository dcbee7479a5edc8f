package io.llmrelay;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.llmrelay.provider.Recording;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * The vendors' own JSON Schemas of requests, answers and events, from the directory beside the
 * recordings. A test that needs them is skipped without them.
 *
 * <p>Checks types, required and further properties, enumerations, bounds and alternatives; formats
 * are ignored, and several of the alternatives of {@code oneOf} may match.
 *
 * <p>This is not {@link io.llmrelay.provider.VendorSchema}, a complete validator, because that one
 * refuses what vendors accept and send: their alternatives overlap, and {@code nullable} is no
 * keyword to it. It also reports the problems of all alternatives, where a test that allows for
 * single fields needs those of the closest one.
 */
public final class VendorSchemas {
  private static final int MAX_DEPTH = 64;

  private final JsonObject definitions;

  private VendorSchemas(JsonObject definitions) {
    this.definitions = definitions;
  }

  /** Returns the schemas of a vendor, or skips the test if they are missing. */
  public static VendorSchemas of(String vendor) throws IOException {
    assumeTrue(isPresent(vendor), "no schemas: llmrelay.fixtures has no sibling specs");
    JsonObject schemas = new JsonObject(Files.readString(file(vendor)));
    return new VendorSchemas(schemas.getJsonObject("$defs"));
  }

  /**
   * Returns whether there are schemas of a vendor. A property, which cannot be skipped, asks before
   * it checks.
   */
  public static boolean isPresent(String vendor) {
    return Recording.folder() != null && Files.exists(file(vendor));
  }

  private static Path file(String vendor) {
    return Recording.folder().resolveSibling("specs").resolve(vendor + ".json");
  }

  /** Returns what is wrong with a value, each with its path; empty if it is valid. */
  public List<String> problems(String definition, Object value) {
    List<String> problems = new ArrayList<>();
    JsonObject schema = definitions.getJsonObject(definition);
    if (schema == null) {
      throw new IllegalArgumentException("no definition " + definition);
    }
    check("", schema, value, problems, 0);
    return problems;
  }

  /**
   * Returns what is wrong with a value of one of several definitions, which its {@code type} tells
   * apart.
   *
   * @param union a definition with alternatives
   */
  public List<String> problemsByType(String union, JsonObject value) {
    for (Object alternative : definitions.getJsonObject(union).getJsonArray("anyOf")) {
      String ref = ((JsonObject) alternative).getString("$ref");
      String name = ref.substring(ref.lastIndexOf('/') + 1);
      JsonObject type =
          definitions.getJsonObject(name).getJsonObject("properties").getJsonObject("type");
      if (type.getJsonArray("enum").contains(value.getValue("type"))) {
        return problems(name, value);
      }
    }
    return List.of("type: " + value.getValue("type") + " is unknown");
  }

  private void check(
      String path, JsonObject schema, Object value, List<String> problems, int depth) {
    if (depth > MAX_DEPTH || (value == null && Boolean.TRUE.equals(schema.getValue("nullable")))) {
      return;
    }
    if (schema.getValue("$ref") instanceof String ref) {
      String name = ref.substring(ref.lastIndexOf('/') + 1);
      String decoded = URLDecoder.decode(name, StandardCharsets.UTF_8);
      check(path, definitions.getJsonObject(decoded), value, problems, depth + 1);
    }
    for (Object part : schema.getJsonArray("allOf", new JsonArray())) {
      check(path, (JsonObject) part, value, problems, depth + 1);
    }
    for (String alternatives : List.of("anyOf", "oneOf")) {
      if (schema.containsKey(alternatives)) {
        problems.addAll(best(path, schema.getJsonArray(alternatives), value, depth));
      }
    }
    if (!hasType(schema.getValue("type"), value)) {
      problems.add(path + ": " + value + " is no " + schema.getValue("type"));
      return;
    }
    if (schema.containsKey("const") && !same(schema.getValue("const"), value)) {
      problems.add(path + ": " + value + " is not " + schema.getValue("const"));
    }
    JsonArray allowed = schema.getJsonArray("enum");
    if (allowed != null && allowed.stream().noneMatch(one -> same(one, value))) {
      problems.add(path + ": " + value + " is none of " + allowed);
    }
    if (value instanceof JsonObject object) {
      object(path, schema, object, problems, depth);
    } else if (value instanceof JsonArray array) {
      array(path, schema, array, problems, depth);
    } else if (value instanceof String text) {
      text(path, schema, text, problems);
    } else if (value instanceof Number number) {
      bounds(path, schema, number.doubleValue(), problems);
    }
  }

  /** Returns the problems of the alternative that has the fewest, one with the right constants. */
  private List<String> best(String path, JsonArray alternatives, Object value, int depth) {
    List<String> best = null;
    for (Object alternative : alternatives) {
      List<String> problems = new ArrayList<>();
      check(path, (JsonObject) alternative, value, problems, depth + 1);
      best = best == null || weight(problems) < weight(best) ? problems : best;
    }
    return best == null ? List.of() : best;
  }

  private static int weight(List<String> problems) {
    return problems.stream().mapToInt(problem -> problem.contains(" is not ") ? 100 : 1).sum();
  }

  private static boolean same(Object one, Object other) {
    return one == null
        ? other == null
        : one instanceof Number a && other instanceof Number b
            ? a.doubleValue() == b.doubleValue()
            : one.equals(other);
  }

  private static boolean hasType(Object type, Object value) {
    if (type instanceof JsonArray types) {
      return types.stream().anyMatch(one -> hasType(one, value));
    }
    if (type == null) {
      return true;
    }
    return switch ((String) type) {
      case "object" -> value instanceof JsonObject;
      case "array" -> value instanceof JsonArray;
      case "string" -> value instanceof String;
      case "boolean" -> value instanceof Boolean;
      case "integer" -> value instanceof Number n && n.doubleValue() == Math.rint(n.doubleValue());
      case "number" -> value instanceof Number;
      case "null" -> value == null;
      default -> throw new IllegalArgumentException("type " + type);
    };
  }

  private void object(
      String path, JsonObject schema, JsonObject object, List<String> problems, int depth) {
    for (Object name : schema.getJsonArray("required", new JsonArray())) {
      if (!object.containsKey((String) name)) {
        problems.add(path + ": no " + name);
      }
    }
    JsonObject properties = schema.getJsonObject("properties", new JsonObject());
    Object further = schema.getValue("additionalProperties");
    for (Map.Entry<String, Object> property : object) {
      String at = path + "/" + property.getKey();
      if (properties.getValue(property.getKey()) instanceof JsonObject of) {
        check(at, of, property.getValue(), problems, depth + 1);
      } else if (Boolean.FALSE.equals(further)) {
        problems.add(at + ": unknown");
      } else if (further instanceof JsonObject of) {
        check(at, of, property.getValue(), problems, depth + 1);
      }
    }
  }

  private void array(
      String path, JsonObject schema, JsonArray array, List<String> problems, int depth) {
    bounds(
        path + " (size)",
        array.size(),
        schema.getValue("minItems"),
        schema.getValue("maxItems"),
        problems);
    if (schema.getValue("items") instanceof JsonObject items) {
      for (int i = 0; i < array.size(); i++) {
        check(path + "/" + i, items, array.getValue(i), problems, depth + 1);
      }
    }
  }

  private static void text(String path, JsonObject schema, String text, List<String> problems) {
    bounds(
        path + " (length)",
        text.length(),
        schema.getValue("minLength"),
        schema.getValue("maxLength"),
        problems);
    if (schema.getValue("pattern") instanceof String pattern
        && !Pattern.compile(pattern).matcher(text).find()) {
      problems.add(path + ": \"" + text + "\" does not match " + pattern);
    }
  }

  private static void bounds(String path, JsonObject schema, double number, List<String> problems) {
    bounds(path, number, schema.getValue("minimum"), schema.getValue("maximum"), problems);
  }

  private static void bounds(
      String path, double number, Object min, Object max, List<String> problems) {
    boolean low = min instanceof Number least && number < least.doubleValue();
    boolean high = max instanceof Number most && number > most.doubleValue();
    if (low || high) {
      problems.add(path + ": " + number + " is not in " + min + " to " + max);
    }
  }
}
