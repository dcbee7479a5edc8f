package io.llmrelay.cli;

import io.llmrelay.LlmRelay;
import io.llmrelay.LlmStream;
import io.llmrelay.chat.ChatMessage;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.config.ClusterOptions;
import io.llmrelay.sandbox.Sandbox;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.json.JsonObject;
import java.io.File;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Nodes of a cluster, each a process that runs {@code serve}, in front of a sandbox in this
 * process; and a further node, also in this process, that only sends requests over the event bus.
 */
final class Fleet implements AutoCloseable {
  private static final HttpClient HTTP = HttpClient.newHttpClient();

  /** A node in a process of its own. */
  static final class Node {
    final Process process;
    private final String url;
    private final String health;

    /**
     * @param health where its detailed health is
     */
    Node(NodeProcess node, String health) {
      process = node.process();
      url = node.url();
      this.health = health;
    }

    /** Ends the process without any notice. */
    void kill() throws InterruptedException {
      process.destroyForcibly().waitFor();
    }

    /** Asks the process to stop. */
    void terminate() {
      process.toHandle().destroy();
    }

    /** Sends a signal such as {@code STOP} or {@code CONT}. */
    void signal(String name) throws Exception {
      new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start().waitFor();
    }

    /** Returns the status of the answer to a chat request. */
    int chat(String model) throws Exception {
      String body =
          "{\"model\": \"%s\", \"messages\": [{\"role\": \"user\", \"content\": \"Hi\"}]}";
      HttpRequest request =
          HttpRequest.newBuilder(URI.create(url + "/v1/chat/completions"))
              .POST(HttpRequest.BodyPublishers.ofString(body.formatted(model)))
              .build();
      return HTTP.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
    }

    /** Returns the detailed health of the node. */
    JsonObject health() throws Exception {
      HttpRequest request = HttpRequest.newBuilder(URI.create(health + "/health/ready")).build();
      return new JsonObject(HTTP.send(request, HttpResponse.BodyHandlers.ofString()).body());
    }

    /** Returns the milliseconds of each cooldown that the node knows of a backend, by model. */
    JsonObject exhausted(String backend) throws Exception {
      return health().getJsonArray("backends").stream()
          .map(JsonObject.class::cast)
          .filter(json -> json.getString("name").equals(backend))
          .findFirst()
          .orElseThrow()
          .getJsonObject("exhausted");
    }
  }

  /** A request to any of the nodes, and all its terminal signals. */
  static final class Answer {
    final AtomicInteger signals = new AtomicInteger();
    final Promise<String> id = Promise.promise();
    final Promise<Void> end = Promise.promise();
    volatile LlmStream stream;

    private void over(Throwable error) {
      signals.incrementAndGet();
      if (error == null) {
        end.tryComplete();
      } else {
        id.tryFail(error);
        end.tryFail(error);
      }
    }
  }

  private final Path folder;
  private final Path conf;
  private final ClusterOptions cluster;
  final List<Node> nodes = new ArrayList<>();
  final Vertx vertx;
  final Sandbox sandbox;
  final LlmRelay client;

  /**
   * Starts the sandbox and the sending node.
   *
   * @param backend the models of the backend {@code main}, and more options
   */
  Fleet(Path folder, String backend) throws Exception {
    this.folder = folder;
    cluster =
        new ClusterOptions()
            .setName("fleet-" + UUID.randomUUID())
            .setPort(ThreadLocalRandom.current().nextInt(2_000, 3_000) * 10);
    vertx = get(ClusterNode.join(Vertx.builder(), new VertxOptions(), cluster));
    sandbox = get(Sandbox.start(vertx));
    client = LlmRelay.create(vertx);
    conf =
        Files.writeString(
            folder.resolve("relay.yaml"),
            """
            gateway: {port: 0}
            lanes: 2
            cluster: {name: %s, port: %d}
            backends:
              main: {dialect: openai, base-url: '%s', %s}
            """
                .formatted(cluster.getName(), cluster.getPort(), sandbox.backend("main"), backend));
  }

  static <T> T get(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS);
  }

  /** Starts several nodes at the same time. */
  void start(int count) throws Exception {
    List<NodeProcess> started = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      File log = Files.createTempFile(folder, "node", ".log").toFile();
      started.add(NodeProcess.start(conf, log));
    }
    for (NodeProcess node : started) {
      node.awaitStarted();
      nodes.add(new Node(node, node.url()));
    }
  }

  /** Sends a request to whichever node is selected. */
  Answer ask(String model) {
    Answer answer = new Answer();
    client.stream(ChatRequest.of(ChatMessage.user("Hi")).withModel(model))
        .onFailure(answer::over)
        .onSuccess(
            stream -> {
              answer.stream = stream;
              answer.id.complete(stream.id());
              stream.exceptionHandler(answer::over).endHandler(v -> answer.over(null));
              stream.handler(chunk -> {});
            });
    return answer;
  }

  @Override
  public void close() throws Exception {
    nodes.forEach(node -> node.process.destroyForcibly());
    get(vertx.close());
  }
}
