package io.llmrelay.cli;

import io.llmrelay.RelayOptions;
import io.llmrelay.RelayVerticle;
import io.llmrelay.config.ConfigException;
import io.llmrelay.config.GatewayOptions;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
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
 * Serves canned requests for some seconds and ends, so that the JVM can note what a relay uses: its
 * classes, and the profile of its code. The scripts start the relay with those notes.
 */
@Command(name = "train", hidden = true, description = "Serve some requests to oneself, and end.")
final class TrainCommand implements Callable<Integer> {
  private static final int AT_A_TIME = 32;
  private static final int MANY = 1_000_000;
  private static final String BODY =
      "{\"stream\": %s, \"messages\": [{\"role\": \"user\", \"content\":"
          + " \"Hello\"}], \"relay\": {\"candidates\": [%s]}}";

  /** Who is asked, and who stands in. */
  private static final List<String> CANDIDATES =
      List.of(
          "\"primary\"",
          "\"claude\"",
          "\"primary/mock-503\", \"secondary\"",
          "\"primary/mock-model-every-1\"");

  @Option(names = "--seconds", paramLabel = "N", description = "How long to serve.")
  private int seconds = 6;

  @Parameters(arity = "0..1", description = "A configuration to read, and not to use.")
  private Path conf;

  @Override
  public Integer call() {
    if (conf != null) {
      read(conf);
    }
    Vertx vertx = ServeCommand.vertx();
    try {
      RelayOptions options = new RelayOptions().setGateway(new GatewayOptions().setPort(0));
      ServeCommand.addSandbox(vertx, options);
      // A primary that fails on purpose is not to be left alone.
      options.getCircuit().setMaxFailures(MANY);
      RelayVerticle relay = new RelayVerticle(options.resolved(Map.of()));
      vertx.deployVerticle(relay).await();
      HttpClient client =
          vertx.createHttpClient(
              new HttpClientOptions().setDefaultPort(relay.gatewayPort()),
              new PoolOptions().setHttp1MaxSize(AT_A_TIME));
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
      Future.join(IntStream.range(0, AT_A_TIME).mapToObj(i -> ask(client, i, end)).toList())
          .await();
      return 0;
    } finally {
      vertx.close().await();
    }
  }

  /** What is wrong with it is for the start to say. */
  private static void read(Path conf) {
    try {
      RelayOptions.fromFile(conf, Map.of());
    } catch (ConfigException e) {
      // Reading it was all that mattered.
    }
  }

  private static Future<?> ask(HttpClient client, int number, long end) {
    if (System.nanoTime() > end) {
      return Future.succeededFuture();
    }
    String body = BODY.formatted(number % 8 != 7, CANDIDATES.get(number % CANDIDATES.size()));
    return client
        .request(HttpMethod.POST, "/v1/chat/completions")
        .compose(request -> request.send(Buffer.buffer(body)))
        .compose(HttpClientResponse::end)
        .transform(done -> ask(client, number + 5, end));
  }
}
