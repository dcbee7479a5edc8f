package io.llmrelay.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.llmrelay.Certificates;
import io.llmrelay.RelayVerticle;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.config.GatewayOptions;
import io.llmrelay.config.ModelOptions;
import io.llmrelay.config.RelayOptions;
import io.llmrelay.config.TlsOptions;
import io.llmrelay.observe.RelayEvent;
import io.llmrelay.observe.RelayListener;
import io.llmrelay.sandbox.Sandbox;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.json.JsonObject;
import io.vertx.core.net.PemTrustOptions;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The cost of a stream is a trailer for clients that accept trailers. */
class CostTrailerTest extends HttpFixture {
  private static final Map<String, JsonObject> STREAMS =
      Map.of(
          "/v1/chat/completions", streamRequest(),
          "/v1/messages", streamRequest().put("max_tokens", 100),
          "/v1/responses", new JsonObject().put("input", "Hi").put("stream", true),
          "/v1/completions", new JsonObject().put("prompt", "Hi").put("stream", true));

  @TempDir Path folder;

  private final BlockingQueue<RelayEvent.RequestEnd> ends = new LinkedBlockingQueue<>();

  private HttpClient start(HttpVersion version) throws Exception {
    Sandbox sandbox = Sandbox.start(vertx).await();
    Certificates own = Certificates.in(folder, "gateway", "EC");
    RelayOptions options =
        new RelayOptions()
            .setCatalog(
                List.of(
                    new ModelOptions(
                        "mock-model", null, null, null, new ModelOptions.Price(1.0, 2.0, null))))
            .addBackend(
                "primary",
                new BackendOptions()
                    .setDialect("openai")
                    .setBaseUrl(sandbox.backend("primary"))
                    .setDefaultModel("mock-model"))
            .setGateway(
                new GatewayOptions()
                    .setPort(0)
                    .setTls(
                        new TlsOptions()
                            .setCertificate(own.certificate().toString())
                            .setKey(own.key().toString())));
    RelayVerticle relay =
        new RelayVerticle(options)
            .addListener(
                new RelayListener() {
                  @Override
                  public void onRequestEnd(RelayEvent.RequestEnd event) {
                    ends.add(event);
                  }
                });
    vertx.deployVerticle(relay).await();
    return vertx.createHttpClient(
        new HttpClientOptions()
            .setProtocolVersion(version)
            .setUseAlpn(true)
            .setSsl(true)
            .setVerifyHost(false)
            .setTrustOptions(new PemTrustOptions().addCertPath(own.certificate().toString()))
            .setDefaultHost("localhost")
            .setDefaultPort(relay.gatewayPort()));
  }

  private static HttpClientResponse ask(
      HttpClient client, String path, JsonObject body, String te) {
    return client
        .request(HttpMethod.POST, path)
        .compose(
            request -> {
              if (te != null) {
                request.putHeader("te", te);
              }
              return request.send(body.toBuffer());
            })
        .compose(response -> response.body().map(response))
        .await();
  }

  private void everyFrontSendsTheCost(HttpVersion version) throws Exception {
    HttpClient client = start(version);
    String te = version == HttpVersion.HTTP_2 ? "trailers" : "deflate, Trailers";
    for (Map.Entry<String, JsonObject> stream : STREAMS.entrySet()) {
      HttpClientResponse response = ask(client, stream.getKey(), stream.getValue(), te);
      assertThat(response.version()).isEqualTo(version);
      assertThat(response.getHeader("trailer")).as(stream.getKey()).isEqualTo("x-relay-cost");
      assertThat(response.headers().contains("x-relay-cost")).isFalse();
      Double cost = ends.poll(20, TimeUnit.SECONDS).costUsd();
      assertThat(Double.parseDouble(response.getTrailer("x-relay-cost")))
          .as(stream.getKey())
          .isPositive()
          .isCloseTo(cost, within(1e-12));
    }
  }

  @Test
  void everyFrontSendsTheCostOverHttp1() throws Exception {
    everyFrontSendsTheCost(HttpVersion.HTTP_1_1);
  }

  @Test
  void everyFrontSendsTheCostOverHttp2() throws Exception {
    everyFrontSendsTheCost(HttpVersion.HTTP_2);
  }

  @Test
  void clientsThatDoNotAcceptTrailersGetNone() throws Exception {
    HttpClient client = start(HttpVersion.HTTP_1_1);
    HttpClientResponse response = ask(client, "/v1/chat/completions", streamRequest(), null);
    MultiMap trailers = response.trailers();
    assertThat(trailers.isEmpty()).isTrue();
    assertThat(response.headers().contains("trailer")).isFalse();
  }
}
