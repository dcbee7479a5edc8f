package io.llmrelay.provider;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.Certificates;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.config.BackendTlsOptions;
import io.vertx.core.Vertx;
import io.vertx.core.http.ClientAuth;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.net.NetSocket;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import io.vertx.junit5.VertxExtension;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Backends behind a proxy, with an authority of their own, or that want to know who asks. */
@ExtendWith(VertxExtension.class)
class ProxyAndTlsTest {
  @TempDir Path folder;

  private final List<HttpServerRequest> requests = new CopyOnWriteArrayList<>();
  private final List<String> asked = new CopyOnWriteArrayList<>();

  private void answer(HttpServerRequest request) {
    requests.add(request);
    Sse.stream(request, Sse.text("x"), Sse.finish("stop"), Sse.DONE);
  }

  private HttpServer server(Vertx vertx, HttpServerOptions options) {
    return Consumer.await(
        vertx.createHttpServer(options).requestHandler(this::answer).listen(0, "127.0.0.1"));
  }

  private HttpServerOptions tls(Certificates own) {
    HttpServerOptions options = new HttpServerOptions();
    options
        .setSsl(true)
        .setUseAlpn(true)
        .setKeyCertOptions(
            new PemKeyCertOptions()
                .setCertPath(own.certificate().toString())
                .setKeyPath(own.key().toString()));
    return options;
  }

  private static BackendTlsOptions trusting(Certificates certificates) {
    return new BackendTlsOptions().setCa(certificates.certificate().toString());
  }

  private Rig rig(Vertx vertx, BackendOptions options, HttpServer server) {
    return Rig.atUrl(vertx, options, "https://localhost:" + server.actualPort());
  }

  /** A proxy that wants a password, and tunnels to this machine whatever host it is asked for. */
  private HttpServer proxy(Vertx vertx, int target) {
    String password =
        "Basic " + Base64.getEncoder().encodeToString("user:p@ss".getBytes(StandardCharsets.UTF_8));
    return Consumer.await(
        vertx
            .createHttpServer()
            .requestHandler(
                request -> {
                  asked.add(request.method() + " " + request.uri());
                  if (!password.equals(request.getHeader("proxy-authorization"))) {
                    request.response().setStatusCode(407).end();
                  } else if (request.method().equals(HttpMethod.CONNECT)) {
                    tunnel(vertx, request, target);
                  } else {
                    answer(request);
                  }
                })
            .listen(0, "127.0.0.1"));
  }

  private static void tunnel(Vertx vertx, HttpServerRequest request, int target) {
    vertx
        .createNetClient()
        .connect(target, "127.0.0.1")
        .onSuccess(
            server ->
                request
                    .toNetSocket()
                    .onSuccess(
                        client -> {
                          join(client, server);
                          join(server, client);
                        }));
  }

  private static void join(NetSocket from, NetSocket to) {
    from.handler(to::write).closeHandler(v -> to.close());
  }

  @ParameterizedTest
  @ValueSource(strings = {"1.1", "2"})
  void aTunnelThroughAProxyWithAPassword(String version, Vertx vertx) throws Exception {
    Certificates own = Certificates.in(folder, "EC", "EC");
    HttpServer server = server(vertx, tls(own));
    HttpServer proxy = proxy(vertx, server.actualPort());
    BackendOptions options =
        Rig.options("openai", null)
            .setHttpVersion(version)
            .setTls(trusting(own))
            .setProxy("http://user:p%40ss@127.0.0.1:" + proxy.actualPort());
    Rig rig = rig(vertx, options, server);
    for (int i = 0; i < 2; i++) {
      assertThat(rig.open().awaitEnd().failure).isNull();
    }
    assertThat(asked).containsExactly("CONNECT localhost:" + server.actualPort());
    HttpVersion spoken = version.equals("2") ? HttpVersion.HTTP_2 : HttpVersion.HTTP_1_1;
    assertThat(requests).hasSize(2).allMatch(request -> request.version() == spoken);
    // The password is for the proxy alone.
    assertThat(requests).noneMatch(request -> request.headers().contains("proxy-authorization"));
  }

  @Test
  void anHttpServerIsAskedForByItsWholeUri(Vertx vertx) {
    HttpServer proxy = proxy(vertx, 0);
    BackendOptions options =
        Rig.options("openai", null).setProxy("http://user:p%40ss@127.0.0.1:" + proxy.actualPort());
    Rig rig = Rig.atUrl(vertx, options, "http://inference.example:8000/v1");
    assertThat(rig.open().awaitEnd().failure).isNull();
    assertThat(asked).containsExactly("POST http://inference.example:8000/v1/chat/completions");
  }

  @ParameterizedTest
  @ValueSource(strings = {"1.1", "2"})
  void aProxyThatRefusesIsAFailureWithoutItsPassword(String version, Vertx vertx) {
    HttpServer proxy = proxy(vertx, 0);
    BackendOptions options =
        Rig.options("openai", null)
            .setHttpVersion(version)
            .setProxy("http://user:wrong-password@127.0.0.1:" + proxy.actualPort());
    Rig rig = Rig.atUrl(vertx, options, "https://inference.example/v1");
    Consumer consumer = rig.failing(FailureKind.NETWORK);
    assertThat(consumer.failure.message()).isEqualTo("the proxy refused the connection");
    assertThat(asked).containsExactly("CONNECT inference.example:443");
  }

  @ParameterizedTest
  @ValueSource(strings = {"1.1", "2"})
  void aClientCertificateIsShownToAServerThatWantsOne(String version, Vertx vertx)
      throws Exception {
    Certificates server = Certificates.in(folder, "EC", "EC");
    Certificates client = Certificates.in(folder, "RSA", "RSA");
    HttpServerOptions wanting = tls(server);
    wanting
        .setClientAuth(ClientAuth.REQUIRED)
        .setTrustOptions(new PemTrustOptions().addCertPath(client.certificate().toString()));
    HttpServer http = server(vertx, wanting);
    BackendTlsOptions known =
        trusting(server)
            .setCertificate(client.certificate().toString())
            .setKey(client.key().toString());
    Rig rig = rig(vertx, Rig.options("openai", null).setHttpVersion(version).setTls(known), http);
    assertThat(rig.open().awaitEnd().failure).isNull();
    Rig unknown =
        rig(
            vertx,
            Rig.options("openai", null).setHttpVersion(version).setTls(trusting(server)),
            http);
    unknown.failing(FailureKind.NETWORK);
    assertThat(requests).hasSize(1);
  }

  /** The authorities of a backend replace those of the JDK. */
  @ParameterizedTest
  @ValueSource(strings = {"1.1", "2"})
  void aServerOfAnotherAuthorityIsNotTrusted(String version, Vertx vertx) throws Exception {
    Certificates server = Certificates.in(folder, "EC", "EC");
    Certificates other = Certificates.in(folder, "RSA", "RSA");
    Rig rig =
        rig(
            vertx,
            Rig.options("openai", null).setHttpVersion(version).setTls(trusting(other)),
            server(vertx, tls(server)));
    assertThat(rig.failing(FailureKind.NETWORK).failure.message()).contains("TLS");
    assertThat(requests).isEmpty();
  }
}
