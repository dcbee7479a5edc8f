package io.llmrelay.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmrelay.config.AdminOptions;
import io.llmrelay.config.ConfigException;
import io.llmrelay.config.GatewayKeyOptions;
import io.llmrelay.config.GatewayOptions;
import io.llmrelay.gateway.server.AccessControl;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The operators' endpoints, and at which address they are served. */
class AdminTest extends GatewayFixture {
  private final FakeAdmin admin = new FakeAdmin();

  @BeforeEach
  void twoBackends() {
    relay.health =
        Future.succeededFuture(
            new JsonObject("{\"status\":\"degraded\",\"backends\":[{\"name\":\"secret-name\"}]}"));
    admin.reload = () -> Future.succeededFuture(new JsonObject().put("restart", "gateway.port"));
  }

  private GatewayVerticle start(GatewayOptions options) {
    gateway = deploy(new GatewayVerticle(options, relay, new AccessControl(options), admin));
    port = gateway.actualPort();
    return gateway;
  }

  private HttpResponse<String> postReload() throws Exception {
    return send(request("/admin/reload").POST(BodyPublishers.noBody()));
  }

  @Test
  void servesTheSchemaOfTheConfigurationToOperators() throws Exception {
    start(options().setAdmin(new AdminOptions().setPort(0)));
    assertThat(get("/relay.schema.json").statusCode()).isEqualTo(404);
    port = gateway.actualAdminPort();
    HttpResponse<String> schema = get("/relay.schema.json");
    assertThat(schema.headers().firstValue("content-type")).hasValue("application/schema+json");
    assertThat(new JsonObject(schema.body()).getJsonObject("properties").fieldNames())
        .contains("gateway", "backends", "fallback");
  }

  private void assertNoAdminEndpoints(int status) throws Exception {
    assertThat(get("/health/live").body()).isEqualTo("{\"status\":\"up\"}");
    assertThat(get("/health/ready").body()).isEqualTo("{\"status\":\"degraded\"}");
    assertThat(get("/health/ready?probe=true").body()).isEqualTo("{\"status\":\"degraded\"}");
    assertThat(relay.probes).hasValue(0);
    assertThat(get("/metrics").statusCode()).isEqualTo(status);
    assertThat(postReload().statusCode()).isEqualTo(status);
    relay.health = Future.failedFuture("gone");
    assertThat(get("/health/ready").body()).isEqualTo("{\"status\":\"down\"}");
  }

  @Test
  void adminAddressServesOperatorsExclusively() throws Exception {
    start(options().setAdmin(new AdminOptions().setPort(0)));

    port = gateway.actualAdminPort();
    assertThat(get("/health/live").statusCode()).isEqualTo(200);
    assertThat(get("/health/ready").body()).contains("secret-name");
    assertThat(relay.probes).hasValue(0);
    assertThat(get("/health/ready?probe=true").body()).contains("secret-name");
    assertThat(relay.probes).hasValue(1);
    assertThat(error(get("/metrics")).getString("code")).isEqualTo("no_metrics");
    assertThat(postReload().body()).isEqualTo("{\"restart\":\"gateway.port\"}");
    assertThat(get("/v1/models").statusCode()).isEqualTo(404);
    assertThat(get("/nowhere").headers().firstValue("x-request-id")).isPresent();

    relay.probes.set(0);
    port = gateway.actualPort();
    assertNoAdminEndpoints(404);
  }

  @Test
  void networkAddressHasNoAdminEndpoints() throws Exception {
    start(options().setHost("0.0.0.0").setAllowAnonymous(true));
    assertThat(gateway.actualAdminPort()).isEqualTo(-1);
    assertNoAdminEndpoints(404);

    relay.health = twoUp();
    start(
        options()
            .setHost("0.0.0.0")
            .addKey("a", new GatewayKeyOptions().setKey("llmr-a-0123456789-0123456789")));
    assertNoAdminEndpoints(401);
  }

  @Test
  void callerKeysDoNotAuthorizeOperators() throws Exception {
    String key = "llmr-a-0123456789-0123456789";
    start(options());
    assertThat(get("/health/ready?probe=true").body()).contains("secret-name");

    relay.probes.set(0);
    gateway.reload(options().addKey("a", new GatewayKeyOptions().setKey(key))).await();
    assertNoAdminEndpoints(401);
    assertThat(send(request("/metrics").header("authorization", "Bearer " + key)))
        .extracting(HttpResponse::statusCode)
        .isEqualTo(404);
  }

  private static Future<JsonObject> twoUp() {
    return Future.succeededFuture(new JsonObject().put("status", "degraded"));
  }

  @Test
  void loopbackAddressServesAdminEndpoints() throws Exception {
    start(options());

    assertThat(get("/health/ready?probe=true").body()).contains("secret-name");
    assertThat(relay.probes).hasValue(1);
    assertThat(postReload().statusCode()).isEqualTo(200);
  }

  @Test
  void refusedReloadListsAllProblems() throws Exception {
    start(options());
    List<String> problems =
        List.of("relay.yaml:1: a is wrong " + "x".repeat(600), "relay.yaml:9: b is wrong");
    admin.reload = () -> Future.failedFuture(new ConfigException(problems));

    HttpResponse<String> response = postReload();

    assertThat(response.statusCode()).isEqualTo(400);
    assertThat(error(response).getString("code")).isEqualTo("invalid_configuration");
    assertThat(error(response).getString("message")).isEqualTo(String.join("\n", problems));

    admin.reload =
        () -> {
          throw new ConfigException(problems);
        };
    assertThat(postReload().statusCode()).isEqualTo(400);
    admin.reload =
        () -> {
          throw new IllegalStateException("secret");
        };
    assertThat(postReload().statusCode()).isEqualTo(500);
    assertThat(postReload().body()).doesNotContain("secret");
  }

  @Test
  void reloadWithoutAConfigurationIs404() throws Exception {
    gateway = deploy(new GatewayVerticle(options(), relay));
    port = gateway.actualPort();

    HttpResponse<String> response = postReload();

    assertThat(response.statusCode()).isEqualTo(404);
    assertThat(error(response).getString("code")).isEqualTo("no_reload");
  }

  @Test
  void reloadRequiresPostAndRefusesWebPages() throws Exception {
    start(options());
    admin.reload =
        () -> {
          throw new AssertionError("reloaded");
        };
    HttpResponse<String> get = get("/admin/reload");
    assertThat(get.statusCode()).isEqualTo(405);
    assertThat(get.headers().firstValue("allow")).hasValue("POST");
    String authority = "127.0.0.1:" + port;
    for (String origin :
        List.of("http://127.0.0.1:1", "http://localhost:" + port, "ftp://" + authority, "null")) {
      HttpResponse<String> page =
          send(
              request("/admin/reload").header("origin", origin).POST(BodyPublishers.ofString("x")));
      assertThat(page.statusCode()).isEqualTo(403);
    }
    for (String site : List.of("cross-site", "same-site")) {
      HttpResponse<String> page =
          send(
              request("/admin/reload")
                  .header("sec-fetch-site", site)
                  .POST(BodyPublishers.ofString("x")));
      assertThat(page.statusCode()).isEqualTo(403);
    }
  }

  @Test
  void webPagesCannotProbeOrReadMetrics() throws Exception {
    start(options());
    assertWebPagesRefused();

    start(
        options()
            .addKey("a", new GatewayKeyOptions().setKey("llmr-a-0123456789-0123456789"))
            .setAdmin(new AdminOptions().setPort(0)));
    port = gateway.actualAdminPort();
    assertWebPagesRefused();
  }

  private void assertWebPagesRefused() throws Exception {
    relay.probes.set(0);
    for (String path : List.of("/metrics", "/health/ready?probe=true")) {
      for (String origin : List.of("https://evil.example", "null")) {
        assertThat(send(request(path).header("origin", origin)).statusCode()).isEqualTo(403);
      }
      HttpResponse<String> image = send(request(path).header("sec-fetch-site", "cross-site"));
      assertThat(error(image).getString("code")).isEqualTo("cross_site_request");
    }
    assertThat(relay.probes).hasValue(0);
    HttpResponse<String> ready =
        send(
            request("/health/ready")
                .header("origin", "https://board.example")
                .header("sec-fetch-site", "cross-site"));
    assertThat(ready.statusCode()).isEqualTo(200);
    // A URL typed into a browser is not sent by a page.
    HttpRequest.Builder typed =
        request("/health/ready?probe=true").header("sec-fetch-site", "none");
    assertThat(send(typed).statusCode()).isEqualTo(200);
    assertThat(relay.probes).hasValue(1);
  }

  @Test
  void occupiedAdminPortIsReported() {
    start(options());
    GatewayOptions second = options().setAdmin(new AdminOptions().setPort(port));
    // Servers of the same Vert.x instance would share the port.
    Vertx other = Vertx.vertx();
    try {
      assertThatThrownBy(() -> other.deployVerticle(new GatewayVerticle(second, relay)).await())
          .isInstanceOf(ConfigException.class)
          .hasMessageStartingWith("gateway.admin: cannot listen at 127.0.0.1:" + port);
    } finally {
      other.close().await();
    }
  }
}
