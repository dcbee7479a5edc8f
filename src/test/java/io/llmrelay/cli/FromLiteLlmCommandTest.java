package io.llmrelay.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FromLiteLlmCommandTest {
  @TempDir Path folder;

  private Cli run(String text) throws IOException {
    return Cli.run(
        "from-litellm", Files.writeString(folder.resolve("config.yaml"), text).toString());
  }

  @Test
  void printsTheConfiguration() throws IOException {
    Cli cli = run("model_list: [{model_name: a, litellm_params: {model: gpt-4o}}]");
    assertThat(cli.exitCode()).as(cli.err()).isZero();
    assertThat(cli.out()).startsWith("# Converted from LiteLLM's config.yaml.\n");
    assertThat(cli.out()).contains("\nbackends:\n  openai:\n    provider: openai\n");
  }

  @Test
  void namesFileAndProblem() throws IOException {
    Cli cli = run("models: []");
    assertThat(cli.exitCode()).isEqualTo(1);
    assertThat(cli.err()).endsWith("config.yaml: has no model_list\n");
    Cli missing = Cli.run("from-litellm", folder.resolve("missing.yaml").toString());
    assertThat(missing.exitCode()).isEqualTo(1);
    assertThat(missing.err()).startsWith("There is no file ");
  }
}
