package io.llmrelay.bench;

import io.llmrelay.bench.LoadPlan.Target;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;

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

  /**
   * @param root the project's folder
   * @param work where configuration and logs go
   * @param java the home of the JDK to run on
   * @param jvm flags for it
   * @param pin what to put before a command to keep it on one processor; may be empty
   */
  Rig(Path root, Path work, Path java, String jvm, List<String> pin) throws IOException {
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

  /**
   * A relay of the runnable jar's classes without logs, metrics and tracing, or with all of them.
   * It has neither flags of its own nor a startup cache.
   */
  Subject observed(boolean observed) throws IOException, InterruptedException {
    Path conf = Files.writeString(work.resolve("observed.yaml"), configuration(NEVER));
    int port = Subject.freePort();
    return start(
        observed ? "observed" : "unobserved",
        port,
        java.resolve("bin/java").toString(),
        "-cp",
        System.getProperty("java.class.path"),
        "io.llmrelay.cli.ObservedRelay",
        conf.toString(),
        Integer.toString(port),
        Boolean.toString(observed));
  }

  private String configuration(int maxFailures) {
    String first = "http://127.0.0.1:" + mock.port(0);
    String second = "http://127.0.0.1:" + mock.port(1);
    return "backends:\n"
        + backend("primary", "openai", first + "/v1")
        + backend("secondary", "openai", second + "/v1")
        + backend("claude", "anthropic", first)
        + "fallback: [primary, secondary]\n"
        + ("circuit: {max-failures: " + maxFailures + ", reset-timeout: 1h}\n");
  }

  private static String backend(String name, String dialect, String url) {
    return ("  " + name + ": {dialect: " + dialect + ", base-url: '" + url + "', api-key: none, ")
        + "default-model: mock-model, max-connections: 20000}\n";
  }

  private Subject start(String name, int port, String... command)
      throws IOException, InterruptedException {
    List<String> all = new ArrayList<>(pin);
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
