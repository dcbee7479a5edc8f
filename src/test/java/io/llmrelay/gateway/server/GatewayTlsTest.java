package io.llmrelay.gateway.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.llmrelay.Certificates;
import io.llmrelay.chat.Embedding;
import io.llmrelay.chat.Embeddings;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.FinishReason;
import io.llmrelay.chat.TokenUsage;
import io.llmrelay.config.GatewayKeyOptions;
import io.llmrelay.config.GatewayOptions;
import io.llmrelay.config.TlsOptions;
import io.llmrelay.gateway.FakeRelay;
import io.llmrelay.gateway.FakeStream;
import io.llmrelay.gateway.GatewayFixture;
import io.llmrelay.gateway.GatewayVerticle;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.http.StreamResetException;
import io.vertx.core.json.JsonObject;
import io.vertx.core.net.PemTrustOptions;
import io.vertx.core.net.SocketAddress;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.net.http.HttpClient.Version;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** HTTPS with HTTP/1.1 and HTTP/2. */
class GatewayTlsTest extends GatewayFixture {
  private static final long IDLE_MS = 3_000;

  @TempDir static Path folder;
  private static final String KEY = "llmr-one-0123456789-abcdefghij";

  private static Certificates own;
  private static Certificates renewed;

  private final Path certificate = folder.resolve("used.pem");
  private final Path key = folder.resolve("used.key");

  @BeforeAll
  static void certificates() throws Exception {
    own = Certificates.in(folder, "EC", "EC");
    renewed = Certificates.in(folder, "RSA", "RSA");
  }

  private void install(Certificates files) throws Exception {
    Files.copy(files.certificate(), certificate, StandardCopyOption.REPLACE_EXISTING);
    Files.copy(files.key(), key, StandardCopyOption.REPLACE_EXISTING);
  }

  @Override
  public GatewayOptions options() {
    try {
      install(own);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
    return super.options()
        .setTls(new TlsOptions().setCertificate(certificate.toString()).setKey(key.toString()));
  }

  /** Deploys a gateway with a short idle timeout, after a first TLS handshake, which is slow. */
  private void deployWithShortIdleTimeout() throws Exception {
    tls("h2").close();
    gateway =
        deploy(new GatewayVerticle(options().setIdleTimeout(Duration.ofMillis(IDLE_MS)), relay));
    port = gateway.actualPort();
  }

  private static java.net.http.HttpClient client(Certificates trusted, Version version)
      throws Exception {
    return java.net.http.HttpClient.newBuilder()
        .version(version)
        .sslContext(trusted.trusting())
        .connectTimeout(Duration.ofSeconds(5))
        .build();
  }

  private HttpRequest asking(JsonObject body) {
    return HttpRequest.newBuilder(URI.create("https://localhost:" + port + "/v1/chat/completions"))
        .POST(BodyPublishers.ofString(body.encode()))
        .build();
  }

  private HttpClient vertxClient() {
    return vertx.createHttpClient(
        new HttpClientOptions()
            .setProtocolVersion(HttpVersion.HTTP_2)
            .setUseAlpn(true)
            .setSsl(true)
            .setHttp2ConnectionWindowSize(10_000_000)
            .setVerifyHost(false)
            .setTrustOptions(new PemTrustOptions().addCertPath(own.certificate().toString()))
            .setDefaultHost("localhost")
            .setDefaultPort(port),
        new PoolOptions().setHttp2MaxSize(1));
  }

  private static Future<HttpClientRequest> request(HttpClient client) {
    return client.request(HttpMethod.POST, "/v1/chat/completions");
  }

  private Future<HttpClientResponse> openStream(HttpClient client) {
    return request(client).compose(request -> request.send(streamRequest().toBuffer()));
  }

  /** Reads a body from the moment of the response; data that arrives before would be lost. */
  private Future<Buffer> answer(HttpClient client) {
    return request(client)
        .compose(
            request -> request.send(streamRequest().toBuffer()).compose(HttpClientResponse::body));
  }

  @Test
  void streamsOverHttp1AndHttp2() throws Exception {
    relay.script = stream -> stream.text("Hello").end(FinishReason.STOP, TokenUsage.NONE, null);
    for (Version version : Version.values()) {
      HttpResponse<String> response =
          client(own, version).send(asking(streamRequest()), BodyHandlers.ofString());
      assertThat(response.version()).isEqualTo(version);
      assertThat(response.statusCode()).isEqualTo(200);
      assertThat(response.headers().firstValue("x-request-id")).hasValue("r1");
      assertThat(response.body()).contains("Hello").endsWith("data: [DONE]\n\n");
    }
  }

  @Test
  void errorsAreTheSameOverHttp2() throws Exception {
    java.net.http.HttpClient client = client(own, Version.HTTP_2);
    HttpResponse<String> bad = client.send(asking(new JsonObject()), BodyHandlers.ofString());
    assertThat(bad.version()).isEqualTo(Version.HTTP_2);
    assertThat(bad.statusCode()).isEqualTo(400);
    assertThat(bad.headers().firstValue("x-request-id").orElseThrow()).startsWith("gw-");
    HttpResponse<String> large =
        client.send(
            asking(completionRequest().put("user", "x".repeat(2_000_000))),
            BodyHandlers.ofString());
    assertThat(large.statusCode()).isEqualTo(413);
    assertThat(error(large).getString("code")).isEqualTo("request_too_large");
  }

  @Test
  void failedStreamBreaksTheBodyInBothVersions() throws Exception {
    relay.script =
        stream -> stream.text("Hello").fail(Failure.of(FailureKind.NETWORK, "connection reset"));
    for (Version version : Version.values()) {
      ByteArrayOutputStream seen = new ByteArrayOutputStream();
      HttpResponse<InputStream> response =
          client(own, version).send(asking(streamRequest()), BodyHandlers.ofInputStream());
      assertThatThrownBy(() -> response.body().transferTo(seen))
          .as(version.name())
          .isInstanceOf(IOException.class);
      assertThat(seen.toString(UTF_8))
          .as(version.name())
          .contains("Hello")
          .endsWith(
              "data: {\"error\":{\"message\":\"connection reset\",\"type\":\"server_error\","
                  + "\"code\":\"network\"}}\n\n");
    }
  }

  @Test
  void resetsOnlyTheUnreadStreamOfAConnection() throws Exception {
    gateway =
        deploy(new GatewayVerticle(options().setWriteIdleTimeout(Duration.ofMillis(800)), relay));
    port = gateway.actualPort();
    HttpClient client = vertxClient();
    Promise<Throwable> reset = Promise.promise();
    openStream(client)
        .onSuccess(
            response -> response.handler(data -> {}).exceptionHandler(reset::tryComplete).pause());
    FakeStream flood = relay.streams.take();
    for (int i = 0; i < 8_000; i++) {
      flood.text("x".repeat(1000));
    }
    Future<Buffer> other = answer(client);
    FakeStream readStream = relay.streams.take().text("Hello");

    assertThat(relay.cancelled.poll(10, TimeUnit.SECONDS)).isTrue();

    await().until(() -> flood.cancelled);
    readStream.end(FinishReason.STOP, TokenUsage.NONE, null);
    assertThat(other.await(20, TimeUnit.SECONDS).toString(UTF_8)).contains("[DONE]");
    assertThat(relay.cancelled).isEmpty();
  }

  /** Whether its last events wait to be read, or all of it. */
  @ParameterizedTest
  @ValueSource(strings = {"stream", "completion", "embeddings"})
  void resetsTheStreamOfACompleteAnswerThatIsNotRead(String kind) throws Exception {
    gateway =
        deploy(new GatewayVerticle(options().setWriteIdleTimeout(Duration.ofMillis(800)), relay));
    port = gateway.actualPort();
    // Of the window of 65,535 bytes too few are left for the last events.
    relay.script =
        stream -> stream.text("x".repeat(65_110)).end(FinishReason.STOP, TokenUsage.NONE, null);
    relay.generate =
        request ->
            Future.succeededFuture(
                FakeRelay.completion("x".repeat(5_000_000), "", "", FakeRelay.USAGE));
    Embedding vector = Embedding.of(new float[200_000]);
    relay.embed =
        request ->
            Future.succeededFuture(
                new Embeddings(
                    "r1", "b", "m", List.of(vector), FakeRelay.USAGE, null, List.of(), null));
    JsonObject body =
        switch (kind) {
          case "stream" -> streamRequest();
          case "completion" -> completionRequest();
          default -> new JsonObject().put("model", "m").put("input", "Hi");
        };
    Promise<Throwable> reset = Promise.promise();
    HttpClient client = vertxClient();
    client
        .request(
            HttpMethod.POST, kind.equals("embeddings") ? "/v1/embeddings" : "/v1/chat/completions")
        .onSuccess(
            request ->
                request
                    .send(body.toBuffer())
                    .onSuccess(
                        response ->
                            response
                                .handler(data -> {})
                                .exceptionHandler(reset::tryComplete)
                                .pause()));

    assertThat(reset.future().await(20, TimeUnit.SECONDS))
        .isInstanceOfSatisfying(
            StreamResetException.class,
            e -> assertThat(e.getCode()).as("no code that is taken for an end").isEqualTo(2));
    if (kind.equals("stream")) {
      assertThat(relay.cancelled).as("the answer was complete").isEmpty();
    }

    relay.script = stream -> stream.text("Hello").end(FinishReason.STOP, TokenUsage.NONE, null);
    Buffer other = answer(client).await(20, TimeUnit.SECONDS);
    assertThat(other.toString(UTF_8)).contains("[DONE]");
  }

  /** Node.js takes a closed connection for the end of a body. */
  @Test
  void shutdownResetsTheStreamsThatItBreaksOff() throws Exception {
    HttpClient client = vertxClient();
    Promise<Throwable> reset = Promise.promise();
    Buffer received = Buffer.buffer();
    client
        .request(HttpMethod.POST, "/v1/chat/completions")
        .compose(request -> request.send(streamRequest().toBuffer()))
        .onSuccess(
            response ->
                response
                    .handler(received::appendBuffer)
                    .endHandler(end -> reset.tryComplete(null))
                    .exceptionHandler(reset::tryComplete));
    FakeStream stream = relay.streams.take();
    stream.text("Hello").fail(Failure.of(FailureKind.UNAVAILABLE, "the relay is shutting down"));
    vertx.deploymentIDs().forEach(vertx::undeploy);

    assertThat(reset.future().await(20, TimeUnit.SECONDS))
        .isInstanceOfSatisfying(
            StreamResetException.class, e -> assertThat(e.getCode()).isEqualTo(2));
    assertThat(received.toString(UTF_8)).contains("the relay is shutting down");
  }

  @Test
  void unknownAuthorityIs421() throws Exception {
    HttpClient client = vertxClient();
    for (String host : List.of("localhost", "evil.example")) {
      int status =
          client
              .request(
                  new RequestOptions()
                      .setServer(SocketAddress.inetSocketAddress(port, "localhost"))
                      .setHost(host)
                      .setPort(port)
                      .setURI("/health/live"))
              .compose(HttpClientRequest::send)
              .map(HttpClientResponse::statusCode)
              .await(20, TimeUnit.SECONDS);
      assertThat(status).isEqualTo(host.equals("localhost") ? 200 : 421);
    }
  }

  @Test
  void chunksArriveAsTheyAreSent() throws Exception {
    HttpResponse<InputStream> response;
    try {
      CompletableFuture<HttpResponse<InputStream>> coming =
          client(own, Version.HTTP_2)
              .sendAsync(asking(streamRequest()), BodyHandlers.ofInputStream());
      FakeStream stream = relay.streams.take();
      stream.text("one");
      response = coming.get(5, TimeUnit.SECONDS);
      readUntil(response.body(), "one");
      stream.text("two");
      readUntil(response.body(), "two");
      stream.end(FinishReason.STOP, TokenUsage.NONE, null);
      readUntil(response.body(), "[DONE]");
    } finally {
      assertThat(relay.cancelled).isEmpty();
    }
  }

  private static void readUntil(InputStream in, String text) throws Exception {
    StringBuilder seen = new StringBuilder();
    while (seen.indexOf(text) < 0) {
      int c = in.read();
      assertThat(c).as("more after " + seen).isNotNegative();
      seen.append((char) c);
    }
  }

  @Test
  void resetCancelsOnlyItsOwnStream() throws Exception {
    HttpClient client = vertxClient();
    HttpClientRequest leaving = request(client).await(5, TimeUnit.SECONDS);
    leaving.send(streamRequest().toBuffer());
    relay.streams.take();
    Future<Buffer> staying = answer(client);
    FakeStream stream = relay.streams.take();
    HttpClientRequest earlier = request(client).await(5, TimeUnit.SECONDS);
    earlier.send(streamRequest().toBuffer());
    FakeStream third = relay.streams.take().text("Hello");

    leaving.reset(8);
    assertThat(relay.cancelled.poll(5, TimeUnit.SECONDS)).as("before the head").isTrue();
    earlier.response().await(5, TimeUnit.SECONDS);
    earlier.reset(8);
    assertThat(relay.cancelled.poll(5, TimeUnit.SECONDS)).as("in mid-answer").isTrue();

    await().until(() -> third.cancelled);
    stream.text("Hello").end(FinishReason.STOP, TokenUsage.NONE, null);
    Buffer body = staying.await(20, TimeUnit.SECONDS);
    assertThat(body.toString(UTF_8)).contains("Hello").contains("[DONE]");
    assertThat(relay.cancelled).isEmpty();
  }

  @Test
  void resetStreamReleasesItsKeysSlot() throws Exception {
    GatewayKeyOptions one = new GatewayKeyOptions().setKey(KEY).setMaxConcurrent(1);
    gateway = deploy(new GatewayVerticle(options().addKey("one", one), relay));
    port = gateway.actualPort();
    HttpClient client = vertxClient();
    for (boolean wholeConnection : new boolean[] {false, true}) {
      HttpClientRequest leaving = request(client).await(5, TimeUnit.SECONDS);
      leaving.putHeader("authorization", "Bearer " + KEY).send(streamRequest().toBuffer());
      relay.streams.take().text("Hello");
      leaving.response().await(5, TimeUnit.SECONDS);
      assertThat(statusWithKey()).isEqualTo(429);
      if (wholeConnection) {
        leaving.connection().close();
      } else {
        leaving.reset(8);
      }
      relay.script = stream -> stream.text("x").end(FinishReason.STOP, TokenUsage.NONE, null);
      await().until(() -> statusWithKey() == 200);
      relay.script = stream -> {};
      relay.streams.clear();
    }
  }

  private int statusWithKey() throws Exception {
    return vertxClient()
        .request(HttpMethod.POST, "/v1/chat/completions")
        .compose(
            request ->
                request
                    .putHeader("authorization", "Bearer " + KEY)
                    .send(streamRequest().toBuffer())
                    .compose(
                        response -> {
                          int status = response.statusCode();
                          return response.body().map(body -> status);
                        }))
        .await(20, TimeUnit.SECONDS);
  }

  @Test
  void flowControlPausesOnlyTheUnreadStream() throws Exception {
    HttpClient client = vertxClient();
    Future<HttpClientResponse> slow =
        openStream(client).onSuccess(response -> response.handler(data -> {}).pause());
    FakeStream flood = relay.streams.take();
    String text = "x".repeat(1000);
    int chunks = 8_000;
    for (int i = 0; i < chunks; i++) {
      flood.text(text);
    }
    flood.end(FinishReason.STOP, TokenUsage.NONE, null);
    await().until(() -> flood.pauses.get() > 0);
    slow.await(5, TimeUnit.SECONDS);
    int delivered = flood.delivered.get();
    assertThat(delivered).isLessThan(chunks / 2);

    relay.script = stream -> stream.text("Hello").end(FinishReason.STOP, TokenUsage.NONE, null);
    Buffer other = answer(client).await(20, TimeUnit.SECONDS);
    assertThat(other.toString(UTF_8)).contains("[DONE]");
    assertThat(flood.delivered.get()).isEqualTo(delivered);

    slow.result().resume();
    await().until(() -> flood.delivered.get() == chunks);
  }

  @Test
  void limitsConcurrentStreamsPerConnection() throws Exception {
    HttpClient client = vertxClient();
    for (int i = 0; i < Servers.MAX_STREAMS + 5; i++) {
      openStream(client);
    }
    for (int i = 0; i < Servers.MAX_STREAMS; i++) {
      assertThat(relay.streams.poll(5, TimeUnit.SECONDS)).isNotNull();
    }
    assertThat(relay.streams.poll(300, TimeUnit.MILLISECONDS)).isNull();
  }

  @Test
  void rapidResetsCloseTheConnection() throws Exception {
    HttpClient client = vertxClient();
    Promise<Void> closed = Promise.promise();
    int sent = 0;
    while (!closed.future().isComplete() && sent < 3 * Servers.MAX_RESETS) {
      HttpClientRequest request = request(client).await(5, TimeUnit.SECONDS);
      request.exceptionHandler(e -> {});
      request.connection().closeHandler(end -> closed.tryComplete());
      // The last requests may fail because the connection is closed.
      CountDownLatch head = new CountDownLatch(1);
      request.setChunked(true).writeHead().onComplete(there -> head.countDown());
      assertThat(head.await(5, TimeUnit.SECONDS)).isTrue();
      request.reset(8);
      sent++;
    }
    assertThat(closed.future().isComplete()).isTrue();
    assertThat(sent).isGreaterThanOrEqualTo(Servers.MAX_RESETS);
    relay.script = stream -> stream.text("Hello").end(FinishReason.STOP, TokenUsage.NONE, null);
    HttpResponse<String> response =
        client(own, Version.HTTP_2).send(asking(streamRequest()), BodyHandlers.ofString());
    assertThat(response.statusCode()).isEqualTo(200);
  }

  @Test
  void idleConnectionIsClosedInBothVersions() throws Exception {
    deployWithShortIdleTimeout();
    // No TLS handshake; a handshake without an HTTP/2 preface; both.
    try (Socket silent = connect();
        SSLSocket mute = tls("h2");
        SSLSocket second = tls("h2");
        SSLSocket first = tls("http/1.1")) {
      // The HTTP/2 preface and an empty SETTINGS frame.
      second.getOutputStream().write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(UTF_8));
      second.getOutputStream().write(new byte[] {0, 0, 0, 4, 0, 0, 0, 0, 0});
      for (Socket socket : List.of(silent, mute, second, first)) {
        socket.setSoTimeout(20_000);
        socket.getInputStream().readAllBytes();
      }
    }
  }

  @Test
  void silentStreamIsNotIdle() throws Exception {
    assertStreamAnswered(vertxClient(), 0); // the first use of this client is slow
    deployWithShortIdleTimeout();
    assertStreamAnswered(vertxClient(), IDLE_MS * 3 / 2);
  }

  /** Opens a stream that is silent for a while and asserts that it is served. */
  private void assertStreamAnswered(HttpClient client, long afterMs) throws Exception {
    Future<Buffer> answer = answer(client);
    FakeStream stream = relay.streams.take();
    Thread.sleep(afterMs);
    stream.text("Hello").end(FinishReason.STOP, TokenUsage.NONE, null);
    assertThat(answer.await(20, TimeUnit.SECONDS).toString(UTF_8)).contains("[DONE]");
  }

  private SSLSocket tls(String protocol) throws Exception {
    SSLSocket socket =
        (SSLSocket) own.trusting().getSocketFactory().createSocket("localhost", port);
    SSLParameters parameters = socket.getSSLParameters();
    parameters.setApplicationProtocols(new String[] {protocol});
    socket.setSSLParameters(parameters);
    socket.startHandshake();
    assertThat(socket.getApplicationProtocol()).isEqualTo(protocol);
    return socket;
  }

  @Test
  void clearTextIsRefused() throws Exception {
    try (Socket socket = connect()) {
      write(socket, "GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n");
      byte[] answer = socket.getInputStream().readAllBytes();
      assertThat(new String(answer, UTF_8)).doesNotContain("HTTP/1.1");
    } catch (SocketException reset) {
      // A reset is no response either.
    }
  }

  @Test
  void reloadAppliesARenewedCertificate() throws Exception {
    relay.script = stream -> stream.text("Hello").end(FinishReason.STOP, TokenUsage.NONE, null);
    GatewayOptions same = options();
    install(renewed);

    assertThat(gateway.reload(same).await(5, TimeUnit.SECONDS)).isEmpty();

    assertThat(
            client(renewed, Version.HTTP_2)
                .send(asking(streamRequest()), BodyHandlers.ofString())
                .statusCode())
        .isEqualTo(200);
    assertThatThrownBy(
            () ->
                client(own, Version.HTTP_2).send(asking(streamRequest()), BodyHandlers.ofString()))
        .isInstanceOf(SSLHandshakeException.class);
  }
}
