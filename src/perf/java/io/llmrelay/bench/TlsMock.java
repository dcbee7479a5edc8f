package io.llmrelay.bench;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.Http2Settings;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.net.PfxOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A backend that speaks OpenAI's streams over TLS, by HTTP/1.1 and HTTP/2, on one thread. How it
 * answers is said by the {@link Script} in the prompt.
 */
final class TlsMock implements AutoCloseable {
  /** What OpenAI's and Anthropic's front servers allow. */
  private static final int STREAMS = 100;

  private static final int BACKLOG = 8192;
  private static final String PASSWORD = "changeit";
  private static final String END =
      Wire.openAi("{}", "\"stop\"")
          + Wire.openAi(
              "\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":99,"
                  + "\"total_tokens\":108}")
          + "data: [DONE]\n\n";

  private final Path authority;
  private final Vertx vertx =
      Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1).setPreferNativeTransport(true));
  private final HttpServer server;

  /**
   * @param work where its certificate goes
   */
  TlsMock(Path work, Path java) throws IOException, InterruptedException {
    Path keys = work.resolve("mock.p12");
    authority = work.resolve("mock.pem");
    Files.deleteIfExists(keys);
    Files.deleteIfExists(authority);
    List<String> store = List.of("-alias", "a", "-keystore", keys.toString());
    keytool(
        java,
        store,
        List.of("-genkeypair", "-keyalg", "EC", "-dname", "CN=localhost"),
        List.of("-ext", "SAN=dns:localhost", "-storetype", "PKCS12"));
    keytool(java, store, List.of("-exportcert", "-rfc", "-file", authority.toString()), List.of());
    HttpServerOptions options =
        new HttpServerOptions()
            .setAcceptBacklog(BACKLOG)
            .setInitialSettings(new Http2Settings().setMaxConcurrentStreams(STREAMS));
    options
        .setSsl(true)
        .setUseAlpn(true)
        .setKeyCertOptions(new PfxOptions().setPath(keys.toString()).setPassword(PASSWORD));
    server =
        join(
            vertx
                .createHttpServer(options)
                .requestHandler(request -> request.body().onSuccess(body -> answer(request, body)))
                .listen(0, "127.0.0.1"));
  }

  private static void keytool(
      Path java, List<String> store, List<String> command, List<String> more)
      throws IOException, InterruptedException {
    List<String> all = new ArrayList<>();
    all.add(java.resolve("bin/keytool").toString());
    all.addAll(command);
    all.addAll(store);
    all.addAll(List.of("-storepass", PASSWORD));
    all.addAll(more);
    Process process = new ProcessBuilder(all).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), UTF_8);
    if (process.waitFor() != 0) {
      throw new IOException("keytool: " + said);
    }
  }

  private static <T> T join(Future<T> future) {
    return future.toCompletionStage().toCompletableFuture().join();
  }

  int port() {
    return server.actualPort();
  }

  /** The file with the authority that vouches for it. */
  Path authority() {
    return authority;
  }

  private void answer(HttpServerRequest request, Buffer body) {
    byte[] bytes = body.getBytes();
    Script script = Script.parse(bytes, 0, bytes.length);
    HttpServerResponse response = request.response().setChunked(true);
    response.exceptionHandler(e -> {});
    response.putHeader("content-type", "text/event-stream");
    response.write(Wire.openAi("{\"role\":\"assistant\",\"content\":\"\"}", "null"));
    if (script.gapMicros() == 0) {
      for (int i = 0; i < script.chunks(); i++) {
        response.write(chunk());
      }
      response.end(END);
      return;
    }
    int[] sent = {0};
    vertx.setPeriodic(
        Math.max(1, script.waitMicros() / 1000),
        TimeUnit.MICROSECONDS.toMillis(script.gapMicros()),
        id -> {
          if (response.closed()) {
            vertx.cancelTimer(id);
          } else {
            response.write(chunk());
            if (++sent[0] == script.chunks()) {
              vertx.cancelTimer(id);
              response.end(END);
            }
          }
        });
  }

  private static String chunk() {
    byte[] time = new byte[Bytes.HEX];
    Bytes.putHex(time, System.nanoTime());
    return Wire.openAi("{\"content\":\"" + new String(time, US_ASCII) + "\"}", "null");
  }

  @Override
  public void close() {
    join(vertx.close());
  }
}
