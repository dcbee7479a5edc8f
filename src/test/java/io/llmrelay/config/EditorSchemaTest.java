package io.llmrelay.config;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import io.llmrelay.Documents;
import io.llmrelay.Documents.Block;
import io.vertx.core.json.JsonObject;
import io.vertx.json.schema.Draft;
import io.vertx.json.schema.JsonSchema;
import io.vertx.json.schema.JsonSchemaOptions;
import io.vertx.json.schema.OutputUnit;
import io.vertx.json.schema.Validator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The schema accepts and rejects what an editor shows as right and wrong. */
class EditorSchemaTest {
  private static boolean isValid(String yaml) throws IOException {
    Object json = new ObjectMapper(new YAMLFactory()).readValue(yaml, Object.class);
    Validator validator =
        Validator.create(
            JsonSchema.of(SchemaTest.schema()),
            new JsonSchemaOptions()
                .setDraft(Draft.DRAFT202012)
                .setBaseUri("https://llmrelay.invalid/"));
    OutputUnit result =
        validator.validate(new JsonObject(new ObjectMapper().writeValueAsString(json)));
    return result.getValid();
  }

  @Test
  void acceptsTheConfigurationBesideIt() throws IOException {
    assertThat(isValid(Files.readString(Path.of("conf/relay.yaml")))).isTrue();
  }

  static Stream<Block> configurations() {
    return Documents.blocks("yaml");
  }

  @ParameterizedTest
  @MethodSource("configurations")
  void acceptsEveryConfigurationOfTheDocuments(Block block) throws IOException {
    assertThat(isValid(block.text())).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "fallbacks: [a]",
        "prefer: cheapest",
        "timeouts: {stall: 10}",
        "backends: {a: {dialect: open-ai}}",
        "backends: {a b: {provider: openai}}",
        "gateway: {port: 99999}",
        "gateway: {keys: {me: {sha-256: abc}}}"
      })
  void rejectsWhatTheRelayRejects(String yaml) throws IOException {
    assertThat(isValid(yaml)).isFalse();
  }
}
