package io.llmrelay.bench;

import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** A process that is measured: what it needs while the load generator has it at work. */
final class Subject implements AutoCloseable {
  private static final int SAMPLE_MS = 250;
  private static final int POLL_MS = 20;
  private static final int START_SECONDS = 60;
  private static final int STOP_SECONDS = 5;

  private final Process process;
  private final int port;
  private final long readyMillis;

  private Subject(Process process, int port, long readyMillis) {
    this.process = process;
    this.port = port;
    this.readyMillis = readyMillis;
  }

  /** A port that nobody listens at. */
  static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  /**
   * Starts it, and waits until it listens.
   *
   * @param log where what it prints goes
   */
  static Subject start(List<String> command, Map<String, String> env, int port, Path log)
      throws IOException, InterruptedException {
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().putAll(env);
    builder.redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
    long begin = System.nanoTime();
    Process process = builder.start();
    Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
    while (!listens(port)) {
      long seconds = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - begin);
      if (!process.isAlive() || seconds > START_SECONDS) {
        process.destroyForcibly();
        throw new IOException("it did not start; what it said is in " + log);
      }
      Thread.sleep(POLL_MS);
    }
    long ready = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begin);
    return new Subject(process, port, ready);
  }

  private static boolean listens(int port) {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      return socket.isConnected();
    } catch (IOException e) {
      return false;
    }
  }

  int port() {
    return port;
  }

  /**
   * The load generator's result, with what the process used meanwhile, or {@code ended} if it has
   * ended.
   */
  JsonObject measure(LoadPlan plan) throws IOException {
    return measure(List.of(this), List.of(plan));
  }

  /** As for one, with what several processes used together and several load generators saw. */
  static JsonObject measure(List<Subject> subjects, List<LoadPlan> plans) throws IOException {
    ProcessHandle self = ProcessHandle.current();
    AtomicLong resident = new AtomicLong(-1);
    Thread sampler = new Thread(() -> sample(subjects, resident), "memory");
    sampler.start();
    long begin = System.nanoTime();
    long cpu = cpuMicros(subjects);
    long own = Machine.cpuMicros(self);
    long busy = Machine.busyMicros();
    LoadResult result = load(plans);
    long wall = TimeUnit.NANOSECONDS.toMicros(System.nanoTime() - begin);
    long used = cpuMicros(subjects) - cpu;
    long harness = Machine.cpuMicros(self) - own;
    sampler.interrupt();

    JsonObject json = result.toJson().put("ready_ms", subjects.get(0).readyMillis);
    if (!subjects.stream().allMatch(subject -> subject.process.isAlive())) {
      return json.put("ended", true);
    }
    if (cpu >= 0) {
      json.put("cpu_us_per_chunk", (double) used / Math.max(1, result.chunks))
          .put("cpu_us_per_request", (double) used / Math.max(1, result.requests))
          .put("cpu_cores", (double) used / wall)
          .put("harness_cores", (double) harness / wall);
    }
    if (busy >= 0) {
      json.put("resident_kib", resident.get())
          .put("other_cores", (double) (Machine.busyMicros() - busy - used - harness) / wall);
    }
    return json;
  }

  /** Runs a load generator for each plan, all at the same time. */
  private static LoadResult load(List<LoadPlan> plans) throws IOException {
    List<CompletableFuture<LoadResult>> others =
        plans.stream().skip(1).map(plan -> CompletableFuture.supplyAsync(() -> run(plan))).toList();
    LoadResult result = Load.run(plans.get(0));
    others.forEach(other -> result.add(other.join()));
    return result;
  }

  private static LoadResult run(LoadPlan plan) {
    try {
      return Load.run(plan);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static long cpuMicros(List<Subject> subjects) {
    long sum = 0;
    for (Subject subject : subjects) {
      long cpu = Machine.cpuMicros(subject.process.toHandle());
      if (cpu < 0) {
        return -1;
      }
      sum += cpu;
    }
    return sum;
  }

  private static void sample(List<Subject> subjects, AtomicLong most) {
    try {
      while (true) {
        long sum = 0;
        for (Subject subject : subjects) {
          sum += Machine.residentKib(subject.process.pid());
        }
        most.accumulateAndGet(sum, Math::max);
        Thread.sleep(SAMPLE_MS);
      }
    } catch (InterruptedException e) {
      // That was the end of it.
    }
  }

  @Override
  public void close() throws InterruptedException {
    process.destroy();
    if (!process.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
      process.destroyForcibly().waitFor();
    }
  }
}
