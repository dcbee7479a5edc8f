package io.llmrelay.cli;

import io.llmrelay.LlmRelay;
import io.llmrelay.LlmStream;
import io.llmrelay.chat.ChatMessage;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.LlmException;
import io.llmrelay.config.ClusterOptions;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.awaitility.Awaitility;

/**
 * A node without a relay in a process of its own. Its standard input has commands: {@code open N}
 * opens streams that stay open, {@code cancel} cancels them, {@code load MS} sends a request every
 * 25 ms. For each it prints {@code opened | answered}, the time to the first chunk in milliseconds
 * and the request's id, and at the end {@code ended} and what came of it.
 */
final class ClusterClient {
  private static final int INTERVAL_MS = 25;

  private final LlmRelay relay;
  private final List<LlmStream> open = new CopyOnWriteArrayList<>();

  private ClusterClient(LlmRelay relay) {
    this.relay = relay;
  }

  /**
   * Joins a cluster.
   *
   * @param args its name, this node's host and port and, except on a loopback address, the members
   *     and the secret
   */
  public static void main(String[] args) throws Exception {
    ClusterOptions cluster =
        new ClusterOptions().setName(args[0]).setHost(args[1]).setPort(Integer.parseInt(args[2]));
    if (args.length > 3) {
      cluster.setMembers(List.of(args[3].split(","))).setSecret(args[4]).setAllowPlaintext(true);
    }
    Vertx vertx = ClusterNode.join(Vertx.builder(), new VertxOptions(), cluster).await();
    say("joined");
    new ClusterClient(LlmRelay.create(vertx)).obey();
    System.exit(0);
  }

  private static synchronized void say(String line) {
    System.out.println(line);
    System.out.flush();
  }

  private void obey() throws IOException, InterruptedException {
    BufferedReader commands =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = commands.readLine(); line != null; line = commands.readLine()) {
      String[] words = line.split(" ");
      switch (words[0]) {
        case "open" -> {
          for (int i = 0; i < Integer.parseInt(words[1]); i++) {
            ask("opened");
          }
        }
        case "cancel" -> open.forEach(LlmStream::cancel);
        case "load" -> load(Long.parseLong(words[1]));
        default -> throw new IllegalArgumentException(line);
      }
    }
  }

  private void load(long millis) throws InterruptedException {
    long end = System.nanoTime() + millis * 1_000_000;
    int count = 0;
    for (; System.nanoTime() < end; count++) {
      ask("answered");
      Thread.sleep(INTERVAL_MS);
    }
    say("loaded " + count);
  }

  private void ask(String what) {
    long start = System.nanoTime();
    relay.stream(ChatRequest.of(ChatMessage.user("Hi")).withModel("m"))
        .onFailure(error -> say(what + " failed " + reason(error)))
        .onSuccess(
            stream -> {
              long took = (System.nanoTime() - start) / 1_000_000;
              say(what + " " + took + " " + stream.id());
              if (what.equals("opened")) {
                open.add(stream);
              }
              stream
                  .exceptionHandler(
                      error -> say("ended " + stream.id() + " " + what + " " + reason(error)))
                  .endHandler(v -> say("ended " + stream.id() + " " + what + " complete"))
                  .handler(chunk -> {});
            });
  }

  private static String reason(Throwable error) {
    return LlmException.failureOf(error).kind().code();
  }

  /** The process, as its parent sees it. */
  static final class Handle implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    final Process process;
    private final List<String> lines = new CopyOnWriteArrayList<>();

    /**
     * @param launcher what the command begins with, such as that of another network namespace
     * @param classPath the class path, of this version or another
     */
    Handle(List<String> launcher, String classPath, List<String> arguments) throws IOException {
      List<String> command = new ArrayList<>(launcher);
      command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
      command.addAll(List.of("-Xmx256m", "-XX:TieredStopAtLevel=1"));
      command.addAll(List.of("-Dhazelcast.logging.type=none", "-cp", classPath));
      command.add(ClusterClient.class.getName());
      command.addAll(arguments);
      process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
      Thread reader = new Thread(this::read, "cluster client");
      reader.setDaemon(true);
      reader.start();
    }

    private void read() {
      try (BufferedReader out =
          new BufferedReader(
              new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
        for (String line = out.readLine(); line != null; line = out.readLine()) {
          lines.add(line);
        }
      } catch (IOException e) {
        lines.add("closed");
      }
    }

    void say(String command) throws IOException {
      process.getOutputStream().write((command + "\n").getBytes(StandardCharsets.UTF_8));
      process.getOutputStream().flush();
    }

    /** Returns the lines so far that begin with a word, each split into words. */
    List<String[]> lines(String word) {
      return lines.stream()
          .filter(line -> line.startsWith(word + " ") || line.equals(word))
          .map(line -> line.split(" "))
          .toList();
    }

    void forget() {
      lines.clear();
    }

    /** Sends requests for so long, and waits until each has a terminal signal or was refused. */
    List<String[]> load(int millis) throws IOException {
      say("load " + millis);
      Awaitility.await().atMost(PATIENCE).until(() -> lines("loaded").size() == 1);
      int count = Integer.parseInt(lines("loaded").get(0)[1]);
      Awaitility.await().atMost(PATIENCE).until(() -> over() >= count);
      return lines("answered");
    }

    private long over() {
      return lines("ended").stream().filter(line -> line[2].equals("answered")).count()
          + lines("answered").stream().filter(line -> line[1].equals("failed")).count();
    }

    @Override
    public void close() {
      process.destroyForcibly();
    }
  }
}
