package io.llmrelay.cli;

import io.llmrelay.RelayVerticle;
import io.llmrelay.config.ConfigException;
import io.llmrelay.config.GatewayOptions;
import io.llmrelay.config.RelayOptions;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * Serves predefined requests for some seconds and exits, so that the JVM can write an AOT cache or
 * class archive (CDS). The scripts start the relay with that file.
 */
@Command(
    name = "train",
    hidden = true,
    description = "Serve predefined requests for some seconds, and exit.")
final class TrainCommand implements Callable<Integer> {
  private static final int CONCURRENCY = 32;
  private static final int UNREACHABLE = 1_000_000;
  private static final Map<String, String> ENV =
      Map.of("OPENAI_API_KEY", "none", "ANTHROPIC_API_KEY", "none");
  private static final String BODY =
      "{\"stream\": %s, \"messages\": [{\"role\": \"user\", \"content\":"
          + " \"Hello\"}], \"relay\": {\"candidates\": [%s]}}";

  /** The candidates of the requests, one list after the other. */
  private static final List<String> CANDIDATES =
      List.of(
          "\"primary\"",
          "\"claude\"",
          "\"primary/mock-503\", \"secondary\"",
          "\"primary/mock-model-every-1\"");

  @Option(names = "--seconds", paramLabel = "N", description = "Duration in seconds.")
  private int seconds = 6;

  @Parameters(arity = "0..1", description = "A configuration to read but not to apply.")
  private Path conf;

  @Override
  public Integer call() {
    if (conf != null) {
      read(conf);
    }
    start();
    Vertx vertx = RelayServer.vertx(null);
    try {
      RelayOptions options = new RelayOptions().setGateway(new GatewayOptions().setPort(0));
      RelayServer.addSandbox(vertx, options);
      // The primary fails on purpose; its circuit must stay closed.
      options.getCircuit().setMaxFailures(UNREACHABLE);
      RelayVerticle relay = new RelayVerticle(options.resolved(Map.of()));
      vertx.deployVerticle(relay).await();
      HttpClient client =
          vertx.createHttpClient(
              new HttpClientOptions().setDefaultPort(relay.gatewayPort()),
              new PoolOptions().setHttp1MaxSize(CONCURRENCY));
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
      Future.join(IntStream.range(0, CONCURRENCY).mapToObj(i -> send(client, i, end)).toList())
          .await();
      return 0;
    } finally {
      vertx.close().await();
    }
  }

  /** Reads a configuration to load its classes; problems are reported by the real start. */
  private static void read(Path conf) {
    try {
      RelayOptions.fromFile(conf, ENV);
    } catch (ConfigException e) {
      // Ignored: the classes are loaded.
    }
  }

  /** Starts and stops as {@code serve} does, but without a file, which may name other nodes. */
  private static void start() {
    RelayServer server = new RelayServer(ENV).setHost("127.0.0.1").setPort(0);
    server.start(new PrintWriter(Writer.nullWriter())).close();
  }

  private static Future<?> send(HttpClient client, int number, long end) {
    if (System.nanoTime() > end) {
      return Future.succeededFuture();
    }
    String body = BODY.formatted(number % 8 != 7, CANDIDATES.get(number % CANDIDATES.size()));
    return client
        .request(HttpMethod.POST, "/v1/chat/completions")
        .compose(request -> request.send(Buffer.buffer(body)).compose(HttpClientResponse::end))
        .transform(done -> send(client, number + 5, end));
  }
}
