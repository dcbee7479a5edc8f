package io.llmrelay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.llmrelay.junit5.SandboxExtension;
import io.llmrelay.sandbox.Scenario;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.StringWriter;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The samples of {@code src/examples} that need no framework, compiled and started during an
 * outage. {@code scripts/examples} does the same with all of them and their own poms.
 */
@Timeout(120)
class ExamplesTest {
  private static final Path EXAMPLES = Path.of("src/examples");
  private static final String CLASS_PATH = System.getProperty("java.class.path");

  @RegisterExtension
  static final SandboxExtension llm =
      new SandboxExtension().backend("primary").backend("secondary");

  @TempDir private Path folder;

  private final HttpClient http = HttpClient.newHttpClient();

  @ParameterizedTest
  @ValueSource(strings = {"vertx", "virtual-threads", "rxjava3", "mutiny"})
  void streamsWhoeverAnswersAndBreaksOffWithTheAnswer(String sample) throws Exception {
    assumeTrue(
        !sample.equals("virtual-threads") || Runtime.version().feature() >= 21,
        "virtual threads need Java 21");
    llm.script("primary", Scenario.http(503));
    llm.script("secondary", Scenario.ok(), Scenario.of("die-after-3"));
    compile(sample);
    Process process = start();
    try {
      String url = url(process);
      HttpResponse<String> answer = get(url);
      assertThat(answer.body()).startsWith("Hello, this is secondary.").endsWith("are cut.");
      assertThat(answer.headers().firstValue("x-backend")).hasValue("secondary");
      assertThatThrownBy(() -> get(url))
          .isInstanceOf(IOException.class)
          .isNotInstanceOf(HttpTimeoutException.class);
      llm.script("secondary", Scenario.http(400));
      assertThat(get(url).statusCode()).isEqualTo(502);
    } finally {
      process.destroyForcibly();
    }
  }

  /** Every sample is in the documents, and the script runs each unless others are named. */
  @Test
  void allAreDocumentedAndRunByTheScript() throws IOException {
    String documents = Files.readString(Path.of("docs/examples.md"));
    String script = Files.readString(Path.of("scripts/examples"));
    try (Stream<Path> samples = Files.list(EXAMPLES)) {
      for (Path sample : samples.toList()) {
        assertThat(sample.resolve("pom.xml")).exists();
        assertThat(documents).contains("[`" + sample.getFileName() + "`](");
        assertThat(script).containsPattern("SAMPLES=\\(.*\\b" + sample.getFileName() + "\\b");
      }
    }
  }

  private void compile(String sample) throws IOException {
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    StringWriter out = new StringWriter();
    try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null);
        Stream<Path> sources =
            Files.find(
                EXAMPLES.resolve(sample), 9, (file, is) -> file.toString().endsWith(".java"))) {
      compiler
          .getTask(
              out,
              files,
              null,
              List.of("-proc:none", "-cp", CLASS_PATH, "-d", folder.resolve("classes").toString()),
              null,
              files.getJavaFileObjectsFromPaths(sources.toList()))
          .call();
    }
    assertThat(out.toString()).isEmpty();
  }

  private Process start() throws IOException {
    Path conf = folder.resolve("relay.json");
    Files.writeString(conf, llm.options().toJson().encode());
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:TieredStopAtLevel=1",
            "-cp",
            folder.resolve("classes") + File.pathSeparator + CLASS_PATH,
            "example.Application",
            conf.toString())
        .redirectError(ProcessBuilder.Redirect.DISCARD)
        .start();
  }

  private static String url(Process process) throws IOException {
    BufferedReader out =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    String line = out.readLine();
    assertThat(line).startsWith("listening at http://");
    return line.substring("listening at ".length());
  }

  private HttpResponse<String> get(String url) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(url + "/chat?prompt=Hi"))
            .timeout(Duration.ofSeconds(60))
            .build();
    return http.send(request, BodyHandlers.ofString());
  }
}
