package io.llmrelay.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.llmrelay.Certificates;
import io.llmrelay.config.ClusterOptions;
import io.llmrelay.config.ClusterTlsOptions;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.Message;
import io.vertx.core.eventbus.ReplyException;
import io.vertx.core.internal.VertxInternal;
import io.vertx.core.net.NetClientOptions;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Nodes that find each other, and strangers that are kept out. */
class ClusterNodeTest {
  private static final String SECRET = "a-secret-of-the-whole-fleet";

  private final String name = "test-" + UUID.randomUUID();
  private final List<Vertx> nodes = new ArrayList<>();

  @TempDir Path folder;

  @AfterEach
  void close() throws Exception {
    for (Vertx node : nodes) {
      get(node.close());
    }
  }

  private static <T> T get(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS);
  }

  private Vertx node(ClusterOptions options) throws Exception {
    Vertx node = get(ClusterNode.join(Vertx.builder(), new VertxOptions(), options));
    nodes.add(node);
    return node;
  }

  private ClusterOptions options() {
    return new ClusterOptions().setName(name);
  }

  private static int size(Vertx node) {
    return ((VertxInternal) node).clusterManager().getNodes().size();
  }

  private static int freePort() throws Exception {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  private static void assertTalk(Vertx from, Vertx to) throws Exception {
    get(to.eventBus().consumer("greeting", message -> message.reply("hello")).completion());
    await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(
            () -> {
              Message<Object> reply = get(from.eventBus().request("greeting", "?"));
              assertThat(reply.body()).isEqualTo("hello");
            });
  }

  @Test
  void nodesOnOneMachineFindEachOther() throws Exception {
    Vertx first = node(options());
    Vertx second = node(options());
    assertThat(size(second)).isEqualTo(2);
    assertTalk(first, second);
  }

  /** The name may resolve to any number of addresses; here it is one, with a port for the test. */
  @Test
  void nodesAreFoundByTheirDnsName() throws Exception {
    int port = freePort();
    Vertx first = node(options().setDns("localhost").setPort(port));
    Vertx second = node(options().setMembers(List.of("127.0.0.1:" + port)));
    assertThat(size(first)).isEqualTo(2);
    assertTalk(first, second);
    Vertx third = node(options().setDns("localhost").setPort(port));
    assertThat(size(third)).isEqualTo(3);
  }

  @Test
  void nodesAreFoundByMulticast() throws Exception {
    Vertx first = node(options().setMulticast(true));
    Vertx second = node(options().setMulticast(true));
    assertThat(size(first)).isEqualTo(2);
    assertTalk(first, second);
  }

  @Test
  void anotherSecretIsAnotherCluster() throws Exception {
    Vertx first = node(options().setSecret(SECRET));
    Vertx stranger = node(options().setSecret(SECRET + "?"));
    Vertx second = node(options().setSecret(SECRET));
    assertThat(size(stranger)).isEqualTo(1);
    assertThat(size(first)).isEqualTo(2);
    assertThat(size(second)).isEqualTo(2);
  }

  @Test
  void withTlsTheEventBusIsEncryptedAndTakesNodesOnly() throws Exception {
    Certificates node = Certificates.in(folder, "node", "EC");
    Certificates stranger = Certificates.in(folder, "stranger", "RSA");
    int port = freePort();
    Vertx first = node(options().setTls(tls(node, node)).setBusPort(port));
    Vertx second = node(options().setTls(tls(node, node)));
    assertTalk(second, first);
    assertTalk(first, second);

    NetClientOptions plain = new NetClientOptions().setSsl(true).setTrustAll(true);
    plain.setHostnameVerificationAlgorithm("");
    assertThatThrownBy(
            () ->
                get(
                    second
                        .createNetClient(plain)
                        .connect(port, "127.0.0.1")
                        .compose(
                            socket -> {
                              // TLS 1.3 tells a client without a certificate after the handshake.
                              Promise<Void> refused = Promise.promise();
                              socket.exceptionHandler(refused::tryFail);
                              socket.closeHandler(v -> refused.tryFail("closed"));
                              return refused.future();
                            })))
        .isNotNull();

    Vertx other = node(options().setTls(tls(stranger, stranger)));
    get(other.eventBus().consumer("stranger", message -> message.reply("hello")).completion());
    await().until(() -> size(other) == 3);
    assertThatThrownBy(
            () ->
                get(
                    first
                        .eventBus()
                        .request("stranger", "?", new DeliveryOptions().setSendTimeout(1_500))))
        .hasCauseInstanceOf(ReplyException.class);
  }

  private static ClusterTlsOptions tls(Certificates node, Certificates ca) {
    return new ClusterTlsOptions()
        .setCertificate(node.certificate().toString())
        .setKey(node.key().toString())
        .setCa(ca.certificate().toString());
  }
}
