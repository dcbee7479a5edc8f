package io.llmrelay.cli;

import io.llmrelay.LlmRelay;
import io.llmrelay.LlmStream;
import io.llmrelay.chat.ChatMessage;
import io.llmrelay.chat.ChatRequest;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The scene of {@link ClusterDemoCommand}: streams through every node's gateway and over the event
 * bus, a killed node, and what each client saw.
 */
final class ClusterDemo {
  private static final int STREAMS = 6;
  private static final int REQUESTS = 100;
  private static final int INTERVAL_MS = 30;
  private static final String PROMPT = "Why is the sky blue?";

  /** What one client saw. */
  private static final class Seen {
    private final String client;
    private final long start = System.nanoTime();
    private final Promise<Void> first = Promise.promise();
    private final Promise<Void> over = Promise.promise();
    private long firstMs;
    private int chunks;
    private String end = "still waiting";

    private Seen(String client) {
      this.client = client;
    }

    private void chunk() {
      if (chunks++ == 0) {
        firstMs = (System.nanoTime() - start) / 1_000_000;
        first.tryComplete();
      }
    }

    private void end(String how) {
      if (over.tryComplete()) {
        end = how;
        first.tryComplete();
      }
    }

    private boolean isComplete() {
      return end.equals("complete");
    }
  }

  private final Terminal terminal;
  private final List<NodeProcess> nodes;
  private final LlmRelay relay;
  private final HttpClient http;

  ClusterDemo(Terminal terminal, Vertx vertx, List<NodeProcess> nodes) {
    this.terminal = terminal;
    this.nodes = nodes;
    relay = LlmRelay.create(vertx);
    http = vertx.createHttpClient();
  }

  void play() throws InterruptedException {
    for (int i = 0; i < nodes.size(); i++) {
      terminal.line("  node %d   %s".formatted(i + 1, nodes.get(i).url()));
    }
    List<Seen> streams = new ArrayList<>();
    for (int i = 0; i < STREAMS; i++) {
      int node = i % nodes.size();
      streams.add(overHttp("HTTP client %d of node %d".formatted(i + 1, node + 1), node));
    }
    for (int i = 0; i < STREAMS; i++) {
      streams.add(overBus("event-bus client " + (i + 1)));
    }
    Future.join(streams.stream().map(seen -> seen.first.future()).toList()).await();

    terminal.line();
    terminal.line(terminal.bold("kill -9 of node 3, in the middle of all answers"));
    nodes.get(2).kill();
    List<Seen> after = new ArrayList<>();
    for (int i = 0; i < REQUESTS; i++) {
      after.add(overBus("request " + (i + 1)));
      Thread.sleep(INTERVAL_MS);
    }
    List<Seen> all = new ArrayList<>(streams);
    all.addAll(after);
    Future.join(all.stream().map(seen -> seen.over.future()).toList()).await();
    print(streams, after);
  }

  private void print(List<Seen> streams, List<Seen> after) {
    TextTable table = new TextTable();
    for (Seen seen : streams) {
      String end = seen.isComplete() ? terminal.good(seen.end) : terminal.bad(seen.end);
      table.row(seen.client, seen.chunks + " chunks", end);
    }
    table.lines("  ").forEach(terminal::line);
    long answered = after.stream().filter(Seen::isComplete).count();
    long slowest = after.stream().mapToLong(seen -> seen.firstMs).max().orElse(0);
    terminal.line();
    terminal.line(
        String.format(
            Locale.ROOT,
            "Of %d requests over the event bus in the %d seconds after it, %d were answered by the"
                + " other nodes; the slowest first chunk took %.2f s.",
            after.size(),
            REQUESTS * INTERVAL_MS / 1_000,
            answered,
            slowest / 1_000.0));
    terminal.line("HTTP clients of a dead node are a load balancer's business: docs/cluster.md.");
  }

  private Seen overBus(String client) {
    Seen seen = new Seen(client);
    relay.stream(ChatRequest.of(ChatMessage.user(PROMPT)))
        .onFailure(error -> seen.end(error.getMessage()))
        .onSuccess(stream -> read(stream, seen));
    return seen;
  }

  private static void read(LlmStream stream, Seen seen) {
    stream
        .exceptionHandler(error -> seen.end(error.getMessage()))
        .endHandler(end -> seen.end("complete"))
        .handler(chunk -> seen.chunk());
  }

  private Seen overHttp(String client, int node) {
    Seen seen = new Seen(client);
    JsonObject message = new JsonObject().put("role", "user").put("content", PROMPT);
    JsonObject body =
        new JsonObject().put("stream", true).put("messages", new JsonArray().add(message));
    RequestOptions options =
        new RequestOptions()
            .setMethod(HttpMethod.POST)
            .setAbsoluteURI(nodes.get(node).url() + "/v1/chat/completions");
    http.request(options)
        .compose(
            request -> request.send(body.toBuffer()).onSuccess(response -> read(response, seen)))
        .onFailure(error -> seen.end(error.getMessage()));
    return seen;
  }

  private static void read(HttpClientResponse response, Seen seen) {
    response.exceptionHandler(error -> seen.end("the connection was lost"));
    response.endHandler(end -> seen.end("complete"));
    response.handler(data -> seen.chunk());
  }
}
