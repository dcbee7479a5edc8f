package io.llmrelay.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** The runner behind {@code scripts/bench}, which says what its options are. */
public final class Bench {
  private static final List<String> SCENARIOS =
      List.of(
          "s1", "s2", "s3", "a1", "a2", "a3", "o1", "o2", "o3", "s4", "s5", "s6", "s7", "t1", "t2",
          "t3", "f1", "f2", "w1", "w2", "cluster");

  private final Path root = Path.of(System.getProperty("bench.root"));
  private final List<String> pin = words(System.getProperty("bench.pin", ""));
  private final List<Integer> processors = processors(System.getProperty("bench.processors", ""));
  private Set<String> scenarios = Set.of("s1", "s2", "s3");
  private int reps = 3;
  private double warm = 30;
  private double seconds = 6;
  private String jvm = "-Xmx1g";
  private final List<String> observe = new ArrayList<>();
  private Path out = root.resolve("target/bench/results.jsonl");
  private final List<Path> javas = new ArrayList<>();

  private Bench(String... args) {
    for (int i = 0; i < args.length; i += 2) {
      if (i + 1 == args.length) {
        throw new IllegalArgumentException(args[i] + " needs a value");
      }
      option(args[i], args[i + 1]);
    }
    if (javas.isEmpty()) {
      javas.add(Path.of(System.getProperty("java.home")));
    }
    if (observe.isEmpty()) {
      observe.addAll(List.of("logs,metrics,tracing=0.05", "logs,metrics,tracing"));
    }
  }

  private static List<String> words(String text) {
    return text.isBlank() ? List.of() : List.of(text.trim().split("\\s+"));
  }

  /** The numbers in a list as taskset prints it, such as {@code 0-3,6}. */
  private static List<Integer> processors(String text) {
    List<Integer> all = new ArrayList<>();
    for (String range : text.isBlank() ? new String[0] : text.trim().split(",")) {
      String[] ends = range.split("-");
      for (int i = Integer.parseInt(ends[0]); i <= Integer.parseInt(ends[ends.length - 1]); i++) {
        all.add(i);
      }
    }
    return all;
  }

  private void option(String name, String value) {
    switch (name) {
      case "--scenarios" -> scenarios = scenarios(value);
      case "--reps" -> reps = (int) number(name, value);
      case "--warm" -> warm = number(name, value);
      case "--seconds" -> seconds = number(name, value);
      case "--jvm" -> jvm = value;
      case "--observe" -> observe.add(value);
      case "--out" -> out = Path.of(value);
      case "--java" -> {
        if (!Files.exists(Path.of(value, "release"))) {
          throw new IllegalArgumentException("--java: there is no JDK in " + value);
        }
        javas.add(Path.of(value));
      }
      default -> throw new IllegalArgumentException("unknown option " + name);
    }
  }

  private static double number(String name, String value) {
    try {
      double number = Double.parseDouble(value);
      if (number > 0) {
        return number;
      }
    } catch (NumberFormatException e) {
      // As below.
    }
    throw new IllegalArgumentException(name + " must be a number above 0, not " + value);
  }

  private static Set<String> scenarios(String value) {
    if (value.equals("all")) {
      return new LinkedHashSet<>(SCENARIOS);
    }
    Set<String> names = new LinkedHashSet<>(List.of(value.split(",")));
    for (String name : names) {
      if (!SCENARIOS.contains(name)) {
        throw new IllegalArgumentException(
            "--scenarios: " + name + " is none of " + String.join(", ", SCENARIOS) + ", all");
      }
    }
    return names;
  }

  /** Exit codes: 0, 1 if it went wrong on the way or answers were wrong, 2 for wrong options. */
  public static void main(String[] args) throws Exception {
    Bench bench;
    try {
      bench = new Bench(args);
    } catch (IllegalArgumentException e) {
      System.err.println(e.getMessage());
      System.exit(2);
      return;
    }
    System.exit(bench.run() ? 0 : 1);
  }

  private boolean run() throws IOException, InterruptedException {
    Files.createDirectories(out.toAbsolutePath().getParent());
    say("Each measurement goes to " + out + ".");
    if (pin.isEmpty()) {
      say("Without taskset, or with one processor only, what is measured shares its processor");
      say("with the load: trust no latency. Memory is measured on Linux only.");
    }
    Report report = new Report();
    int[] errors = {0};
    for (int round = 1; round <= reps; round++) {
      for (Path java : javas) {
        try (Rig rig = new Rig(root, root.resolve("target/bench"), java, jvm, pin, processors)) {
          new Runs(
                  rig,
                  scenarios,
                  warm,
                  seconds,
                  observe,
                  measured -> {
                    report.add(measured);
                    write(measured);
                    errors[0] += measured.getInteger("errors");
                    say("  " + progress(measured));
                  })
              .round(round);
        }
      }
    }
    report.toJson().forEach(this::write);
    PrintWriter stdout = new PrintWriter(new OutputStreamWriter(System.out, UTF_8));
    stdout.print("\n" + report);
    stdout.flush();
    return errors[0] == 0;
  }

  private void write(JsonObject measured) {
    JsonObject line = new JsonObject().put("time", Instant.now().toString()).mergeIn(measured);
    try {
      Files.writeString(
          out, line.encode() + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String progress(JsonObject measured) {
    return ("round " + measured.getInteger("round") + ", Java " + measured.getInteger("java"))
        + (", " + measured.getString("scenario") + ", " + measured.getString("system"));
  }

  private static void say(String what) {
    System.err.println(what);
  }
}
