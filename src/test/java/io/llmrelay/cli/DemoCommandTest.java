package io.llmrelay.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class DemoCommandTest {
  @Test
  void showsFailover() {
    StringWriter out = new StringWriter();
    CommandLine demo = new CommandLine(new DemoCommand(1, 0)).setOut(new PrintWriter(out, true));
    assertThat(demo.execute()).isZero();

    String[] scenes = out.toString().split("\\R\\d\\. ");
    assertThat(scenes).hasSize(5);
    String whole = "(?s).*Sunlight is a mix .* everywhere at once\\..*";
    assertThat(scenes[1])
        .matches(whole)
        .containsPattern("primary/demo-model +failed +overloaded: HTTP 503.* ms")
        .containsPattern("secondary/demo-model +served +\\d+ \\+ \\d+ tokens .* \\$0\\.000\\d+");
    assertThat(scenes[2])
        .matches(whole)
        .containsPattern("primary/demo-model +failed +overloaded: ")
        .containsPattern("claude/demo-model +served ");
    assertThat(scenes[3])
        .containsPattern("through the air it ✂\\R")
        .containsPattern("The consumer gets the failure network, after \\d+ chunks \\(63 bytes\\)")
        .containsPattern("primary/demo-model +failed +network: ")
        .doesNotContain("secondary");
    assertThat(scenes[4])
        .matches(whole)
        .containsPattern("primary/demo-model +failed +network: ")
        .containsPattern("secondary/demo-model +served ");
    assertThat(out.toString()).doesNotContain("\u001b");
  }
}
