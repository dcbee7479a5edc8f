package io.llmrelay.bench;

import io.llmrelay.bench.LoadPlan.Target;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Collectors;

/**
 * The mock, and how the two that are compared are started: on the same Java, with the same flags,
 * on the same processor.
 */
final class Rig implements AutoCloseable {
  /** Of a relay that keeps asking a backend that fails. */
  static final int NEVER = 1_000_000;

  private static final int NATIVE_ACCESS_NEEDS_LEAVE = 24;

  private final Mock mock = new Mock();
  private final Path root;
  private final Path work;
  private final Path java;
  private final int javaMajor;
  private final String jvm;
  private final List<String> pin;
  private final List<Integer> processors;

  /**
   * @param root the project's folder
   * @param work where configuration and logs go
   * @param java the home of the JDK to run on
   * @param jvm flags for it
   * @param pin what to put before a command to keep it on one processor; may be empty
   * @param processors the processors there are
   */
  Rig(Path root, Path work, Path java, String jvm, List<String> pin, List<Integer> processors)
      throws IOException {
    this.processors = processors;
    this.root = root;
    this.work = work;
    this.java = java;
    this.javaMajor = major(java);
    this.pin = pin;
    this.jvm =
        javaMajor < NATIVE_ACCESS_NEEDS_LEAVE
            ? jvm
            : jvm + " --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow";
    Files.createDirectories(work);
  }

  /** What the JDK there says of itself. */
  private static int major(Path java) throws IOException {
    Properties release = new Properties();
    try (var in = Files.newBufferedReader(java.resolve("release"))) {
      release.load(in);
    }
    String version = release.getProperty("JAVA_VERSION").replace("\"", "");
    return Integer.parseInt(version.replaceAll("^(\\d+).*", "$1"));
  }

  int javaMajor() {
    return javaMajor;
  }

  Mock mock() {
    return mock;
  }

  /** The proxy that does nothing. */
  Subject passThrough() throws IOException, InterruptedException {
    int port = Subject.freePort();
    return start(
        "pass-through",
        port,
        java.resolve("bin/java").toString(),
        "-cp",
        System.getProperty("java.class.path"),
        PassThrough.class.getName(),
        Integer.toString(port),
        Integer.toString(mock.port(0)));
  }

  /**
   * The relay, as its users start it.
   *
   * @param maxFailures how many failures in a row open a circuit
   */
  Subject relay(int maxFailures) throws IOException, InterruptedException {
    Path conf = Files.writeString(work.resolve("relay.yaml"), configuration(maxFailures));
    int port = Subject.freePort();
    return start(
        "relay",
        port,
        root.resolve("scripts/start").toString(),
        "--conf",
        conf.toString(),
        "--port",
        Integer.toString(port));
  }

  /** A backend over TLS, which must be closed. */
  TlsMock tlsMock() throws IOException, InterruptedException {
    return new TlsMock(work, java);
  }

  /** The relay in front of a backend over TLS, which it asks by this version of HTTP. */
  Subject relayOverTls(TlsMock mock, String version) throws IOException, InterruptedException {
    String warm = version.equals("2") ? "warm-connections: 5, " : "";
    String configuration =
        "backends:\n"
            + ("  tls: {dialect: openai, base-url: 'https://localhost:" + mock.port() + "/v1', ")
            + ("api-key: none, default-model: mock-model, max-connections: 20000, " + warm)
            + ("http-version: '" + version + "', tls: {ca: '" + mock.authority() + "'}}\n")
            + "timeouts: {connect: 30s, first-chunk: 60s}\n"
            + ("circuit: {max-failures: " + NEVER + "}\n");
    return relay(pin, "relay-tls", configuration);
  }

  /**
   * A relay of the runnable jar's classes without flags of its own and startup cache.
   *
   * @param what some of {@code logs,metrics,tracing}; or another word for none of them
   */
  Subject observed(String what) throws IOException, InterruptedException {
    Path conf = Files.writeString(work.resolve("observed.yaml"), configuration(NEVER));
    int port = Subject.freePort();
    return start(
        "observed",
        port,
        java.resolve("bin/java").toString(),
        "-cp",
        System.getProperty("java.class.path"),
        "io.llmrelay.cli.ObservedRelay",
        conf.toString(),
        Integer.toString(port),
        what);
  }

  /** The relay without a cluster, on some of the processors. */
  Subject alone(String name, String processors) throws IOException, InterruptedException {
    return relay(name, processors, configuration(NEVER));
  }

  /**
   * The relay as a node of a cluster, on some of the processors. The node {@code second} serves the
   * backend {@code far}.
   *
   * @param cluster the options of the cluster
   * @param limited the URL of the backend of that name
   */
  Subject node(String name, String processors, String cluster, String limited)
      throws IOException, InterruptedException {
    String far = backend("far", "openai", "http://127.0.0.1:" + mock.port(0) + "/v1");
    return relay(
        name,
        processors,
        "cluster: {node: "
            + name
            + ", "
            + cluster
            + "}\n"
            + configuration(
                NEVER,
                far.replace("}", ", node: second}") + backend("limited", "openai", limited)));
  }

  private Subject relay(String name, String processors, String configuration)
      throws IOException, InterruptedException {
    List<String> on = processors == null ? List.of() : List.of("taskset", "-c", processors);
    return relay(on, name, configuration);
  }

  private Subject relay(List<String> on, String name, String configuration)
      throws IOException, InterruptedException {
    Path conf = Files.writeString(work.resolve(name + ".yaml"), configuration);
    int port = Subject.freePort();
    return start(
        on,
        name,
        port,
        root.resolve("scripts/start").toString(),
        "--conf",
        conf.toString(),
        "--port",
        Integer.toString(port));
  }

  /** How many processors are half of those that this process may use. */
  int halfSize() {
    return Math.max(1, processors.size() / 2);
  }

  /** The first or second half of the processors, as taskset has it; {@code null} for all. */
  String half(int which) {
    if (pin.isEmpty() || processors.size() < 2) {
      return null;
    }
    int from = which * halfSize();
    return processors.subList(from, from + halfSize()).stream()
        .map(String::valueOf)
        .collect(Collectors.joining(","));
  }

  private String configuration(int maxFailures) {
    return configuration(maxFailures, "");
  }

  private String configuration(int maxFailures, String more) {
    String first = "http://127.0.0.1:" + mock.port(0);
    String second = "http://127.0.0.1:" + mock.port(1);
    return "backends:\n"
        + backend("primary", "openai", first + "/v1")
        + backend("secondary", "openai", second + "/v1")
        + backend("claude", "anthropic", first)
        + more
        + "fallback: [primary, secondary]\n"
        + ("circuit: {max-failures: " + maxFailures + ", reset-timeout: 1h}\n");
  }

  private static String backend(String name, String dialect, String url) {
    return ("  " + name + ": {dialect: " + dialect + ", base-url: '" + url + "', api-key: none, ")
        + "default-model: mock-model, max-connections: 20000}\n";
  }

  private Subject start(String name, int port, String... command)
      throws IOException, InterruptedException {
    return start(pin, name, port, command);
  }

  private Subject start(List<String> on, String name, int port, String... command)
      throws IOException, InterruptedException {
    List<String> all = new ArrayList<>(on);
    all.addAll(List.of(command));
    Map<String, String> env = Map.of("JAVA_HOME", java.toString(), "JDK_JAVA_OPTIONS", jvm);
    return Subject.start(all, env, port, work.resolve(name + ".log"));
  }

  /** Has it do what it will be measured at, so that its code is compiled by then. */
  static void warm(Subject subject, Target target, double seconds) throws IOException {
    int port = subject.port();
    Load.run(LoadPlan.of(port, target, Script.flatOut(200), 64, 0.4 * seconds));
    Load.run(LoadPlan.of(port, target, Script.flatOut(8), 64, 0.4 * seconds));
    Load.run(LoadPlan.of(port, target, Script.paced(5, 5, 50), 50, 0.2 * seconds));
  }

  @Override
  public void close() throws IOException {
    mock.close();
  }
}
