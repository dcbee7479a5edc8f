package io.llmrelay.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientAgent;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import java.util.concurrent.ExecutionException;
import javax.net.ssl.SSLException;
import org.junit.jupiter.api.Test;

/** A sandbox with a self-signed certificate. */
class TlsTest extends SandboxTestBase {
  private final Vertx vertx = Vertx.vertx();

  @Override
  SandboxOptions options() {
    return new SandboxOptions().setTls(true);
  }

  private Future<Buffer> health(HttpClientOptions options) {
    HttpClientAgent client = vertx.createHttpClient(options.setSsl(true));
    return client
        .request(HttpMethod.GET, sandbox.port(), "127.0.0.1", "/health")
        .compose(request -> request.send().compose(HttpClientResponse::body))
        .eventually(client::close);
  }

  @Test
  void aClientThatVerifiesCertificatesFailsInTheHandshake() throws Exception {
    assertThatThrownBy(() -> get(health(new HttpClientOptions())))
        .isInstanceOf(ExecutionException.class)
        .hasCauseInstanceOf(SSLException.class);
    get(vertx.close());
  }

  @Test
  void aClientThatTrustsAllCertificatesIsServed() throws Exception {
    assertThat(sandbox.backend("primary")).startsWith("https://127.0.0.1:");
    HttpClientOptions careless = new HttpClientOptions().setTrustAll(true).setVerifyHost(false);
    assertThat(get(health(careless)).toJsonObject().getString("status")).isEqualTo("UP");
    get(vertx.close());
  }
}
