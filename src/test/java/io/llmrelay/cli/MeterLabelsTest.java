package io.llmrelay.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.RelayVerticle;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.config.GatewayOptions;
import io.llmrelay.config.RelayOptions;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Tag;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.micrometer.backends.BackendRegistries;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * Caller input is no meter label: meters are never removed. And the runnable jar has none of
 * Vert.x's meters of each HTTP request.
 */
class MeterLabelsTest {
  @Test
  void methodsAndPathsCreateNoMeters() {
    Vertx vertx = RelayServer.vertx(null);
    try {
      RelayVerticle relay =
          new RelayVerticle(
              new RelayOptions()
                  .setGateway(new GatewayOptions().setPort(0))
                  .addBackend(
                      "a",
                      new BackendOptions()
                          .setDialect("openai")
                          .setBaseUrl("http://127.0.0.1:1/v1")
                          .setApiKey("none")
                          .setDefaultModel("m")));
      vertx.deployVerticle(relay).await();
      HttpClient client = vertx.createHttpClient();
      Future.all(
              IntStream.range(0, 20).mapToObj(i -> send(client, relay.gatewayPort(), i)).toList())
          .await();

      List<Meter> meters = BackendRegistries.getDefaultNow().getMeters();
      assertThat(meters)
          .extracting(meter -> meter.getId().getName())
          .contains("vertx.http.server.active.connections", "llmrelay.requests.refused")
          .doesNotContain("vertx.http.server.requests", "vertx.http.server.response.time");
      assertThat(meters)
          .flatExtracting(meter -> meter.getId().getTags())
          .extracting(Tag::getValue)
          .noneMatch(value -> value.contains("INVENTED") || value.contains("/path/"));
    } finally {
      vertx.close().await();
    }
  }

  private static Future<?> send(HttpClient client, int port, int number) {
    return client
        .request(new HttpMethod("INVENTED" + number), port, "127.0.0.1", "/path/" + number)
        .compose(request -> request.send().compose(HttpClientResponse::end));
  }
}
