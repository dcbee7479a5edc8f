package io.llmrelay.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Runs the commands of each page of docs/questions, in order, against a gateway with the sandbox. A
 * YAML block restarts the gateway with that configuration. Of the output of a command each line of
 * the block after it must be there, where {@code …} stands for anything.
 */
@Timeout(180)
class QuestionsTest {
  private static final Path PAGES = Path.of("docs/questions");
  private static final Pattern BLOCK =
      Pattern.compile("(?m)^```(sh|text|yaml)\n(.*?)^```\n", Pattern.DOTALL);
  private static final String URL = "http://127.0.0.1:8080";

  @TempDir Path folder;

  private Cli gateway;
  private String url;

  static Stream<Path> pages() throws IOException {
    try (Stream<Path> files = Files.list(PAGES)) {
      return files.sorted().toList().stream();
    }
  }

  @BeforeAll
  static void tools() {
    for (String tool : List.of("bash", "curl")) {
      boolean there;
      try {
        there = new ProcessBuilder(tool, "--version").start().waitFor() == 0;
      } catch (IOException | InterruptedException e) {
        there = false;
      }
      assumeTrue(there, "the commands need " + tool);
    }
  }

  @ParameterizedTest
  @MethodSource("pages")
  void doesWhatItSays(Path page) throws Exception {
    stubs();
    List<MatchResult> blocks = BLOCK.matcher(Files.readString(page)).results().toList();
    assertThat(blocks).as("blocks of " + page).isNotEmpty();
    String output = null;
    try {
      start();
      for (MatchResult block : blocks) {
        String text = block.group(2);
        switch (block.group(1)) {
          case "yaml" ->
              start("--conf", Files.writeString(folder.resolve("relay.yaml"), text) + "");
          case "sh" -> output = run(text);
          default -> {
            assertThat(output).as("a command before " + text).isNotNull();
            check(page, text, output);
          }
        }
      }
    } finally {
      gateway.close();
    }
  }

  private void start(String... options) {
    if (gateway != null) {
      gateway.close();
    }
    List<String> all = new ArrayList<>(List.of("serve", "--port", "0"));
    all.addAll(List.of(options));
    gateway = Cli.start(env(), all.toArray(String[]::new));
    url = gateway.awaitOut("listening at (http://127.0.0.1:\\d+)").group(1);
    gateway.awaitOut("Ctrl-C");
  }

  private static Map<String, String> env() {
    return Map.of(
        "MY_APP_KEY", "the-key-of-my-app-0123", "MY_APP_NEW_KEY", "the-new-key-of-my-app-45");
  }

  /** Makes the scripts of the project that the pages use, which run the classes under test. */
  private void stubs() throws IOException {
    Path java = Path.of(System.getProperty("java.home"), "bin", "java");
    Path scripts = Files.createDirectories(folder.resolve("scripts"));
    for (String command : List.of("chat", "key")) {
      Path script =
          Files.writeString(
              scripts.resolve(command),
              "#!/usr/bin/env bash\nexec '%s' -XX:TieredStopAtLevel=1 -cp '%s' %s %s \"$@\"\n"
                  .formatted(
                      java, System.getProperty("java.class.path"), Main.class.getName(), command));
      assertThat(script.toFile().setExecutable(true)).isTrue();
    }
  }

  private String run(String commands) throws Exception {
    Path script =
        Files.writeString(
            folder.resolve("commands"),
            "set -euo pipefail\n"
                + commands
                    .replace(URL, url)
                    .replace("scripts/chat ", "scripts/chat --url " + url + " ")
                    .replaceAll("java -jar target/\\S+-all\\.jar key", "scripts/key"));
    ProcessBuilder bash = new ProcessBuilder("bash", script.toString());
    bash.directory(folder.toFile()).redirectErrorStream(true).environment().putAll(env());
    Path log = folder.resolve("output");
    Process process = bash.redirectOutput(log.toFile()).start();
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).as(commands).isTrue();
    String output = Files.readString(log);
    assertThat(process.exitValue()).as(commands + "\n" + output).isZero();
    return output;
  }

  private static void check(Path page, String expected, String output) {
    for (String line : expected.lines().toList()) {
      String regex =
          Arrays.stream(line.strip().split("…", -1))
              .map(Pattern::quote)
              .collect(Collectors.joining(".*"));
      assertThat(output).as(page + ": " + line).containsPattern(regex);
    }
  }
}
