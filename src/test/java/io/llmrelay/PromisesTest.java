package io.llmrelay;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Every test that the list of promises names is there, and every promise names one. */
class PromisesTest {
  private static final Path PROMISES = Path.of("docs/PROMISES.md");
  private static final Path TESTS = Path.of("src/test/java/io/llmrelay");
  private static final Pattern TEST = Pattern.compile("`(\\w+Test)\\.(\\w+)`");

  private static List<MatchResult> named(String text) {
    return TEST.matcher(text).results().toList();
  }

  @Test
  void everyPromiseNamesATest() throws IOException {
    List<String> promises =
        Files.readAllLines(PROMISES).stream()
            .filter(line -> line.startsWith("| ") && !line.startsWith("| promise"))
            .toList();
    assertThat(promises).hasSizeGreaterThan(20).allMatch(line -> !named(line).isEmpty());
  }

  @Test
  void everyNamedTestIsThere() throws IOException {
    for (MatchResult test : named(Files.readString(PROMISES))) {
      Pattern method = Pattern.compile("(void|Stream<\\w+>) " + test.group(2) + "\\(");
      try (Stream<Path> files = Files.walk(TESTS)) {
        List<Path> sources = files.filter(file -> file.endsWith(test.group(1) + ".java")).toList();
        assertThat(sources).as(test.group()).hasSize(1);
        assertThat(Files.readString(sources.get(0))).as(test.group()).containsPattern(method);
      }
    }
  }
}
