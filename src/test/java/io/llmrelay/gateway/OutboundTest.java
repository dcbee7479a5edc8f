package io.llmrelay.gateway;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.Certificates;
import io.llmrelay.LlmRelay;
import io.llmrelay.RelayVerticle;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.config.GatewayKeyOptions;
import io.llmrelay.config.GatewayOptions;
import io.llmrelay.config.RelayOptions;
import io.llmrelay.sandbox.Sandbox;
import io.llmrelay.sandbox.Scenario;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.json.JsonObject;
import io.vertx.core.net.PemKeyCertOptions;
import java.net.Socket;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Requests to backends: headers, redirects and certificates. */
class OutboundTest extends HttpFixture {
  private static final String GATEWAY_KEY = "llmr-caller-0123456789-abcdef";
  private static final String BACKEND_KEY = "sk-of-the-relay";

  @TempDir private Path folder;
  private final BlockingQueue<MultiMap> received = new LinkedBlockingQueue<>();
  private Sandbox sandbox;

  @BeforeEach
  void healthyFallback() {
    sandbox = Sandbox.start(vertx).await();
    sandbox.script("second", Scenario.ok());
  }

  /** Deploys a relay with this backend first and a sandbox backend as fallback. */
  private String relay(String firstUrl) {
    RelayOptions options =
        new RelayOptions()
            .addBackend("first", backend(firstUrl))
            .addBackend("second", backend(sandbox.backend("second")))
            .setGateway(
                new GatewayOptions()
                    .setPort(0)
                    .addKey("caller", new GatewayKeyOptions().setKey(GATEWAY_KEY)));
    RelayVerticle relay = new RelayVerticle(options);
    String deployment = vertx.deployVerticle(relay).await();
    port = relay.gatewayPort();
    return deployment;
  }

  private static BackendOptions backend(String url) {
    return new BackendOptions()
        .setDialect("openai")
        .setBaseUrl(url)
        .setApiKey(BACKEND_KEY)
        .setDefaultModel("mock-model");
  }

  private HttpServer server(HttpServerOptions options, int status, String location) {
    return vertx
        .createHttpServer(options)
        .requestHandler(
            request -> {
              received.add(request.headers());
              if (location != null) {
                request.response().putHeader("location", location);
              }
              request.response().setStatusCode(status).end("{}");
            })
        .listen(0, "127.0.0.1")
        .await();
  }

  private String answer() throws Exception {
    try (Socket socket = connect()) {
      JsonObject body = completionRequest();
      body.remove("model");
      post(
          socket,
          "Authorization: Bearer "
              + GATEWAY_KEY
              + "\r\nCookie: session=caller-cookie\r\nX-Api-Key: caller-api-key\r\n"
              + "X-Forwarded-For: 10.9.8.7\r\nX-Request-Id: caller-id\r\nUser-Agent: caller-agent\r\n"
              + "Proxy-Authorization: caller-proxy\r\nOpenAI-Organization: caller-org\r\n"
              + "Connection: close\r\n",
          body);
      return new String(socket.getInputStream().readAllBytes(), UTF_8);
    }
  }

  private static void servedBySecond(String answer, String reasonOfFirst) {
    assertThat(answer).startsWith("HTTP/1.1 200 ").contains("x-relay-backend: second\r\n");
    assertThat(answer).contains("x-relay-attempts: 2\r\n").contains(reasonOfFirst);
  }

  @Test
  void callerHeadersAreNotForwarded() throws Exception {
    relay("http://127.0.0.1:" + server(new HttpServerOptions(), 500, null).actualPort());

    servedBySecond(answer(), "\"server_error\"");

    MultiMap headers = received.poll(5, TimeUnit.SECONDS);
    assertThat(headers.get("authorization")).isEqualTo("Bearer " + BACKEND_KEY);
    assertThat(headers.names())
        .extracting(name -> name.toLowerCase(Locale.ROOT))
        .containsExactlyInAnyOrder(
            "host",
            "content-type",
            "content-length",
            "accept",
            "accept-encoding",
            "user-agent",
            "authorization");
    assertThat(headers.toString()).doesNotContain("caller");
    MultiMap atSandbox = sandbox.calls("second").get(0).headers();
    assertThat(atSandbox.names()).doesNotContain("cookie", "x-api-key", "x-request-id");
    assertThat(atSandbox.toString() + sandbox.calls("second").get(0).body())
        .doesNotContain("caller");
  }

  @Test
  void redirectsAreNotFollowed() throws Exception {
    HttpServer elsewhere = server(new HttpServerOptions(), 200, null);
    for (int status : new int[] {301, 302, 307, 308}) {
      String location = "http://127.0.0.1:" + elsewhere.actualPort() + "/v1/chat/completions";
      HttpServer first = server(new HttpServerOptions(), status, location);
      String deployment = relay("http://127.0.0.1:" + first.actualPort());

      servedBySecond(answer(), "\"status\":" + status);

      assertThat(received.poll(5, TimeUnit.SECONDS)).isNotNull();
      assertThat(received).as("asked elsewhere").isEmpty();
      vertx.undeploy(deployment).await();
    }
  }

  @Test
  void untrustedCertificateIsANetworkFailure() throws Exception {
    Certificates own = Certificates.in(folder, "EC", "EC");
    HttpServer first =
        server(
            new HttpServerOptions()
                .setSsl(true)
                .setKeyCertOptions(
                    new PemKeyCertOptions()
                        .setCertPath(own.certificate().toString())
                        .setKeyPath(own.key().toString())),
            200,
            null);
    relay("https://127.0.0.1:" + first.actualPort());

    servedBySecond(answer(), "\"network\"");

    assertThat(received).as("the key was sent").isEmpty();
    assertThat(LlmRelay.create(vertx).health().await().encode()).contains("\"first\"");
  }
}
