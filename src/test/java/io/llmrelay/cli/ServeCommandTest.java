package io.llmrelay.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.vertx.core.json.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServeCommandTest {
  private static final String URL = "listening at (http://127.0.0.1:(\\d+))";

  private static final HttpClient CLIENT = HttpClient.newHttpClient();

  @TempDir Path folder;

  private String conf(String yaml) throws IOException {
    return Files.writeString(folder.resolve("relay.yaml"), yaml).toString();
  }

  @Test
  void servesTheSandboxWithoutApiKeys() throws Exception {
    try (Cli serve = Cli.start("--port", "0")) {
      String url = serve.awaitOut(URL).group(1);
      serve.awaitOut("Ctrl-C");
      assertThat(serve.out())
          .contains("There is no API key in the environment")
          .containsPattern("1\\. +primary +openai +http://127.0.0.1:\\d+/primary/v1 +any model")
          .containsPattern("3\\. +claude +anthropic .* no key")
          .contains("curl -N " + url + "/v1/chat/completions");

      Cli chat = Cli.run("chat", "--url", url, "Hello", "there");
      assertThat(chat.exitCode()).as(chat.err()).isZero();
      assertThat(chat.out()).startsWith("Hello, this is primary.").endsWith("cut." + nl());
      assertThat(chat.err()).matches("\\[primary/mock-model, \\d+ \\+ \\d+ tokens, .*s]\\R");

      Cli broken = Cli.run("chat", "--url", url + "/", "-m", "primary/mock-die-after-3", "Hi");
      assertThat(broken.exitCode()).isEqualTo(1);
      assertThat(broken.out()).isEqualTo("Hello, this is" + nl());
      assertThat(broken.err())
          .isEqualTo(
              "The answer broke off: the connection was lost before the answer was complete"
                  + nl());

      Cli refused = Cli.run("chat", "--url", url, "-m", "claude/mock-400", "Hi");
      assertThat(refused.exitCode()).isEqualTo(1);
      assertThat(refused.out()).isEmpty();
      assertThat(refused.err()).startsWith("The gateway answered 400: ");
      // The JVM's meters are bound after the port is open.
      await()
          .untilAsserted(
              () ->
                  assertThat(get(url + "/metrics")).contains("llmrelay_", "jvm_memory_used_bytes"));

      Cli second = Cli.run("serve", "--port", serve.awaitOut(URL).group(2));
      assertThat(second.exitCode()).isEqualTo(1);
      assertThat(second.err())
          .isEqualTo(
              "Port %s of 127.0.0.1 is in use by another program. Choose another one with --port N."
                      .formatted(serve.awaitOut(URL).group(2))
                  + nl());
      serve.close();
      assertThat(serve.exitCode()).isZero();
    }
  }

  /** As in a container with a read-only root. */
  @Test
  void needsNoFolderForTemporaryFiles() throws Exception {
    String property = "vertx.cacheDirBase";
    Path noFolder = Files.writeString(folder.resolve("file"), "");
    System.setProperty(property, noFolder.resolve("cache").toString());
    try (Cli serve = Cli.start("--port", "0")) {
      String url = serve.awaitOut(URL).group(1);
      assertThat(get(url + "/")).contains("<html");
      assertThat(get(url + "/page/lib/preact.js")).isNotEmpty();
    } finally {
      System.clearProperty(property);
    }
  }

  @Test
  void keysAreNeverShown() throws Exception {
    String conf =
        conf(
            """
            gateway: {port: 0}
            fallback: [mine/a, groq]
            backends:
              groq:
              mine: {dialect: openai, base-url: http://127.0.0.1:9, api-key: "${MINE}", models: [a, b]}
              spare: {dialect: openai, base-url: http://127.0.0.1:9}
            """);
    Map<String, String> env = Map.of("MINE", "sk-mine", "GROQ_API_KEY", "gsk-secret");
    try (Cli serve = Cli.start(env, "--conf", conf)) {
      serve.awaitOut("Ctrl-C");
      assertThat(serve.out())
          .contains("Configuration: " + conf)
          .containsPattern("2\\. +groq +openai .* any model, by default .* has a key")
          .containsPattern("1\\. +mine +openai +http://127.0.0.1:9 +a, b +has a key")
          .containsPattern("– +spare .* any model +no key")
          .doesNotContain("sk-mine", "gsk-secret", "sandbox");
      assertThat(serve.err()).isEmpty();
    }
  }

  @Test
  void backendsAreNumberedByTheModelsThatTheFallbackNames() throws Exception {
    String conf =
        conf(
            """
            gateway: {port: 0}
            fallback: [openai/gpt-oss-20b, b, mine]
            backends:
              mine: {dialect: openai, base-url: http://127.0.0.1:9}
              other: {dialect: openai, base-url: http://127.0.0.1:9, models: [a, b]}
              oss: {dialect: openai, base-url: http://127.0.0.1:9, models: [openai/gpt-oss-20b]}
            """);
    try (Cli serve = Cli.start(Map.of(), "--conf", conf)) {
      serve.awaitOut("Ctrl-C");
      assertThat(serve.out())
          .containsPattern("1\\. +oss +openai")
          .containsPattern("2\\. +other +openai")
          .containsPattern("3\\. +mine +openai")
          .doesNotContain("\"model\": \"MODEL\"");
      assertThat(serve.err()).isEmpty();
    }
  }

  @Test
  void invalidConfigurationPrintsOnlyAMessage() throws IOException {
    String conf = conf("gateway:\n  prot: 8080\nretries: {max: 99}\n");
    Cli serve = Cli.run("--conf", conf);
    assertThat(serve.exitCode()).isEqualTo(2);
    assertThat(serve.out()).isEmpty();
    assertThat(serve.err())
        .isEqualTo(
            conf
                + ":2: gateway.prot is not a known key; did you mean \"port\"? (known here: admin,"
                + " allow-anonymous, heartbeat, host, hosts, idle-timeout, keys, max-body,"
                + " max-connections, port, tls, write-idle-timeout)"
                + nl()
                + conf
                + ":3: retries.max must be from 0 to 10"
                + nl());
    Cli missing = Cli.run("serve", "--conf", "nowhere.yaml");
    assertThat(missing.exitCode()).isEqualTo(2);
    assertThat(missing.err())
        .isEqualTo("nowhere.yaml: the configuration is missing: there is no such file" + nl());
  }

  @Test
  void invalidCommandLinePrintsUsage() {
    Cli port = Cli.run("--port", "70000");
    assertThat(port.exitCode()).isEqualTo(2);
    assertThat(port.err()).startsWith("--port must be from 0 to 65535, not 70000");
    Cli option = Cli.run("serve", "--prot", "1");
    assertThat(option.exitCode()).isEqualTo(2);
    assertThat(option.err()).contains("Unknown option", "--port");
    assertThat(Cli.run("srve").exitCode()).isEqualTo(2);
    Cli help = Cli.run("--help");
    assertThat(help.exitCode()).isZero();
    assertThat(help.out()).contains("serve", "chat", "sandbox", "demo");
    assertThat(Cli.run("--version").out()).startsWith("LLM Relay ");
  }

  private static ProcessBuilder serve(String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    // Flags for what the jar's manifest permits, since this runs from a class path.
    ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(flag -> flag.startsWith("--"))
        .forEach(command::add);
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add("io.llmrelay.cli.Main");
    command.addAll(List.of(arguments));
    return new ProcessBuilder(command).redirectErrorStream(true);
  }

  private static BufferedReader lines(InputStream in) {
    return new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
  }

  /** Returns the address and asserts that there are no warnings. */
  private static String awaitUrl(BufferedReader lines) throws IOException {
    String url = null;
    String line = lines.readLine();
    while (line != null && !line.contains("Ctrl-C")) {
      // A busy machine may cause warnings about blocked threads; no others are permitted.
      if (!line.contains("BlockedThreadChecker")) {
        assertThat(line).doesNotContain("WARNING", "SEVERE");
      }
      Matcher matcher = Pattern.compile(URL).matcher(line);
      url = matcher.find() ? matcher.group(1) : url;
      line = lines.readLine();
    }
    assertThat(line).isEqualTo("Ctrl-C stops it.");
    return url;
  }

  @Test
  void exitsWithZeroOnASignal() throws Exception {
    Process process = serve("--port", "0").start();
    try (BufferedReader lines = lines(process.getInputStream())) {
      awaitUrl(lines);
      process.toHandle().destroy();
      assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
      assertThat(process.exitValue()).isZero();
      assertThat(lines.readLine()).isNull();
    } finally {
      process.destroyForcibly();
    }
  }

  private static BufferedReader openStream(String url, String model) throws Exception {
    String body =
        "{\"model\": \"%s\", \"stream\": true, \"messages\": [{\"role\": \"user\","
            + " \"content\": \"Hi\"}]}";
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(url + "/v1/chat/completions"))
            .POST(HttpRequest.BodyPublishers.ofString(body.formatted(model)))
            .build();
    return lines(CLIENT.send(request, HttpResponse.BodyHandlers.ofInputStream()).body());
  }

  private static int ready(String url) throws Exception {
    HttpRequest request = HttpRequest.newBuilder(URI.create(url + "/health/ready")).build();
    return CLIENT.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
  }

  @Test
  void servesWhileNobodyReadsItsLog() throws Exception {
    Process process =
        serve("--port", "0", "--log-format", "json").redirectErrorStream(false).start();
    try (BufferedReader lines = lines(process.getInputStream());
        BufferedReader log = lines(process.getErrorStream())) {
      String url = awaitUrl(lines);
      int requests = 200; // A pipe holds less than half of their lines.
      for (int i = 0; i < requests; i++) {
        assertThat(openStream(url, "primary/mock-400").readLine()).contains("error");
      }
      process.toHandle().destroy();
      List<JsonObject> logged =
          log.lines().filter(line -> line.startsWith("{")).map(JsonObject::new).toList();
      assertThat(logged)
          .filteredOn(line -> "request".equals(line.getString("event")))
          .hasSize(requests)
          .allMatch(line -> line.getString("reason").equals("invalid_request"));
      assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
    } finally {
      process.destroyForcibly();
    }
  }

  @Test
  void finishesRunningRequestsOnASignal() throws Exception {
    Process process = serve("--port", "0").start();
    try (BufferedReader lines = lines(process.getInputStream())) {
      String url = awaitUrl(lines);
      BufferedReader answer = openStream(url, "primary/mock-model-every-200");
      assertThat(answer.readLine()).startsWith("data: {");
      assertThat(ready(url)).isEqualTo(200);

      process.toHandle().destroy();
      await().atMost(Duration.ofSeconds(10)).until(() -> ready(url) == 503);
      assertThat(openStream(url, "primary/mock-model").readLine())
          .contains("the relay is shutting down");
      assertThat(answer.lines().filter(line -> !line.isEmpty()).toList())
          .last()
          .isEqualTo("data: [DONE]");
      assertThat(lines.lines())
          .as("the log of a request that ended during the shutdown")
          .anyMatch(line -> line.contains("requested_model=primary/mock-model-every-200"));
      assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
      assertThat(process.exitValue()).isZero();
    } finally {
      process.destroyForcibly();
    }
  }

  @Test
  void requestsBeyondTheGracePeriodFail() throws Exception {
    String conf =
        conf(
            """
            shutdown-grace: 1s
            backends:
              a: {dialect: openai, base-url: "%s", default-model: mock-stall-after-3}
            """);
    try (Cli sandbox = Cli.start("sandbox", "--port", "0")) {
      String base = sandbox.awaitOut("(http://127.0.0.1:\\d+)").group(1);
      Files.writeString(Path.of(conf), Files.readString(Path.of(conf)).formatted(base + "/a/v1"));
      Process process = serve("--port", "0", "--conf", conf).start();
      try (BufferedReader lines = lines(process.getInputStream())) {
        String url = awaitUrl(lines);
        BufferedReader answer = openStream(url, "a/mock-stall-after-3");
        assertThat(answer.readLine()).startsWith("data: {");
        process.toHandle().destroy();
        List<String> events = new ArrayList<>();
        assertThatThrownBy(
                () -> answer.lines().filter(line -> !line.isEmpty()).forEach(events::add))
            .isInstanceOf(UncheckedIOException.class);
        assertThat(events).last().asString().contains("\"error\"", "the relay is shutting down");
        assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isZero();
      } finally {
        process.destroyForcibly();
      }
    }
  }

  @Test
  void watchReloadsAChangedFile() throws Exception {
    String yaml =
        "backends: {a: {dialect: openai, base-url: 'http://127.0.0.1:9/v1', default-model: %s%s}}";
    String conf = conf(yaml.formatted("one", ""));
    List<String> logged = new CopyOnWriteArrayList<>();
    Logger log = Logger.getLogger(FileWatcher.class.getName());
    Handler listening = listener(logged);
    log.addHandler(listening);
    try (Cli serve = Cli.start("--port", "0", "--watch", "--conf", conf)) {
      String url = serve.awaitOut(URL).group(1);
      assertThat(models(url)).contains("one");
      conf(yaml.formatted("another", ", api-key-file: key"));
      await().atMost(Duration.ofSeconds(20)).until(() -> logged.size() == 1);
      assertThat(logged.get(0)).contains("is refused", "backends.a.api-key-file");
      assertThat(models(url)).contains("one");

      Files.writeString(folder.resolve("key"), "sk-0123456789");
      await().atMost(Duration.ofSeconds(20)).until(() -> models(url).contains("another"));
      assertThat(logged).hasSize(2).last().asString().contains("was reloaded");
    } finally {
      log.removeHandler(listening);
    }
  }

  private static Handler listener(List<String> messages) {
    return new Handler() {
      @Override
      public void publish(LogRecord entry) {
        messages.add(new SimpleFormatter().formatMessage(entry));
      }

      @Override
      public void flush() {}

      @Override
      public void close() {}
    };
  }

  private static String models(String url) throws Exception {
    HttpRequest request = HttpRequest.newBuilder(URI.create(url + "/v1/models")).build();
    return CLIENT.send(request, HttpResponse.BodyHandlers.ofString()).body();
  }

  @Test
  void chatReportsAMissingGateway() throws IOException {
    int free;
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      free = socket.getLocalPort();
    }
    Cli chat = Cli.run("chat", "--url", "http://127.0.0.1:" + free, "Hi");
    assertThat(chat.exitCode()).isEqualTo(1);
    assertThat(chat.err())
        .isEqualTo(
            "There is no gateway at http://127.0.0.1:%d. Start one with scripts/start."
                    .formatted(free)
                + nl());
    assertThat(Cli.run("chat", "--url", "ftp:/x", "Hi").exitCode()).isEqualTo(2);
    assertThat(Cli.run("chat").exitCode()).isEqualTo(2);
  }

  @Test
  void sandboxRunsAlone() throws Exception {
    try (Cli sandbox = Cli.start("sandbox", "--port", "0")) {
      String port = sandbox.awaitOut(URL).group(2);
      sandbox.awaitOut("Ctrl-C");
      assertThat(get("http://127.0.0.1:" + port + "/health")).contains("UP");
      assertThat(Cli.run("sandbox", "--port", port).exitCode()).isEqualTo(1);
      sandbox.close();
      assertThat(sandbox.exitCode()).isZero();
    }
  }

  private static String get(String url) throws IOException, InterruptedException {
    return HttpClient.newHttpClient()
        .send(HttpRequest.newBuilder(URI.create(url)).build(), HttpResponse.BodyHandlers.ofString())
        .body();
  }

  private static String nl() {
    return System.lineSeparator();
  }
}
