package io.llmrelay.config;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.introspect.BeanPropertyDefinition;
import io.llmrelay.catalog.Capability;
import io.llmrelay.catalog.Model;
import io.llmrelay.chat.Affinity;
import io.llmrelay.chat.CommitPoint;
import io.llmrelay.chat.Hedge;
import io.llmrelay.chat.RelayHints.Prefer;
import io.llmrelay.chat.Resume;
import io.llmrelay.provider.Dialects;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** The JSON schema and the option classes have the same keys, defaults and enumerations. */
class SchemaTest {
  static JsonObject schema() {
    try {
      return new JsonObject(Files.readString(Path.of("conf/relay.schema.json")));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void isPartOfTheJar() throws IOException {
    assertThat(RelaySchema.text()).isEqualTo(Files.readString(Path.of("conf/relay.schema.json")));
  }

  @Test
  void theConfigurationNamesItForEditors() throws IOException {
    assertThat(Files.readAllLines(Path.of("conf/relay.yaml")))
        .startsWith("# yaml-language-server: $schema=relay.schema.json");
  }

  @Test
  void theConfigurationHasEveryKeyInItsPlace() throws IOException {
    String configuration = Files.readString(Path.of("conf/relay.yaml"));
    Set<String> keys = new TreeSet<>();
    collect(schema(), "", keys);
    assertThat(keys)
        .map(key -> key.replaceAll("(\\[]|\\.\\*)", "").replaceAll(".*\\.", ""))
        .allSatisfy(name -> assertThat(configuration).containsPattern("[\\s{#]" + name + ":"));
  }

  @Test
  void hasTheKeysOfTheOptions() {
    Set<String> ofOptions = new TreeSet<>();
    collect(Binding.MAPPER.constructType(RelayOptions.class), "", ofOptions);
    Set<String> ofSchema = new TreeSet<>();
    collect(schema(), "", ofSchema);
    assertThat(ofSchema).isEqualTo(ofOptions).contains("catalog[].price.tiers[].cached-input");
  }

  @Test
  void hasTheDefaultsOfTheOptions() {
    JsonObject options =
        new RelayOptions()
            .setGateway(
                new GatewayOptions()
                    .addKey("*", new GatewayKeyOptions().setBudget(new BudgetOptions()))
                    .setTls(new TlsOptions())
                    .setAdmin(new AdminOptions()))
            .setCluster(new ClusterOptions().setTls(new ClusterTlsOptions()))
            .addBackend(
                "*",
                new BackendOptions()
                    .setApiKeys(List.of(new ApiKeyOptions().setBudget(new BudgetOptions())))
                    .setBudget(new BudgetOptions())
                    .setProbe(new ProbeOptions()))
            .addAlias(
                "*",
                new AliasOptions(List.of(new CandidateOptions())).setShadow(new ShadowOptions()))
            .setTimeouts(new RelayOptions().getTimeouts())
            .setLimits(
                new LimitsOptions()
                    .setTimeouts(new LimitsOptions().timeouts(new RelayOptions().getTimeouts())))
            .toJson();
    Set<String> ofOptions = new TreeSet<>();
    collectValues(options, "", ofOptions);
    Set<String> ofSchema = new TreeSet<>();
    collectDefaults(schema(), "", ofSchema);
    assertThat(ofSchema).isEqualTo(ofOptions).contains("circuit.scope=backend");
  }

  @Test
  void listsAllDialects() {
    assertThat(BackendOptions.DIALECTS).containsExactlyInAnyOrderElementsOf(Dialects.names());
  }

  @Test
  void everyKeyHasADescription() {
    eachProperty(
        schema(),
        "",
        (path, property) ->
            assertThat(property.getString("description", "")).as(path).isNotBlank());
  }

  @Test
  void hasTheEnumerationsOfTheOptions() {
    JsonObject sections = schema().getJsonObject("properties");
    JsonObject backend =
        sections
            .getJsonObject("backends")
            .getJsonObject("additionalProperties")
            .getJsonObject("properties");
    assertThat(names(backend, "dialect")).isEqualTo(BackendOptions.DIALECTS);
    assertThat(names(backend.getJsonObject("probe").getJsonObject("properties"), "kind"))
        .isEqualTo(Arrays.stream(ProbeOptions.Kind.values()).map(Binding::name).toList());
    assertThat(names(backend, "provider")).isEqualTo(KnownProvider.ids());
    JsonObject circuit = sections.getJsonObject("circuit").getJsonObject("properties");
    assertThat(names(circuit, "scope"))
        .isEqualTo(Arrays.stream(CircuitOptions.Scope.values()).map(Binding::name).toList());
    JsonObject resume = sections.getJsonObject("resume").getJsonObject("properties");
    assertThat(names(resume, "mode"))
        .isEqualTo(Arrays.stream(Resume.values()).map(Resume::code).toList());
    JsonObject logging = sections.getJsonObject("logging").getJsonObject("properties");
    assertThat(names(logging, "format"))
        .isEqualTo(Arrays.stream(LoggingOptions.Format.values()).map(Binding::name).toList());
    assertThat(names(sections, "prefer"))
        .isEqualTo(Arrays.stream(Prefer.values()).map(Prefer::code).toList());
    assertThat(names(sections.getJsonObject("affinity"), "items"))
        .isEqualTo(Arrays.stream(Affinity.values()).map(Affinity::code).toList());
    assertThat(names(logging, "level"))
        .isEqualTo(Arrays.stream(LoggingOptions.Level.values()).map(Binding::name).toList());
  }

  private static List<String> names(JsonObject properties, String key) {
    return properties.getJsonObject(key).getJsonArray("enum").stream()
        .map(Object::toString)
        .toList();
  }

  @Test
  void hasTheEnumerationsOfTheCatalogue() {
    JsonObject model =
        schema()
            .getJsonObject("properties")
            .getJsonObject("catalog")
            .getJsonObject("items")
            .getJsonObject("properties");
    assertThat(names(model, "status"))
        .isEqualTo(ModelOptions.STATUSES)
        .isEqualTo(Arrays.stream(Model.Status.values()).map(Binding::name).toList());
    assertThat(names(model.getJsonObject("capabilities"), "items"))
        .isEqualTo(ModelOptions.CAPABILITIES)
        .isEqualTo(Arrays.stream(Capability.values()).map(Capability::code).toList());
  }

  private static void collect(JavaType type, String path, Set<String> keys) {
    if (type.isMapLikeType()) {
      collect(type.getContentType(), path + ".*", keys);
    } else if (type.isCollectionLikeType()) {
      collect(type.getContentType(), path + "[]", keys);
    } else if (type.getRawClass().getName().startsWith("io.llmrelay.")
        && !type.isEnumType()
        && type.getRawClass() != CommitPoint.class
        && type.getRawClass() != Hedge.class) {
      for (BeanPropertyDefinition property :
          Binding.MAPPER.getDeserializationConfig().introspect(type).findProperties()) {
        String at = path.isEmpty() ? property.getName() : path + "." + property.getName();
        keys.add(at);
        collect(property.getPrimaryType(), at, keys);
      }
    }
  }

  private static void collect(JsonObject schema, String path, Set<String> keys) {
    eachProperty(schema, path, (at, property) -> keys.add(at));
  }

  private interface Visitor {
    void visit(String path, JsonObject property);
  }

  private static void eachProperty(JsonObject schema, String path, Visitor visitor) {
    JsonObject properties = schema.getJsonObject("properties", new JsonObject());
    if (!properties.isEmpty()) {
      assertThat(schema.getValue("additionalProperties")).as(path).isEqualTo(false);
    }
    for (String key : properties.fieldNames()) {
      String at = path.isEmpty() ? key : path + "." + key;
      visitor.visit(at, properties.getJsonObject(key));
      eachProperty(properties.getJsonObject(key), at, visitor);
    }
    if (schema.getValue("additionalProperties") instanceof JsonObject values) {
      eachProperty(values, path + ".*", visitor);
    }
    if (schema.getValue("items") instanceof JsonObject items) {
      eachProperty(items, path + "[]", visitor);
    }
  }

  private static void collectDefaults(JsonObject schema, String path, Set<String> defaults) {
    eachProperty(
        schema,
        path,
        (at, property) -> {
          if (property.containsKey("default")) {
            defaults.add(at + "=" + property.getValue("default"));
          }
        });
  }

  private static void collectValues(JsonObject options, String path, Set<String> values) {
    for (String key : options.fieldNames()) {
      String at = path.isEmpty() ? key : path + "." + key;
      if (options.getValue(key) instanceof JsonObject section) {
        collectValues(section, at, values);
      } else if (options.getValue(key) instanceof JsonArray array) {
        for (Object element : array) {
          if (element instanceof JsonObject object) {
            collectValues(object, at + "[]", values);
          }
        }
      } else {
        values.add(at + "=" + options.getValue(key));
      }
    }
  }
}
