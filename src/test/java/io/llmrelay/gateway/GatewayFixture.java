package io.llmrelay.gateway;

import io.llmrelay.config.GatewayOptions;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;

/** A gateway on a port of its own in front of a {@link FakeRelay}, and a plain HTTP client. */
@Timeout(90)
public abstract class GatewayFixture extends HttpFixture {
  public static final int MAX_BODY = 10_000;

  public final FakeRelay relay = new FakeRelay(vertx);
  private final HttpClient client =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(Duration.ofSeconds(5))
          .build();

  public GatewayVerticle gateway;

  @BeforeEach
  public void start() {
    gateway = deploy(new GatewayVerticle(options(), relay));
    port = gateway.actualPort();
  }

  public GatewayOptions options() {
    return new GatewayOptions().setPort(0).setMaxBody(MAX_BODY);
  }

  public GatewayVerticle deploy(GatewayVerticle gateway) {
    vertx.deployVerticle(gateway).await();
    return gateway;
  }

  public HttpResponse<String> post(JsonObject body) throws Exception {
    return post(body.encode());
  }

  public HttpResponse<String> post(String body) throws Exception {
    return send(
        request("/v1/chat/completions")
            .header("content-type", "application/json")
            .POST(BodyPublishers.ofString(body)));
  }

  public HttpResponse<String> get(String path) throws Exception {
    return send(request(path));
  }

  public HttpRequest.Builder chat(JsonObject body) {
    return request("/v1/chat/completions").POST(BodyPublishers.ofString(body.encode()));
  }

  public HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path));
  }

  public HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
    return client.send(request.build(), BodyHandlers.ofString());
  }

  public static JsonObject error(HttpResponse<String> response) {
    return new JsonObject(response.body()).getJsonObject("error");
  }
}
