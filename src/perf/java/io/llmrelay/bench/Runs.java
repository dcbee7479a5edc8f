package io.llmrelay.bench;

import io.llmrelay.bench.LoadPlan.Target;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * One round of the scenarios. Those of one method are measured in one process, the two systems in
 * turn, and every process is warmed up first.
 */
final class Runs {
  static final String PASS_THROUGH = "pass-through";
  static final String RELAY = "relay";
  static final String STRAIGHT = "straight";
  static final String FAILOVER = "failover";
  static final String TEXT = "text";
  static final String CALL = "tool call";
  static final String SAME_API = "same API";
  static final String TRANSLATED = "translated";
  static final String HTTP_1 = "HTTP/1.1";
  static final String HTTP_2 = "HTTP/2";
  static final String UNOBSERVED = "without";

  private static final Target CLAUDE =
      new Target(Target.OPENAI.path(), "claude/mock-model", candidates("claude"));
  private static final Target SECONDARY =
      new Target(Target.OPENAI.path(), "mock-model", candidates("secondary"));
  private static final Target BOTH =
      new Target(Target.OPENAI.path(), "mock-model", candidates("primary\",\"secondary"));

  private static final Target LARGE = Target.OPENAI.withHistory(1_200_000);
  private static final Target OF_1_MB = Target.OPENAI.withHistory(1_000_000);

  private static final int TOOLS = 40;
  private static final int TOOLS_BYTES = 60_000;

  private static final int[] LEVELS = {200, 1000, 5000};
  private static final int RAMP = 1000;

  /** What one processor can take of TLS handshakes. */
  private static final int TLS_RAMP = 250;

  private static final int BURST = 500;

  /** Longer than the relay keeps connections that are idle. */
  private static final int IDLE_MS = 33_000;

  private static final int[] LARGE_LEVELS = {200, 1000};
  private static final int LARGE_RAMP = 50;
  private static final int CHUNKS_PER_SECOND = 5;
  private static final int TURNS = 6;

  private final Rig rig;
  private final Set<String> wanted;
  private final double warm;
  private final double seconds;
  private final List<String> observe;
  private final Consumer<JsonObject> records;
  private int round;

  /**
   * @param wanted the scenarios' names
   * @param warm how many seconds a process is warmed up
   * @param seconds how long a scenario takes, but for its beginning and end
   * @param observe what is on in the scenarios about that, for each relay of them
   * @param records where every measurement goes
   */
  Runs(
      Rig rig,
      Set<String> wanted,
      double warm,
      double seconds,
      List<String> observe,
      Consumer<JsonObject> records) {
    this.rig = rig;
    this.wanted = wanted;
    this.warm = warm;
    this.seconds = seconds;
    this.observe = observe;
    this.records = records;
  }

  private static String candidates(String names) {
    return "\"relay\":{\"candidates\":[\"" + names + "\"]},";
  }

  void round(int number) throws IOException, InterruptedException {
    round = number;
    if (any("s1", "s2", "s3")) {
      try (Subject subject = rig.passThrough()) {
        steady(subject, PASS_THROUGH, "s", Target.OPENAI);
      }
      try (Subject subject = rig.relay(Rig.NEVER)) {
        steady(subject, RELAY, "s", Target.OPENAI);
      }
    }
    if (any("a1", "a3")) {
      try (Subject subject = rig.passThrough()) {
        steady(subject, PASS_THROUGH, "a", Target.ANTHROPIC);
      }
      try (Subject subject = rig.relay(Rig.NEVER)) {
        steady(subject, RELAY, "a", CLAUDE);
      }
    }
    if (any("o1", "o2", "o3")) {
      observed();
    }
    if (any("s4")) {
      try (Subject subject = rig.passThrough()) {
        growth(subject, PASS_THROUGH);
      }
      try (Subject subject = rig.relay(Rig.NEVER)) {
        growth(subject, RELAY);
      }
    }
    if (any("s6", "s7")) {
      try (Subject subject = rig.passThrough()) {
        large(subject, PASS_THROUGH);
      }
      try (Subject subject = rig.relay(Rig.NEVER)) {
        large(subject, RELAY);
      }
    }
    if (any("f1")) {
      fronts("f1", Target.OPENAI, Target.ANTHROPIC.withModel("primary/mock-model"));
    }
    if (any("f2")) {
      fronts(
          "f2",
          Target.ANTHROPIC.withModel("claude/mock-model"),
          Target.RESPONSES.withModel("claude/mock-model"));
    }
    if (any("t1")) {
      tools("t1", Target.OPENAI, Target.OPENAI);
    }
    if (any("t2")) {
      tools("t2", Target.ANTHROPIC, CLAUDE);
    }
    if (any("t3")) {
      fragments();
    }
    if (any("w1", "w2")) {
      try (TlsMock mock = rig.tlsMock()) {
        tls(mock, HTTP_1, "1.1");
        tls(mock, HTTP_2, "2");
      }
    }
    if (any("cluster")) {
      new ClusterRuns(
              rig,
              warm,
              seconds,
              (name, measured) -> record(name.system(), name.scenario(), measured))
          .round();
    }
    if (any("s5")) {
      failover("s5-refused", Rig.NEVER);
      failover("s5-open", 1);
    }
  }

  private boolean any(String... names) {
    for (String name : names) {
      if (wanted.contains(name)) {
        return true;
      }
    }
    return false;
  }

  /**
   * All of them run at the same time and take turns, each of which counts as a round: they differ
   * by less than the machine from one minute to the next.
   */
  private void observed() throws IOException, InterruptedException {
    Map<String, Subject> subjects = new LinkedHashMap<>();
    try {
      subjects.put(UNOBSERVED, rig.observed(UNOBSERVED));
      for (String system : observe) {
        subjects.put(system, rig.observed(system));
      }
      for (Subject subject : subjects.values()) {
        Rig.warm(subject, Target.OPENAI, warm);
      }
      int first = round * TURNS;
      for (round = first; round < first + TURNS; round++) {
        for (Map.Entry<String, Subject> each : subjects.entrySet()) {
          steady(each.getValue(), each.getKey(), "o", Target.OPENAI, seconds / TURNS);
        }
      }
    } finally {
      for (Subject subject : subjects.values()) {
        subject.close();
      }
    }
  }

  private void steady(Subject subject, String system, String group, Target target)
      throws IOException {
    Rig.warm(subject, target, warm);
    steady(subject, system, group, target, seconds);
  }

  private void steady(Subject subject, String system, String group, Target target, double seconds)
      throws IOException {
    int port = subject.port();
    LoadPlan full = LoadPlan.of(port, target, Script.flatOut(200), 64, seconds).warm(0.5);
    LoadPlan brief = LoadPlan.of(port, target, Script.flatOut(8), 64, seconds).warm(0.5);
    LoadPlan paced =
        LoadPlan.of(port, target, Script.paced(200, 20, 100), 200, seconds).ramp(150).warm(1.5);
    run(subject, system, group + 1, full);
    run(subject, system, group + 2, brief);
    run(subject, system, group + 3, paced);
  }

  private void run(Subject subject, String system, String scenario, LoadPlan plan)
      throws IOException {
    if (wanted.contains(scenario)) {
      record(system, scenario, subject.measure(plan));
    }
  }

  private void growth(Subject subject, String system) throws IOException {
    growth(subject, system, "s4", RAMP);
  }

  /** One backend over TLS, by one version of HTTP. */
  private void tls(TlsMock mock, String system, String version)
      throws IOException, InterruptedException {
    try (Subject subject = rig.relayOverTls(mock, version)) {
      if (wanted.contains("w2")) {
        burst(subject, system);
      }
      if (wanted.contains("w1")) {
        growth(subject, system, "w1", TLS_RAMP);
      }
    }
  }

  /** The first requests after idleness, all at once. */
  private void burst(Subject subject, String system) throws IOException, InterruptedException {
    LoadPlan burst =
        LoadPlan.of(subject.port(), Target.OPENAI, Script.flatOut(1), BURST, 0).eachOnce();
    Rig.warm(subject, Target.OPENAI, warm);
    Load.run(burst);
    Thread.sleep(IDLE_MS);
    long begin = System.nanoTime();
    JsonObject measured = subject.measure(burst);
    double wall = (System.nanoTime() - begin) / 1e6;
    record(system, "w2", measured.put("wall_ms", wall));
  }

  private void growth(Subject subject, String system, String scenario, int ramp)
      throws IOException {
    Rig.warm(subject, Target.OPENAI, warm);
    int chunks = (int) (CHUNKS_PER_SECOND * ((double) LEVELS[2] / ramp + seconds));
    JsonObject[] at = new JsonObject[LEVELS.length];
    for (int i = 0; i < LEVELS.length; i++) {
      Script script = Script.paced(200, 1000 / CHUNKS_PER_SECOND, chunks);
      at[i] =
          subject.measure(
              LoadPlan.of(subject.port(), Target.OPENAI, script, LEVELS[i], 0)
                  .ramp(ramp)
                  .eachOnce());
      record(system, scenario + "-" + LEVELS[i], at[i]);
    }
    JsonObject growth = new JsonObject().put("errors", 0);
    if (at[0].containsKey("cpu_us_per_chunk") && at[2].containsKey("cpu_us_per_chunk")) {
      growth.put(
          "cpu_growth", at[2].getDouble("cpu_us_per_chunk") / at[0].getDouble("cpu_us_per_chunk"));
    }
    putSlope(growth, at[1], at[2], LEVELS[2] - LEVELS[1]);
    record(system, scenario + "-growth", growth);
  }

  private void large(Subject subject, String system) throws IOException {
    int port = subject.port();
    LoadPlan brief = LoadPlan.of(port, LARGE, Script.flatOut(8), 8, seconds);
    Load.run(LoadPlan.of(port, LARGE, Script.flatOut(8), 64, warm));
    run(subject, system, "s6", brief);
    if (wanted.contains("s7")) {
      JsonObject[] at = new JsonObject[LARGE_LEVELS.length];
      for (int i = 0; i < LARGE_LEVELS.length; i++) {
        int streamSeconds = LARGE_LEVELS[i] / LARGE_RAMP + 5;
        Script script = Script.paced(200, 1000, streamSeconds);
        at[i] =
            subject.measure(
                LoadPlan.of(port, OF_1_MB, script, LARGE_LEVELS[i], 0).ramp(LARGE_RAMP).eachOnce());
        record(system, "s7-" + LARGE_LEVELS[i], at[i]);
      }
      JsonObject growth = new JsonObject().put("errors", 0);
      putSlope(growth, at[0], at[1], LARGE_LEVELS[1] - LARGE_LEVELS[0]);
      record(system, "s7-growth", growth);
    }
  }

  private void tools(String scenario, Target plain, Target relayed)
      throws IOException, InterruptedException {
    try (Subject subject = rig.passThrough()) {
      tools(subject, PASS_THROUGH, scenario, plain.withTools(TOOLS, TOOLS_BYTES));
    }
    try (Subject subject = rig.relay(Rig.NEVER)) {
      tools(subject, RELAY, scenario, relayed.withTools(TOOLS, TOOLS_BYTES));
    }
  }

  private void tools(Subject subject, String system, String scenario, Target target)
      throws IOException {
    int port = subject.port();
    Load.run(LoadPlan.of(port, target, Script.flatOut(8), 16, warm));
    LoadPlan plan = LoadPlan.of(port, target, Script.flatOut(8), 16, seconds).warm(0.5);
    run(subject, system, scenario, plan);
  }

  /** Two fronts before one backend, through one relay, in turn. */
  private void fronts(String scenario, Target same, Target other)
      throws IOException, InterruptedException {
    try (Subject subject = rig.relay(Rig.NEVER)) {
      int port = subject.port();
      Script script = Script.flatOut(200);
      Load.run(LoadPlan.of(port, same, script, 64, warm / 2));
      Load.run(LoadPlan.of(port, other, script, 64, warm / 2));
      for (int turn = 0; turn < 2; turn++) {
        LoadPlan untranslated = LoadPlan.of(port, same, script, 64, seconds / 2).warm(0.5);
        LoadPlan translated = LoadPlan.of(port, other, script, 64, seconds / 2).warm(0.5);
        record(SAME_API, scenario, subject.measure(untranslated));
        record(TRANSLATED, scenario, subject.measure(translated));
      }
    }
  }

  /** Both through one relay, in turn. */
  private void fragments() throws IOException, InterruptedException {
    try (Subject subject = rig.relay(Rig.NEVER)) {
      Script text = Script.flatOut(200);
      int port = subject.port();
      Load.run(LoadPlan.of(port, Target.OPENAI, text, 64, warm / 2));
      Load.run(LoadPlan.of(port, Target.OPENAI, text.asCall(), 64, warm / 2));
      for (int turn = 0; turn < 2; turn++) {
        LoadPlan plan = LoadPlan.of(port, Target.OPENAI, text, 64, seconds / 2).warm(0.5);
        LoadPlan call = LoadPlan.of(port, Target.OPENAI, text.asCall(), 64, seconds / 2).warm(0.5);
        record(TEXT, "t3", subject.measure(plan));
        record(CALL, "t3", subject.measure(call));
      }
    }
  }

  private static void putSlope(JsonObject growth, JsonObject few, JsonObject many, int more) {
    if (few.containsKey("resident_kib") && many.containsKey("resident_kib")) {
      double kib = many.getLong("resident_kib") - few.getLong("resident_kib");
      growth.put("resident_kib_per_stream", kib / more);
    }
  }

  /** Both ways through one relay: only so are differences below a millisecond to be seen. */
  private void failover(String scenario, int maxFailures) throws IOException, InterruptedException {
    try (Subject subject = rig.relay(maxFailures)) {
      Script script = Script.paced(20, 5, 20).refusedByFirst();
      LoadPlan straight = LoadPlan.of(subject.port(), SECONDARY, script, 8, seconds / 2).warm(0.5);
      LoadPlan failing = LoadPlan.of(subject.port(), BOTH, script, 8, seconds / 2).warm(0.5);
      Rig.warm(subject, SECONDARY, warm / 2);
      Load.run(LoadPlan.of(subject.port(), BOTH, script, 64, warm / 2));
      for (int turn = 0; turn < 2; turn++) {
        record(STRAIGHT, scenario, subject.measure(straight));
        long refused = rig.mock().refused.get();
        JsonObject result = subject.measure(failing);
        record(FAILOVER, scenario, result.put("refused", rig.mock().refused.get() - refused));
      }
    }
  }

  private void record(String system, String scenario, JsonObject measured) {
    records.accept(
        new JsonObject()
            .put("scenario", scenario)
            .put("system", system)
            .put("java", rig.javaMajor())
            .put("round", round)
            .mergeIn(measured));
  }
}
