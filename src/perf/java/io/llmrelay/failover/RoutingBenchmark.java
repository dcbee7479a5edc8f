package io.llmrelay.failover;

import io.llmrelay.catalog.Catalog;
import io.llmrelay.chat.Affinity;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.RelayHints.Prefer;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** The plan of a request over four backends: in order, and by what else is preferred. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@State(Scope.Benchmark)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class RoutingBenchmark {
  /** What is preferred, and what identifies the conversation if anything does. */
  @Param({
    "order",
    "weight",
    "least-busy",
    "lowest-latency",
    "weight session",
    "weight messages",
    "least-busy messages",
    "lowest-latency messages"
  })
  String routing;

  private Planner planner;
  private ChatRequest request;

  @Setup
  public void setUp() {
    String[] parts = routing.split(" ");
    List<Affinity> affinity = parts.length == 1 ? List.of() : List.of(Affinity.of(parts[1]));
    List<Backend> backends = new ArrayList<>();
    List<String> names = List.of("gpu-1", "gpu-2", "gpu-3", "gpu-4");
    for (String name : names) {
      backends.add(new Backend(name, null, "openai", List.of("llama"), "llama", each -> null));
    }
    planner =
        new Planner(
            backends,
            names,
            Map.of("pool", Alias.of(names)),
            Prefer.of(parts[0]),
            affinity,
            new Observations() {
              @Override
              public int open(String backend) {
                return backend.charAt(4) & 3;
              }

              @Override
              public double firstChunkMs(String backend, String model) {
                return 100 + backend.charAt(4);
              }

              @Override
              public boolean explore(String backend, String model) {
                return false;
              }
            },
            Catalog.builtIn(),
            InstantSource.system());
    Buffer body =
        new JsonObject()
            .put("model", "pool")
            .put(
                "messages",
                new JsonArray()
                    .add(message("system", "You are a coding assistant. ".repeat(200)))
                    .add(message("user", "Explain this code to me. ".repeat(100)))
                    .add(message("assistant", "Here is what it does. ".repeat(100)))
                    .add(message("user", "And now in short.")))
            .toBuffer();
    request = ChatRequest.read(body);
    if (affinity.contains(Affinity.SESSION)) {
      request = request.withAffinity("7f6d1d7e-42b5-4c4c-9d0f-6a0c0b7a3c55");
    }
    planner.plan(request);
  }

  private static JsonObject message(String role, String text) {
    return new JsonObject().put("role", role).put("content", text);
  }

  @Benchmark
  public Object plan() {
    return planner.plan(request);
  }
}
