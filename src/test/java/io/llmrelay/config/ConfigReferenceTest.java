package io.llmrelay.config;

import io.llmrelay.Documents;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The reference in docs/configuration.md is the schema, as a table. */
class ConfigReferenceTest {
  @Test
  void standsInTheDocument() throws IOException {
    Documents.holdReference("docs/configuration.md", "configuration", table());
  }

  private static String table() throws IOException {
    JsonObject schema = new JsonObject(Files.readString(Path.of("conf/relay.schema.json")));
    StringBuilder table = new StringBuilder("| key | default | |\n|---|---|---|\n");
    rows("", schema, schema, table);
    return table.toString();
  }

  private static void rows(String path, JsonObject node, JsonObject root, StringBuilder table) {
    JsonObject properties = node.getJsonObject("properties", new JsonObject());
    for (Map.Entry<String, Object> property : properties) {
      JsonObject value = (JsonObject) property.getValue();
      String key = path + property.getKey();
      row(key, value, table);
      rows(key + ".", value, root, table);
      if (value.getValue("additionalProperties") instanceof JsonObject named) {
        rows(key + ".*.", named, root, table);
      }
      if (value.getValue("items") instanceof JsonObject items) {
        rows(key + "[].", items, root, table);
      }
    }
  }

  private static void row(String key, JsonObject value, StringBuilder table) {
    Object byDefault = value.getValue("default");
    List<?> names =
        value.getJsonArray("enum") == null ? List.of() : value.getJsonArray("enum").getList();
    String allowed =
        names.isEmpty()
            ? ""
            : " One of "
                + names.stream().map(name -> "`" + name + "`").collect(Collectors.joining(", "))
                + ".";
    table
        .append("| `")
        .append(key)
        .append("` | ")
        .append(byDefault == null ? "" : "`" + byDefault + "`")
        .append(" | ")
        .append(value.getString("description", "").replace("|", "\\|"))
        .append(allowed)
        .append(" |\n");
  }
}
