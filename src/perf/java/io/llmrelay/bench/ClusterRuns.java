package io.llmrelay.bench;

import io.llmrelay.bench.LoadPlan.Target;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.util.List;
import java.util.function.BiConsumer;

/**
 * One round of the scenarios of a cluster. Nodes that are compared run at the same time and are
 * measured in turn, so that both have had the same time to warm up.
 */
final class ClusterRuns {
  private static final Target NEAR = Target.OPENAI.withModel("primary/mock-model");
  private static final Target FAR = Target.OPENAI.withModel("far/mock-model");
  private static final int TURNS = 2;

  /** What a record belongs to: its scenario and system. */
  record Name(String scenario, String system) {}

  private final Rig rig;
  private final double warm;
  private final double seconds;
  private final BiConsumer<Name, JsonObject> records;

  /**
   * @param warm how many seconds a process is warmed up
   * @param seconds how long a scenario takes, but for its beginning and end
   * @param records where every measurement goes
   */
  ClusterRuns(Rig rig, double warm, double seconds, BiConsumer<Name, JsonObject> records) {
    this.rig = rig;
    this.warm = warm;
    this.seconds = seconds;
    this.records = records;
  }

  void round() throws IOException, InterruptedException {
    try (AnnouncedLimits limits = new AnnouncedLimits()) {
      String limited = limits.url();
      try (Subject alone = rig.alone("alone", rig.half(1));
          Subject first = rig.node("first", rig.half(1), limits.cluster(), limited);
          Subject second = rig.node("second", rig.half(0), limits.cluster(), limited)) {
        for (Subject subject : List.of(alone, first, second)) {
          Rig.warm(subject, NEAR, warm);
        }
        Load.run(flatOut(first, FAR, warm / 2));
        for (int turn = 0; turn < TURNS; turn++) {
          inACluster(alone, first);
          twoNodes(alone, first, second);
          onAnotherNode(first, second);
        }
        news(limits, first);
      }
    }
  }

  private LoadPlan flatOut(Subject subject, Target target, double duration) {
    return LoadPlan.of(subject.port(), target, Script.flatOut(200), 64, duration).warm(0.5);
  }

  private LoadPlan paced(Subject subject, Target target) {
    return LoadPlan.of(subject.port(), target, Script.paced(200, 20, 100), 200, seconds)
        .ramp(150)
        .warm(1.5);
  }

  private void record(String scenario, String system, JsonObject measured) {
    records.accept(new Name(scenario, system), measured);
  }

  private void inACluster(Subject alone, Subject node) throws IOException {
    double half = seconds / TURNS;
    record("cluster-cpu", "alone", alone.measure(flatOut(alone, NEAR, half)));
    record("cluster-cpu", "in a cluster", node.measure(flatOut(node, NEAR, half)));
  }

  /** One node has half of the processors, the other one the other half. */
  private void twoNodes(Subject alone, Subject first, Subject second) throws IOException {
    double half = seconds / TURNS;
    record(
        "cluster-two",
        "one node",
        capacity(alone.measure(flatOut(alone, NEAR, half)), rig.halfSize()));
    List<Subject> both = List.of(first, second);
    List<LoadPlan> plans = List.of(flatOut(first, NEAR, half), flatOut(second, NEAR, half));
    record("cluster-two", "two nodes", capacity(Subject.measure(both, plans), 2 * rig.halfSize()));
  }

  /** Adds what so many processors would deliver if nothing else used them. */
  private static JsonObject capacity(JsonObject measured, int processors) {
    Double perChunk = measured.getDouble("cpu_us_per_chunk");
    return perChunk == null
        ? measured
        : measured.put("capacity_chunks_per_s", processors * 1e6 / perChunk);
  }

  /** The CPU is that of both nodes together. */
  private void onAnotherNode(Subject first, Subject second) throws IOException {
    List<Subject> both = List.of(first, second);
    double half = seconds / TURNS;
    record("cluster-far", "own node", Subject.measure(both, List.of(flatOut(first, NEAR, half))));
    record(
        "cluster-far", "another node", Subject.measure(both, List.of(flatOut(first, FAR, half))));
    record("cluster-far-paced", "own node", Subject.measure(both, List.of(paced(first, NEAR))));
    record("cluster-far-paced", "another node", Subject.measure(both, List.of(paced(first, FAR))));
  }

  private void news(AnnouncedLimits limits, Subject node) throws IOException, InterruptedException {
    record("cluster-news", "quiet", limits.measure(node.port(), seconds));
    Thread load =
        new Thread(
            () -> {
              try {
                Load.run(paced(node, NEAR));
              } catch (IOException e) {
                System.err.println("The load failed: " + e.getMessage());
              }
            },
            "load");
    load.start();
    record("cluster-news", "10,000 chunks/s", limits.measure(node.port(), seconds));
    load.join();
  }
}
