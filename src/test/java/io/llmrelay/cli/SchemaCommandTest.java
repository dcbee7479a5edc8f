package io.llmrelay.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class SchemaCommandTest {
  @Test
  void printsTheSchemaOfTheConfiguration() throws Exception {
    Cli schema = Cli.run("schema");
    assertThat(schema.exitCode()).as(schema.err()).isZero();
    assertThat(schema.out()).isEqualTo(Files.readString(Path.of("conf/relay.schema.json")));
  }
}
