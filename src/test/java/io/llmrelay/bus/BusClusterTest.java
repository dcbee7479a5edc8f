package io.llmrelay.bus;

import static io.llmrelay.bus.BusBench.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llmrelay.bus.BusBench.Peer;
import io.llmrelay.bus.BusBench.Receiver;
import io.llmrelay.chat.BlockKind;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FailureKind;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.time.Duration;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;

/** The same protocol across two nodes of a cluster; the last test ends one of them. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class BusClusterTest {
  private static final BusSettings SETTINGS =
      TestSettings.of(8, Duration.ofMillis(200), Duration.ofSeconds(20));

  private Vertx producerNode;
  private Vertx consumerNode;
  private Peer producer;

  @BeforeAll
  void cluster() {
    String name = "test-" + UUID.randomUUID();
    producerNode = Cluster.node(name);
    consumerNode = Cluster.node(name);
    producer = new Peer(producerNode, SETTINGS);
  }

  @AfterAll
  void close() {
    get(consumerNode.close());
    get(producerNode.close());
  }

  @Test
  @Order(1)
  void aStreamCrossesNodes() {
    producer.serves(
        stream -> {
          stream.open("1", "b", "m");
          for (int i = 0; i < 100; i++) {
            stream.chunk(BlockKind.TEXT, Buffer.buffer("größe " + i + "\n"));
          }
          if (producer.producers.size() == 1) {
            stream.end();
          } else {
            // Cut within a character of four bytes: JSON of a failure must cross the wire, too.
            stream.fail(Failure.of(FailureKind.OVERLOADED, "x".repeat(498) + "😀 and so on"));
          }
        });
    Peer consumer = new Peer(consumerNode, SETTINGS);
    Receiver good = consumer.opens(new Receiver());
    good.awaitLast("ended");
    StringBuilder expected = new StringBuilder();
    for (int i = 0; i < 100; i++) {
      expected.append("größe ").append(i).append('\n');
    }
    assertThat(good.bytes().toString()).isEqualTo(expected.toString());
    assertThat(good.events).startsWith("opened 1").hasSize(102);

    Receiver failing = consumer.opens(new Receiver());
    failing.awaitLast("failed overloaded");
    assertThat(failing.failures.get(0).message()).startsWith("x".repeat(498));
    // Nobody but the other node reads it, which must say what is wrong.
    Receiver refused = consumer.opens(BusBench.REQUEST.withModel(""), new Receiver());
    refused.awaitLast("failed invalid_request");
    assertThat(refused.failures.get(0).field()).isEqualTo("model");
    assertThat(consumer.streams()).isZero();
    assertThat(producer.streams()).isZero();
    get(consumer.endpoint.close());
  }

  @Test
  @Order(2)
  void aConsumersNodeThatGoesEndsItsStreams() {
    Peer silent = new Peer(producerNode, SETTINGS);
    Peer consumer = new Peer(consumerNode, SETTINGS);
    producer.producers.clear();
    Receiver receiver = consumer.opens(Receiver.lazy());
    receiver.awaitChunks(8);
    Producer told = producer.producer();
    get(consumerNode.close());
    await().atMost(Duration.ofSeconds(30)).untilAsserted(() -> assertThat(told.events).hasSize(1));
    assertThat(told.events.get(0)).startsWith("cancelled: ");
    await().untilAsserted(() -> assertThat(producer.streams()).isZero());
    assertThat(silent.streams()).isZero();
  }
}
