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
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
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

    /** Returns the health of all nodes, as this one sees it. */
    List<JsonObject> clusterHealth() throws Exception {
      HttpRequest request =
          HttpRequest.newBuilder(URI.create(health + "/health/ready?cluster=true")).build();
      HttpResponse<String> response = HTTP.send(request, HttpResponse.BodyHandlers.ofString());
      return new JsonObject(response.body())
          .getJsonArray("cluster").stream().map(JsonObject.class::cast).toList();
    }

    /** Returns the status of each node, as this one sees it; one with cooldowns counts as up. */
    List<String> statuses() throws Exception {
      return Fleet.statuses(clusterHealth());
    }

    /** Returns the value of a meter without labels, as Prometheus sees it. */
    double meter(String name) throws Exception {
      HttpRequest request = HttpRequest.newBuilder(URI.create(health + "/metrics")).build();
      return HTTP.send(request, HttpResponse.BodyHandlers.ofString())
          .body()
          .lines()
          .filter(line -> line.startsWith(name + " "))
          .mapToDouble(line -> Double.parseDouble(line.substring(name.length())))
          .findFirst()
          .orElseThrow();
    }

    /** Has the node read its configuration again. */
    void reload() throws Exception {
      HttpRequest request =
          HttpRequest.newBuilder(URI.create(health + "/admin/reload"))
              .POST(HttpRequest.BodyPublishers.noBody())
              .build();
      HttpResponse<String> response = HTTP.send(request, HttpResponse.BodyHandlers.ofString());
      if (response.statusCode() != 200) {
        throw new IllegalStateException(response.body());
      }
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
  final Path conf;
  final ClusterOptions cluster;
  final List<Node> nodes = new CopyOnWriteArrayList<>();
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
        configuration(
            "relay",
            "",
            "main: {dialect: openai, base-url: '%s', %s}"
                .formatted(sandbox.backend("main"), backend));
  }

  /**
   * Writes the configuration of a node.
   *
   * @param options more options of its section {@code cluster}, each with a comma before it
   * @param backends the lines of the section {@code backends}
   */
  Path configuration(String name, String options, String... backends) throws IOException {
    return Files.writeString(
        folder.resolve(name + ".yaml"),
        """
        gateway: {port: 0}
        lanes: 2
        cluster: {name: %s, port: %d%s}
        backends:
          %s
        """
            .formatted(
                cluster.getName(), cluster.getPort(), options, String.join("\n  ", backends)));
  }

  static <T> T get(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS);
  }

  static List<String> statuses(List<JsonObject> nodes) {
    return nodes.stream()
        .map(node -> node.getString("status").replace("degraded", "up"))
        .sorted()
        .toList();
  }

  /** Starts several nodes of the default configuration at the same time. */
  void start(int count) throws Exception {
    start(Collections.nCopies(count, conf).toArray(Path[]::new));
  }

  /** Starts a node for each configuration, at the same time. */
  void start(Path... configurations) throws Exception {
    List<List<String>> commands = new ArrayList<>();
    for (Path configuration : configurations) {
      commands.add(NodeProcess.command(configuration));
    }
    start(commands);
  }

  /** Starts a node for each command, at the same time. */
  void start(List<List<String>> commands) throws Exception {
    List<NodeProcess> started = new ArrayList<>();
    for (List<String> command : commands) {
      File log = Files.createTempFile(folder, "node", ".log").toFile();
      started.add(new NodeProcess(new ProcessBuilder(command).redirectError(log).start()));
    }
    for (NodeProcess node : started) {
      node.awaitStarted();
      nodes.add(new Node(node, node.url()));
    }
  }

  /** Sends a request to whichever node is selected. */
  Answer ask(String model) {
    return ask(ChatRequest.of(ChatMessage.user("Hi")).withModel(model));
  }

  /** Sends a request to whichever node is selected. */
  Answer ask(ChatRequest request) {
    return ask(client, request);
  }

  /** Sends a request by a client. */
  static Answer ask(LlmRelay client, ChatRequest request) {
    Answer answer = new Answer();
    client.stream(request)
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
