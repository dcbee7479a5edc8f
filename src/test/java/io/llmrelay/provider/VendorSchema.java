package io.llmrelay.provider;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.Error;
import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Assumptions;

/**
 * A vendor's own JSON schema of a request, an answer or an event, by a complete validator: what a
 * dialect sends must be valid in every respect, and may be denied further fields. {@link
 * io.llmrelay.VendorSchemas} reads the same files with the leeway that answers of vendors need.
 */
public final class VendorSchema {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  /** {@code null} without schemas. */
  private final Schema schema;

  private VendorSchema(Schema schema) {
    this.schema = schema;
  }

  /** The folder with the schemas, beside that of the recordings; {@code null} if it is missing. */
  private static Path folder() {
    Path fixtures = Recording.folder();
    Path specs = fixtures == null ? null : fixtures.resolveSibling("specs");
    return specs != null && Files.isDirectory(specs) ? specs : null;
  }

  /**
   * Reads a schema. Without schemas, a check by it skips the test.
   *
   * @param vendor such as {@code openai}, {@code mistral} or {@code gemini}
   * @param root the name of a definition, such as {@code CreateChatCompletionRequest}
   * @param closed prefixes of definitions whose objects must have no other fields than it names
   */
  public static VendorSchema of(String vendor, String root, String... closed) {
    if (folder() == null) {
      return new VendorSchema(null);
    }
    try {
      JsonObject spec = new JsonObject(Files.readString(folder().resolve(vendor + ".json")));
      JsonObject definitions = spec.getJsonObject("$defs");
      if (!definitions.containsKey(root)) {
        throw new IllegalArgumentException("no " + root + " in the schemas of " + vendor);
      }
      forEachObject(definitions, VendorSchema::modernize);
      for (String name : definitions.fieldNames()) {
        if (List.of(closed).stream().anyMatch(name::startsWith)) {
          forEachObject(definitions.getJsonObject(name), VendorSchema::close);
        }
      }
      JsonNode node =
          MAPPER.readTree(
              new JsonObject().put("$ref", "#/$defs/" + root).put("$defs", definitions).encode());
      return new VendorSchema(
          SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12).getSchema(node));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void forEachObject(Object json, Consumer<JsonObject> action) {
    if (json instanceof JsonObject object) {
      action.accept(object);
      object.forEach(field -> forEachObject(field.getValue(), action));
    } else if (json instanceof JsonArray array) {
      array.forEach(element -> forEachObject(element, action));
    }
  }

  /** Renames the items of a tuple, which had another name before the draft 2020-12. */
  private static void modernize(JsonObject definition) {
    if (definition.getValue("items") instanceof JsonArray tuple) {
      definition.remove("items");
      definition.put("prefixItems", tuple);
    }
  }

  private static void close(JsonObject definition) {
    if (definition.getValue("properties") instanceof JsonObject
        && !definition.containsKey("additionalProperties")) {
      definition.put("additionalProperties", false);
    }
  }

  /**
   * Returns whether there are schemas. A property, which cannot be skipped, asks before it checks.
   */
  public boolean isPresent() {
    return schema != null;
  }

  /** Returns what is wrong with a value, each with its path; empty if it is valid. */
  public List<String> problems(Buffer json) {
    Assumptions.assumeTrue(isPresent(), "no schemas: llmrelay.fixtures has no sibling specs");
    return schema.validate(json.toString(), InputFormat.JSON).stream()
        .map(Error::toString)
        .toList();
  }

  public void assertValid(Buffer json) {
    Assertions.assertThat(problems(json)).as(json.toString()).isEmpty();
  }
}
