package io.llmrelay.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests how {@code scripts/start} builds and trains, in a clone with a fake Maven and JDK. */
@Timeout(60)
class ScriptsTest {
  /** Records its calls, and behaves as the file "mode" says. */
  private static final String MAVEN =
      """
      #!/usr/bin/env bash
      [ "$1" != -v ] || exit 0
      echo build >>calls
      echo half >target/vertx-llm-relay-1-all.jar
      case $(cat mode) in
        slow) sleep 1 ;;
        edited) sleep 0.1; echo changed >src/main/Relay.java ;;
        broken) echo "cannot find symbol"; exit 3 ;;
      esac
      echo whole >target/vertx-llm-relay-1-all.jar
      """;

  private static final String JAVA =
      """
      #!/usr/bin/env bash
      cd "$(dirname "$0")/../.."
      case "$*" in
        *" serve "*) echo "serve $(grep -c whole "target/vertx-llm-relay-1-all.jar") $*" >>calls ;;
        *)
          cache=$(printf '%s\\n' "$@" | sed -n 's/^-XX:A[A-Za-z]*=//p')
          echo "train $*" >>calls
          case $(cat mode) in
            untrainable) echo part >"$cache"; echo part >"$cache.config"; exit 2 ;;
            no-archive) ;;
            *) echo cache >"$cache" ;;
          esac
          ;;
      esac
      """;

  @TempDir Path clone;

  @BeforeAll
  static void bash() {
    boolean there;
    try {
      there = new ProcessBuilder("bash", "-c", "true").start().waitFor() == 0;
    } catch (IOException | InterruptedException e) {
      there = false;
    }
    assumeTrue(there, "the scripts need a bash, and there is none here");
  }

  @BeforeEach
  void freshClone() throws IOException {
    for (String file :
        List.of("scripts/lib.sh", "scripts/start", ".mvn/wrapper/maven-wrapper.properties")) {
      Files.createDirectories(clone.resolve(file).getParent());
      Files.copy(Path.of(file), clone.resolve(file));
    }
    write("pom.xml", "");
    write("src/main/Relay.java", "");
    write("conf/relay.schema.json", "");
    write("jdk/bin/javac", "");
    write("jdk/bin/java", JAVA);
    write("mvnw", MAVEN);
    for (String program : List.of("jdk/bin/javac", "jdk/bin/java", "mvnw")) {
      assertThat(clone.resolve(program).toFile().setExecutable(true)).isTrue();
    }
    write("jdk/release", "JAVA_VERSION=\"17.0.1\"\n");
    write("mode", "fine");
  }

  private void write(String file, String text) throws IOException {
    Files.createDirectories(clone.resolve(file).getParent());
    Files.writeString(clone.resolve(file), text);
  }

  private Process begin(String log) throws IOException {
    ProcessBuilder start = new ProcessBuilder("bash", clone + "/scripts/start", "--port", "0");
    Map<String, String> env = start.environment();
    env.keySet().removeAll(List.of("MVN", "JAVA_MAJOR", "LLM_RELAY_TRAIN"));
    env.put("JAVA_HOME", clone + "/jdk");
    return start.redirectErrorStream(true).redirectOutput(clone.resolve(log).toFile()).start();
  }

  /** Runs the script and returns the calls it made. */
  private List<String> start() throws Exception {
    Files.deleteIfExists(clone.resolve("calls"));
    assertThat(end(begin("log"))).as(log("log")).isZero();
    return calls();
  }

  private static int end(Process script) throws InterruptedException {
    assertThat(script.waitFor(30, TimeUnit.SECONDS)).isTrue();
    return script.exitValue();
  }

  private String log(String file) throws IOException {
    return Files.readString(clone.resolve(file));
  }

  /** Returns the first word of each call, in order. */
  private List<String> calls() throws IOException {
    return Files.readAllLines(clone.resolve("calls")).stream().map(l -> l.split(" ")[0]).toList();
  }

  private String lastCall() throws IOException {
    List<String> calls = Files.readAllLines(clone.resolve("calls"));
    return calls.get(calls.size() - 1);
  }

  private List<String> inTarget(String glob) throws IOException {
    try (Stream<Path> files = Files.list(clone.resolve("target"))) {
      return files.map(f -> f.getFileName().toString()).filter(f -> f.matches(glob)).toList();
    }
  }

  private static String run(int expected, String... command) throws Exception {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor()).as(output).isEqualTo(expected);
    return output;
  }

  /** Scripts that do not pass their options on to the runnable jar or to Maven. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "alerts",
        "clients",
        "cluster-test",
        "examples",
        "fuzz",
        "package",
        "readme",
        "release",
        "reproducible",
        "sbom",
        "soak"
      })
  void saysWhatItTakesAndRefusesTheRest(String name) throws Exception {
    String script = "scripts/" + name;
    assertThat(run(0, script, "--help")).contains(script).doesNotContain("set -euo", "#");
    assertThat(run(2, script, "--nonsense")).contains("--nonsense").hasLineCount(1);
  }

  @Test
  void buildsAndTrainsAFreshCloneOnce() throws Exception {
    assertThat(start()).containsExactly("build", "train", "serve");
    assertThat(lastCall())
        .startsWith("serve 1 ")
        .containsPattern("-XX:SharedArchiveFile=\\S+/target/start-\\d+-\\d+.cache ")
        .endsWith("--port 0");
    assertThat(start()).containsExactly("serve");

    write("src/main/Relay.java", "changed");
    assertThat(start()).containsExactly("build", "train", "serve");
    assertThat(start()).containsExactly("serve");
    assertThat(inTarget(".*building.*|.*\\.new")).isEmpty();
  }

  @Test
  void rebuildsAfterEditsDuringABuild() throws Exception {
    write("mode", "edited");
    assertThat(start()).containsExactly("build", "train", "serve");
    write("mode", "fine");
    assertThat(start()).containsExactly("build", "train", "serve");
    assertThat(start()).containsExactly("serve");
  }

  @Test
  void reportsAFailedBuildAndRepeatsIt() throws Exception {
    assertThat(start()).contains("build");
    write("src/main/Relay.java", "changed");
    write("mode", "broken");
    for (int i = 0; i < 2; i++) {
      assertThat(end(begin("log"))).isEqualTo(3);
      assertThat(log("log")).contains("failed:", "cannot find symbol");
    }
    write("mode", "fine");
    assertThat(start()).containsExactly("build", "train", "serve");
    assertThat(lastCall()).startsWith("serve 1 ");
  }

  @Test
  void repeatsAnInterruptedBuild() throws Exception {
    Process gone = new ProcessBuilder("bash", "-c", "true").start();
    gone.waitFor();
    write("target/vertx-llm-relay-1-all.jar", "half");
    write("target/.built.new", "");
    write("target/.building/pid", gone.pid() + "\n");
    assertThat(start()).containsExactly("build", "train", "serve");
    assertThat(lastCall()).startsWith("serve 1 ");

    write("target/vertx-llm-relay-1-all.jar", "incomplete, by a build outside the script");
    assertThat(start()).containsExactly("build", "train", "serve");
    assertThat(lastCall()).startsWith("serve 1 ");
    // Interrupted before it wrote its process id.
    write("src/main/Relay.java", "changed");
    Files.createDirectories(clone.resolve("target/.building"));
    assertThat(start()).containsExactly("build", "train", "serve");
  }

  @Test
  void concurrentStartsBuildOnce() throws Exception {
    write("mode", "slow");
    Process one = begin("one");
    Process two = begin("two");
    assertThat(end(one)).as(log("one")).isZero();
    assertThat(end(two)).as(log("two")).isZero();
    assertThat(calls()).containsOnlyOnce("build");
    assertThat(log("one") + log("two")).containsOnlyOnce("waiting for it");
    assertThat(Files.readString(clone.resolve("calls"))).doesNotContain("serve 0");
  }

  @ParameterizedTest
  @ValueSource(strings = {"untrainable", "no-archive"})
  void doesNotRepeatFailedTrainingForTheSameJar(String mode) throws Exception {
    write("mode", mode);
    assertThat(start()).containsExactly("build", "train", "serve");
    assertThat(log("log")).contains("starting without");
    assertThat(lastCall()).doesNotContain("-XX:SharedArchiveFile");
    assertThat(inTarget("start-.*")).singleElement().asString().endsWith(".cache.failed");
    assertThat(start()).containsExactly("serve");
    assertThat(log("log")).isEmpty();

    write("mode", "fine");
    write("src/main/Relay.java", "changed");
    assertThat(start()).containsExactly("build", "train", "serve");
    assertThat(inTarget("start-.*")).singleElement().asString().endsWith(".cache");
  }

  @Test
  void aJdkReplacedInPlaceGetsItsOwnCache() throws Exception {
    assertThat(start()).containsExactly("build", "train", "serve");
    write("jdk/release", "JAVA_VERSION=\"17.0.2\"\n");
    assertThat(start()).containsExactly("train", "serve");
    write("jdk/release", "JAVA_VERSION=\"25\"\n");
    assertThat(start()).containsExactly("train", "serve");
    assertThat(lastCall()).contains("-XX:AOTCache=");
    assertThat(start()).containsExactly("serve");
  }

  /** The JVM itself compares only size and time of the jar. */
  @ParameterizedTest
  @ValueSource(strings = {"17.0.1", "25"})
  void anotherJarOfTheSameSizeAndTimeGetsItsOwnCache(String java) throws Exception {
    write("jdk/release", "JAVA_VERSION=\"" + java + "\"\n");
    assertThat(start()).containsExactly("build", "train", "serve");
    List<String> before = inTarget("start-.*");
    assertThat(before).hasSize(1);

    Path jar = clone.resolve("target/vertx-llm-relay-1-all.jar");
    FileTime time = Files.getLastModifiedTime(jar);
    String other = Files.readString(jar).replace("whole", "whoLe");
    Files.writeString(jar, other);
    Files.setLastModifiedTime(jar, time);
    assertThat(start()).containsExactly("train", "serve");
    assertThat(inTarget("start-.*")).hasSize(1).doesNotContainAnyElementsOf(before);
    assertThat(start()).containsExactly("serve");
  }
}
