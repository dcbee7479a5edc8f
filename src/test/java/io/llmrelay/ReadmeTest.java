package io.llmrelay;

import static org.assertj.core.api.Assertions.assertThat;

import examples.ChatEndpoint;
import examples.EventBusRequest;
import examples.GatewayClient;
import examples.SandboxInATest;
import io.llmrelay.config.GatewayOptions;
import io.llmrelay.config.RelayOptions;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.junit5.VertxExtension;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The README is short, and its examples are regions of compiled sources that do what they say. With
 * {@code DOCS_WRITE=1} in the environment the test writes them.
 */
@ExtendWith(VertxExtension.class)
class ReadmeTest {
  private static final String README = "README.md";

  @Test
  void hasAtMost250Lines() {
    assertThat(Documents.text(Path.of(README)).lines().count()).isLessThanOrEqualTo(250);
  }

  @ParameterizedTest
  @CsvSource({
    "README.md, embed, ChatEndpoint",
    "README.md, bus, EventBusRequest",
    "README.md, gateway, GatewayClient",
    "docs/sandbox.md, sandbox, SandboxInATest",
    "docs/sandbox.md, junit, RehearsedOutageTest",
    "docs/migrate-from-hand-written.md, by-hand, HandWrittenFailover",
    "docs/migrate-from-hand-written.md, instead, HandWrittenFailover"
  })
  void showsWhatCompiles(String document, String name, String source) throws IOException {
    Path file = Path.of("src/test/java/examples", source + ".java");
    Documents.holdExample(document, name, region(name, file));
  }

  @Test
  void theCurlCommandGetsAStream(Vertx vertx) throws Exception {
    Matcher curl =
        Pattern.compile("http://127\\.0\\.0\\.1:8080(\\S+) -H '([^:]+): ([^']+)' [^']*'([^']+)'")
            .matcher(Documents.text(Path.of(README)));
    assertThat(curl.find()).isTrue();
    RelayOptions options =
        get(SandboxInATest.options(vertx)).setGateway(new GatewayOptions().setPort(0));
    RelayVerticle relay = new RelayVerticle(options);
    get(vertx.deployVerticle(relay));
    HttpClient client = vertx.createHttpClient();
    Buffer answer =
        get(
            client
                .request(HttpMethod.POST, relay.gatewayPort(), "127.0.0.1", curl.group(1))
                .compose(
                    request ->
                        request
                            .putHeader(curl.group(2), curl.group(3))
                            .send(curl.group(4))
                            .compose(HttpClientResponse::body)));
    assertThat(answer.toString()).startsWith("data: ").endsWith("data: [DONE]\n\n");
    get(client.close());
  }

  @Test
  void theEndpointStreamsFromWhoeverAnswers(Vertx vertx) throws Exception {
    RelayOptions options = get(SandboxInATest.options(vertx));
    HttpServer server = get(ChatEndpoint.serve(vertx, options, 0));
    HttpClient client = vertx.createHttpClient();
    Buffer text =
        get(
            client
                .request(HttpMethod.POST, server.actualPort(), "127.0.0.1", "/chat")
                .compose(
                    request ->
                        request.send("Why is the sky blue?").compose(HttpClientResponse::body)));
    assertThat(text.toString()).startsWith("Hello, this is secondary.").endsWith("are cut.");
    get(client.close());
  }

  @Test
  void oneRequestOnTheBusGivesTheWholeAnswer(Vertx vertx) throws Exception {
    get(vertx.deployVerticle(new RelayVerticle(get(SandboxInATest.options(vertx)))));
    assertThat(get(EventBusRequest.ask(vertx, "Why?"))).startsWith("Hello, this is secondary.");
  }

  @Test
  void openAisClientTalksToTheGateway(Vertx vertx) throws Exception {
    RelayOptions options =
        get(SandboxInATest.options(vertx)).setGateway(new GatewayOptions().setPort(0));
    RelayVerticle relay = new RelayVerticle(options);
    get(vertx.deployVerticle(relay));
    StringBuilder text = new StringBuilder();
    GatewayClient.print("Why?", "http://127.0.0.1:" + relay.gatewayPort(), text);
    assertThat(text.toString()).startsWith("Hello, this is secondary.");
  }

  /** The lines between the tags, moved to the left margin. */
  private static String region(String name, Path source) throws IOException {
    String text = Files.readString(source);
    int from = text.indexOf("// tag::" + name + "\n");
    from = text.indexOf('\n', from) + 1;
    int to = text.lastIndexOf('\n', text.indexOf("// end::" + name)) + 1;
    return text.substring(from, to).stripTrailing().stripIndent() + "\n";
  }

  private static <T> T get(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
  }
}
