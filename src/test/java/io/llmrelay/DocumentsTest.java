package io.llmrelay;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.Documents.Block;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.config.RelayOptions;
import io.llmrelay.observe.RelayListener;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What the documents refer to is there: files, headings, commands, settings, tests, versions. */
class DocumentsTest {
  private static final Pattern FENCED = Pattern.compile("(?m)^```.*?^```$", Pattern.DOTALL);
  private static final Pattern LINK = Pattern.compile("\\]\\(([^)\\s]+)\\)");
  private static final Pattern SETTING =
      Pattern.compile(
          "(gateway|backends|timeouts|retries|limits|circuit|queue|exhaustion|latch|bus|cluster|catalog)"
              + "(\\.[a-z*\\[\\]-]+)+");

  static List<Path> documents() {
    return Documents.all();
  }

  private static Stream<MatchResult> matches(String pattern, String text) {
    return Pattern.compile(pattern).matcher(text).results();
  }

  private static String prose(Path document) {
    return FENCED.matcher(Documents.text(document)).replaceAll("");
  }

  /** Returns the anchors of a document's headings, as GitHub makes them. */
  private static Set<String> anchors(Path document) {
    return prose(document)
        .lines()
        .filter(line -> line.startsWith("#"))
        .map(line -> line.replaceAll("^#+ ", "").toLowerCase(Locale.ROOT))
        .map(heading -> heading.replaceAll("[^a-z0-9 _-]", "").replace(' ', '-'))
        .collect(Collectors.toSet());
  }

  @ParameterizedTest
  @MethodSource("documents")
  void everyRelativeLinkResolves(Path document) {
    for (MatchResult link : LINK.matcher(prose(document)).results().toList()) {
      String target = link.group(1);
      if (!target.startsWith("http")) {
        String[] parts = target.split("#", 2);
        Path file = parts[0].isEmpty() ? document : document.resolveSibling(parts[0]).normalize();
        assertThat(file).as(document + ": " + target).exists();
        if (parts.length == 2) {
          assertThat(anchors(file)).as(document + ": " + target).contains(parts[1]);
        }
      }
    }
  }

  @Test
  void theReadmeAndTheIndexLeadToEveryDocument() {
    Path index = Path.of("docs/README.md");
    Set<Path> linked =
        Stream.of(Path.of("README.md"), index)
            .flatMap(DocumentsTest::linkedFrom)
            .collect(Collectors.toSet());
    linked.add(index);
    assertThat(linked).containsAll(documents().stream().skip(1).toList());
  }

  /** Whoever reads docs/ alone finds all of it. */
  @Test
  void theIndexLeadsToEveryDocumentBesideIt() {
    Path index = Path.of("docs/README.md");
    assertThat(linkedFrom(index))
        .containsAll(
            documents().stream()
                .filter(document -> document.startsWith("docs") && !document.equals(index))
                .toList());
  }

  private static Stream<Path> linkedFrom(Path document) {
    return LINK.matcher(prose(document))
        .results()
        .map(link -> link.group(1).replaceAll("#.*", ""))
        .filter(target -> !target.isEmpty() && !target.startsWith("http"))
        .map(target -> document.resolveSibling(target).normalize());
  }

  static Stream<Block> json() {
    return Documents.blocks("json");
  }

  @ParameterizedTest
  @MethodSource("json")
  void requestsAreRequests(Block block) {
    JsonObject json = new JsonObject(block.text());
    assertThat(block.name()).as("what the example is").isEqualTo("request");
    assertThat(ChatRequest.fromJson(json).messages()).isNotEmpty();
  }

  static Stream<Block> yaml() {
    return Documents.blocks("yaml");
  }

  @ParameterizedTest
  @MethodSource("yaml")
  void configurationsAreConfigurations(Block block, @TempDir Path folder) throws IOException {
    Map<String, String> env = new HashMap<>();
    matches("\\$\\{(\\w+)}", block.text())
        .forEach(name -> env.put(name.group(1), "a-long-value-of-" + name.group(1)));
    Path file = Files.writeString(folder.resolve("relay.yaml"), block.text());
    assertThat(RelayOptions.fromFile(file, env)).isNotNull();
  }

  @Test
  void mermaidBlocksAreDiagrams() {
    assertThat(Documents.blocks("mermaid"))
        .hasSizeGreaterThan(5)
        .allMatch(
            block -> block.text().matches("(?s)(sequenceDiagram|flowchart|stateDiagram-v2).*"));
  }

  /** Whoever reads an option: the script itself, a command of the jar, or the soak. */
  private static String readersOfOptions(Path script) throws IOException {
    StringBuilder all = new StringBuilder(Files.readString(script));
    for (String folder : List.of("src/main/java/io/llmrelay/cli", "src/perf/java")) {
      try (Stream<Path> files = Files.walk(Path.of(folder))) {
        for (Path file :
            files.filter(f -> f.toString().matches(".*(Command|Soak).java")).toList()) {
          all.append(Files.readString(file));
        }
      }
    }
    return all.toString();
  }

  @ParameterizedTest
  @MethodSource("documents")
  void everyScriptIsThereAndKnowsItsOptions(Path document) throws IOException {
    String text = Documents.text(document);
    for (MatchResult call : matches("scripts/([a-z]+(?:-[a-z]+)*)\\b([^`\n#|&]*)", text).toList()) {
      Path script = Path.of("scripts", call.group(1));
      assertThat(script).as(document + ": " + call.group()).isExecutable();
      String known = readersOfOptions(script);
      matches("(?<= )--[a-z-]+", call.group(2))
          .forEach(option -> assertThat(known).as(call.group()).contains(option.group()));
    }
  }

  @ParameterizedTest
  @MethodSource("documents")
  void everySettingIsThere(Path document) {
    Set<String> settings =
        Documents.table("docs/configuration.md", "key").stream()
            .flatMap(row -> Documents.code(row.get(0)).stream())
            .collect(Collectors.toSet());
    assertThat(settings).contains("circuit.window");
    List<String> named =
        Documents.code(prose(document)).stream()
            .filter(code -> SETTING.matcher(code).matches())
            .toList();
    assertThat(settings).as(document.toString()).containsAll(named);
  }

  /** In the form of the configuration: {@code 1 min} is {@code 1m}. */
  private static String value(String shown) {
    return shown.replaceAll("[ ,]", "").replace("min", "m");
  }

  @ParameterizedTest
  @MethodSource("documents")
  void defaultsAreTheDefaults(Path document) {
    Map<String, String> defaults = new HashMap<>();
    Documents.table("docs/configuration.md", "key")
        .forEach(
            row ->
                Documents.code(row.get(1))
                    .forEach(value -> defaults.put(Documents.code(row.get(0)).get(0), value)));
    matches(
            "`([a-z.*-]+)`(?: \\(| \\| )(\\d[\\d,.]*(?: (?:ms|s|min|h|KB|MB)\\b)?)",
            prose(document))
        .filter(shown -> defaults.containsKey(shown.group(1)))
        .forEach(
            shown ->
                assertThat(value(shown.group(2)))
                    .as(document + ": " + shown.group())
                    .isEqualTo(defaults.get(shown.group(1))));
  }

  @ParameterizedTest
  @MethodSource("documents")
  void everyTestIsThere(Path document) throws IOException {
    try (Stream<Path> files = Files.walk(Path.of("src/test/java"))) {
      Set<String> tests =
          files
              .map(file -> file.getFileName().toString().replace(".java", ""))
              .collect(Collectors.toSet());
      List<String> named =
          matches("`(\\w+Test)[`.]", Documents.text(document)).map(test -> test.group(1)).toList();
      assertThat(tests).as(document.toString()).containsAll(named);
    }
  }

  @ParameterizedTest
  @MethodSource("documents")
  void theVersionIsThatOfThePom(Path document) {
    String pom = Documents.text(Path.of("pom.xml"));
    String version =
        matches("<artifactId>vertx-llm-relay</artifactId>\\s*<version>([^<]+)<", pom)
            .findFirst()
            .orElseThrow()
            .group(1);
    matches(
            "vertx-llm-relay(?:-|</artifactId>\\s*<version>)(\\d.*?)(?:-all\\.jar|</version>)",
            Documents.text(document))
        .forEach(named -> assertThat(named.group(1)).as(named.group()).isEqualTo(version));
  }

  @Test
  void theHooksAreThoseOfTheListener() {
    Map<String, String> hooks =
        Documents.table("docs/operations.md", "hook").stream()
            .collect(
                Collectors.toMap(
                    row -> Documents.code(row.get(0)).get(0),
                    row -> Documents.code(row.get(1)).get(0)));
    assertThat(hooks.keySet())
        .isEqualTo(
            Arrays.stream(RelayListener.class.getDeclaredMethods())
                .map(Method::getName)
                .filter(name -> name.startsWith("on"))
                .collect(Collectors.toSet()));
    hooks.forEach(
        (hook, event) ->
            assertThat(event)
                .isEqualTo(
                    hook.substring(2)
                        .replaceAll("(?<=[a-z])(?=[A-Z])", "_")
                        .toLowerCase(Locale.ROOT)));
  }
}
