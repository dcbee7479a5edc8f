package io.llmrelay.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SpendCommandTest {
  @TempDir Path folder;

  @Test
  void sumsUpRequestsByDayKeyBackendAndModel() throws IOException {
    Path log =
        Files.writeString(
            folder.resolve("relay.log"),
            """
            LLM Relay is listening
            {"time":"2026-11-28T23:59:59.000Z","event":"request","key":"anne","backend":"a","model":"m","input_tokens":10,"output_tokens":2,"cost_usd":0.1}
            {"time":"2026-11-29T00:00:00.000Z","event":"request","key":"anne","backend":"a","model":"m","input_tokens":10,"output_tokens":2,"cost_usd":0.1}
            {"time":"2026-11-29T00:00:01.000Z","event":"request","key":"anne","backend":"a","model":"m","input_tokens":5,"output_tokens":1,"cost_usd":0.2}
            {"time":"2026-11-29T00:00:02.000Z","event":"attempt_failed","backend":"a","model":"m"}
            {"time":"2026-11-29T00:00:03.000Z","event":"request","backend":"b","model":"=1,\\"x\\""}
            {"time":"2026-11-29T00:00:04.000Z","event":"request","key":"anne","outcome":"failed"}
            {"time":"2026-11-29T00:00:05.000Z","event":"request","cost_usd":"of another program"}
            {"time":"2026-11-29T00:00
            """);
    Cli spend = Cli.run("spend", log.toString());
    assertThat(spend.exitCode()).as(spend.err()).isZero();
    assertThat(spend.out().lines())
        .containsExactly(
            "day,key,backend,model,requests,input_tokens,output_tokens,cost_usd",
            "2026-11-28,anne,a,m,1,10,2,0.1",
            "2026-11-29,,b,\"'=1,\"\"x\"\"\",1,0,0,0",
            "2026-11-29,anne,,,1,0,0,0",
            "2026-11-29,anne,a,m,2,15,3,0.3");
  }

  @Test
  void namesAFileThatCannotBeRead() {
    Cli spend = Cli.run("spend", folder.resolve("missing").toString());
    assertThat(spend.exitCode()).isEqualTo(1);
    assertThat(spend.err()).startsWith("There is no file ");
  }
}
