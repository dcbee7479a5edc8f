package io.llmrelay.soak;

import io.llmrelay.LlmStream;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A relay in a JVM of its own, so that nobody else's memory is counted. It answers every line it is
 * sent with a line: {@code count} with what it holds, {@code bus SECONDS} with how visits ended
 * that came by its own event bus for so long, {@code slow N} once so many slow consumers read on
 * it, {@code leave} once they are gone.
 */
final class RelayProcess implements AutoCloseable {
  private final Process process;
  private final BufferedReader answers;
  private final PrintStream questions;
  final int port;

  /** Starts one before the backends of a sandbox. */
  RelayProcess(String backends, int connections, Duration patience, String heap)
      throws IOException {
    process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx" + heap,
                "-cp",
                System.getProperty("java.class.path"),
                RelayProcess.class.getName(),
                backends,
                Integer.toString(connections),
                patience.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    answers =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    questions = new PrintStream(process.getOutputStream(), true, StandardCharsets.UTF_8);
    port = answer().getInteger("port");
  }

  JsonObject ask(String question) throws IOException {
    questions.println(question);
    return answer();
  }

  private JsonObject answer() throws IOException {
    String line = answers.readLine();
    if (line == null) {
      throw new IOException("the relay's process ended");
    }
    return new JsonObject(line);
  }

  /** Megabytes of memory the process has of the machine. */
  long residentMb() throws IOException {
    return java.nio.file.Files.readAllLines(Path.of("/proc/" + process.pid() + "/status")).stream()
        .filter(line -> line.startsWith("VmRSS:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) / 1024)
        .findFirst()
        .orElse(-1);
  }

  @Override
  public void close() {
    questions.close();
    process.destroy();
  }

  public static void main(String[] args) throws Exception {
    Vertx vertx = Vertx.vertx();
    Context context = vertx.getOrCreateContext();
    RelayUnderTest relay =
        get(
            RelayUnderTest.deploy(
                vertx, args[0], Integer.parseInt(args[1]), Duration.parse(args[2])));
    System.out.println(new JsonObject().put("port", relay.verticle.gatewayPort()));
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    List<LlmStream> slow = List.of();
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      JsonObject answer = new JsonObject();
      switch (line.split(" ")[0]) {
        case "count" -> answer = count(vertx, relay);
        case "bus" -> answer = bus(context, relay, line);
        case "slow" -> slow = Slow.bus(vertx, relay, Integer.parseInt(line.split(" ")[1]));
        default -> slow.forEach(LlmStream::cancel);
      }
      System.out.println(answer);
    }
    System.exit(0);
  }

  private static JsonObject count(Vertx vertx, RelayUnderTest relay) throws Exception {
    return new JsonObject()
        .put("requests", Count.requests(relay.client))
        .put("timers", Count.timers(vertx))
        .put("addresses", Count.addresses(vertx))
        .put("heap_kb", Count.heap() / 1024);
  }

  private static JsonObject bus(Context context, RelayUnderTest relay, String line)
      throws Exception {
    long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(Long.parseLong(line.split(" ")[1]));
    Map<String, Integer> ends =
        get(
            new Load(context, Door.bus(context.owner(), relay.client))
                .run(20, begun -> System.nanoTime() < until));
    JsonObject json = new JsonObject();
    ends.forEach(json::put);
    return json;
  }

  private static <T> T get(io.vertx.core.Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get();
  }
}
