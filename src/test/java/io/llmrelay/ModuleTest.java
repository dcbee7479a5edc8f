package io.llmrelay;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.io.StringWriter;
import java.lang.module.Configuration;
import java.lang.module.FindException;
import java.lang.module.ModuleFinder;
import java.lang.module.ResolvedModule;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * An application on the module path: compiled and run with the modules it requires, and no more.
 */
class ModuleTest {
  private static final String EXPORT = "io.vertx.core/io.vertx.core.net.impl=io.llmrelay";

  private static final String MODULE = "module app { requires io.llmrelay; }";

  /** Streams two answers on one connection, from a sandbox configured by a YAML file. */
  private static final String MAIN =
      """
      package app;

      import io.llmrelay.LlmRelay;
      import io.llmrelay.LlmStream;
      import io.llmrelay.RelayVerticle;
      import io.llmrelay.chat.ChatMessage;
      import io.llmrelay.chat.ChatRequest;
      import io.llmrelay.config.RelayOptions;
      import io.llmrelay.sandbox.Sandbox;
      import io.llmrelay.sandbox.Scenario;
      import io.vertx.core.Future;
      import io.vertx.core.Promise;
      import io.vertx.core.Vertx;
      import io.vertx.core.http.HttpClientResponse;
      import io.vertx.core.http.HttpMethod;
      import java.nio.file.Files;
      import java.nio.file.Path;
      import java.util.Map;

      public class Main {
        public static void main(String[] args) throws Exception {
          Vertx vertx = Vertx.vertx();
          Sandbox sandbox = Sandbox.start(vertx).await();
          sandbox.script("backend", Scenario.ok().text("from a module"));
          Path file = Path.of(args[0]);
          Files.writeString(
              file,
              args[1]
                  + "\\nbackends: {backend: {dialect: openai, models: [m], base-url: '"
                  + sandbox.backend("backend")
                  + "'}}");
          RelayVerticle relay = new RelayVerticle(RelayOptions.fromFile(file, Map.of()));
          try {
            vertx.deployVerticle(relay).await();
            LlmRelay client = LlmRelay.create(vertx);
            for (int i = 0; i < 2; i++) {
              System.out.println(client.stream(request()).compose(Main::text).await());
            }
            if (relay.gatewayPort() > 0) {
              int status =
                  vertx.createHttpClient()
                      .request(HttpMethod.GET, relay.gatewayPort(), "localhost", "/health/ready")
                      .compose(head -> head.send())
                      .map(HttpClientResponse::statusCode)
                      .await();
              System.out.println("ready " + status);
            }
          } catch (Throwable e) {
            System.out.println(e.getMessage());
          }
          vertx.close().await();
        }

        private static ChatRequest request() {
          return ChatRequest.of(ChatMessage.user("Hello"));
        }

        private static Future<String> text(LlmStream stream) {
          Promise<String> done = Promise.promise();
          StringBuilder text = new StringBuilder();
          stream
              .exceptionHandler(done::fail)
              .endHandler(end -> done.complete(text.toString()))
              .handler(text::append);
          return done.future();
        }
      }
      """;

  @TempDir private Path folder;

  @BeforeEach
  void theRelayIsAModule() {
    assumeTrue(
        ModuleFinder.of(classes()).find("io.llmrelay").isPresent(),
        "the relay was compiled without its module-info");
  }

  @Test
  void anApplicationOnTheModulePathStreams() throws Exception {
    String path = modulePath();
    assertThat(path).doesNotContain("vertx-web-5", "micrometer", "picocli", "awssdk", "junit");
    assertThat(compile(path, MAIN)).isEmpty();
    assertThat(run(path, "", List.of())).containsExactly("from a module", "from a module");
  }

  @Test
  void aGatewayOnTheModulePathNeedsVertxWebAndAnExport() throws Exception {
    String path = modulePath("io.vertx.web");
    assertThat(compile(path, MAIN)).isEmpty();
    List<String> web = List.of("--add-modules=io.vertx.web");
    assertThat(run(path, "gateway: {port: 0}", web))
        .containsExactly(
            "on the module path the gateway needs the JVM option --add-exports " + EXPORT);
    assertThat(
            run(
                path,
                "gateway: {port: 0}",
                List.of("--add-modules=io.vertx.web", "--add-exports=" + EXPORT)))
        .containsExactly("from a module", "from a module", "ready 200");
  }

  /** A test on the module path sees the extension; an application without JUnit does without. */
  @Test
  void aTestOnTheModulePathHasTheSandbox() throws Exception {
    String path = modulePath("org.junit.jupiter.api", "org.apiguardian.api");
    String source =
        """
        package app;

        import io.llmrelay.junit5.SandboxExtension;
        import org.junit.jupiter.api.extension.RegisterExtension;

        public class Main {
          @RegisterExtension
          static final SandboxExtension LLM = new SandboxExtension().backend("primary");

          public static void main(String[] args) {
            try {
              LLM.script("other");
            } catch (IllegalArgumentException e) {
              System.out.println(e.getMessage());
            }
          }
        }
        """;
    String module = "module app { requires io.llmrelay; requires org.junit.jupiter.api; }";
    assertThat(compile(path, source, module)).isEmpty();
    assertThat(run(path, "", List.of()))
        .containsExactly("there is no backend other; there are [primary]");
  }

  @Test
  void internalsAreNotVisible() throws Exception {
    for (String type :
        List.of(
            "failover.CoordinatorVerticle",
            "provider.ProviderVerticle",
            "availability.Availability",
            "bus.BusClient",
            "catalog.Catalog",
            "gateway.GatewayVerticle")) {
      String source = "package app; class Main { io.llmrelay." + type + " internal; }";
      assertThat(compile(modulePath(), source))
          .contains("package io.llmrelay." + type.replaceFirst("\\..*", "") + " is not visible");
    }
  }

  /** Returns the locations of the relay and of all modules that it requires, and of others. */
  private static String modulePath(String... others) {
    Set<String> roots =
        Set.of(Stream.concat(Stream.of("io.llmrelay"), Stream.of(others)).toArray(String[]::new));
    List<ModuleFinder> finders = new ArrayList<>();
    for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
      ModuleFinder finder = ModuleFinder.of(Path.of(entry));
      try {
        finder.findAll();
        finders.add(finder);
      } catch (FindException noModule) {
        // A library of the tests that cannot be a module.
      }
    }
    return Configuration.resolve(
            ModuleFinder.compose(finders.toArray(ModuleFinder[]::new)),
            List.of(ModuleLayer.boot().configuration()),
            ModuleFinder.of(),
            roots)
        .modules()
        .stream()
        .map(ResolvedModule::reference)
        .map(module -> Path.of(module.location().orElseThrow()).toString())
        .collect(joining(File.pathSeparator));
  }

  private static Path classes() {
    try {
      URI location = LlmRelay.class.getProtectionDomain().getCodeSource().getLocation().toURI();
      return Path.of(location);
    } catch (URISyntaxException e) {
      throw new AssertionError(e);
    }
  }

  /** Compiles the application and returns what the compiler prints. */
  private String compile(String modulePath, String main) throws IOException {
    return compile(modulePath, main, MODULE);
  }

  private String compile(String modulePath, String main, String module) throws IOException {
    Path sources = Files.createDirectories(folder.resolve("src/app"));
    Files.writeString(sources.resolve("Main.java"), main);
    Files.writeString(folder.resolve("src/module-info.java"), module);
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    StringWriter out = new StringWriter();
    try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null)) {
      compiler
          .getTask(
              out,
              files,
              null,
              List.of("-proc:none", "-p", modulePath, "-d", folder.resolve("app").toString()),
              null,
              files.getJavaFileObjects(
                  folder.resolve("src/module-info.java"), sources.resolve("Main.java")))
          .call();
    }
    return out.toString();
  }

  /** Runs the application and returns the lines that it prints. */
  private List<String> run(String modulePath, String conf, List<String> options) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(options);
    command.addAll(
        List.of(
            "-p",
            modulePath + File.pathSeparator + folder.resolve("app"),
            "-m",
            "app/app.Main",
            folder.resolve("relay.yaml").toString(),
            conf));
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    try {
      String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
      return out.lines().toList();
    } finally {
      process.destroyForcibly();
    }
  }
}
