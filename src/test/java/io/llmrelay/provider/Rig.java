package io.llmrelay.provider;

import static io.llmrelay.provider.Consumer.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.OverHttp2Test;
import io.llmrelay.chat.ChatMessage;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.config.BackendOptions;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import java.util.concurrent.atomic.AtomicInteger;

/** A provider verticle in front of an HTTP server that does what the test says. */
public final class Rig {
  public static final ChatRequest HELLO = ChatRequest.of(ChatMessage.user("Hello"));
  public static final String SECRET = "sk-test-0123456789abcdef";
  private static final AtomicInteger RIGS = new AtomicInteger();

  public final Vertx vertx;
  public final String prefix = "rig" + RIGS.incrementAndGet();
  public final String deployment;
  public final String url;

  private Rig(Vertx vertx, BackendOptions options) {
    this.vertx = vertx;
    this.url = options.getBaseUrl();
    this.deployment =
        await(vertx.deployVerticle(new ProviderVerticle("backend", options, prefix, Consumer.BUS)));
  }

  public static Rig of(Vertx vertx, BackendOptions options, Handler<HttpServerRequest> server) {
    // What a socket may hold is the machine's, and may be more than anybody would take.
    HttpServerOptions narrow = new HttpServerOptions().setSendBufferSize(64 * 1024);
    HttpServer http =
        await(vertx.createHttpServer(narrow).requestHandler(server).listen(0, "127.0.0.1"));
    return at(vertx, options, http.actualPort());
  }

  public static Rig openai(Vertx vertx, Handler<HttpServerRequest> server) {
    return of(vertx, options("openai", null), server);
  }

  /** In front of whatever listens at this port. */
  public static Rig at(Vertx vertx, BackendOptions options, int port) {
    return atUrl(vertx, options, "http://127.0.0.1:" + port + "/v1");
  }

  public static Rig atUrl(Vertx vertx, BackendOptions options, String url) {
    return new Rig(vertx, options.setBaseUrl(url));
  }

  public static BackendOptions options(String dialect, String provider) {
    return new BackendOptions()
        .setDialect(dialect)
        .setProvider(provider)
        .setApiKey(SECRET)
        .setHttpVersion(OverHttp2Test.isOn() ? "2" : "auto");
  }

  public String address() {
    return ProviderVerticle.address(prefix, "backend");
  }

  public Consumer open() {
    return open(HELLO, true);
  }

  /** A stream that fails in that way. */
  public Consumer failing(FailureKind kind) {
    Consumer consumer = open().awaitEnd();
    assertThat(consumer.end).isNull();
    assertThat(consumer.failure.kind()).isEqualTo(kind);
    assertThat(consumer.failure.backend()).isEqualTo("backend");
    assertThat(consumer.failure.model()).isEqualTo("m");
    return consumer;
  }

  public Consumer open(ChatRequest request, boolean greedy) {
    return Consumer.open(
        vertx, address(), request.model() == null ? request.withModel("m") : request, greedy);
  }
}
