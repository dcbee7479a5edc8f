package io.llmrelay.bus;

import static io.llmrelay.bus.BusBench.PATIENT;
import static io.llmrelay.bus.BusBench.SERVICE;
import static io.llmrelay.bus.BusBench.get;
import static io.llmrelay.bus.BusBench.on;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llmrelay.Awake;
import io.llmrelay.bus.BusBench.Peer;
import io.llmrelay.bus.BusBench.Raw;
import io.llmrelay.bus.BusBench.Receiver;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FailureKind;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.Message;
import io.vertx.core.eventbus.MessageConsumer;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Which node serves a stream, in a cluster of two. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class StreamOpeningTest {
  private final List<Peer> peers = new ArrayList<>();
  private final List<MessageConsumer<Object>> consumers = new ArrayList<>();
  private Vertx here;
  private Vertx there;

  @BeforeAll
  void cluster() {
    String name = "test-" + UUID.randomUUID();
    here = Cluster.node(name);
    there = Cluster.node(name);
  }

  @AfterEach
  void reset() {
    peers.forEach(peer -> get(peer.endpoint.close()));
    peers.forEach(peer -> peer.services.forEach(service -> get(service.unregister())));
    consumers.forEach(consumer -> get(consumer.unregister()));
    peers.clear();
    consumers.clear();
  }

  @AfterAll
  void close() {
    get(here.close());
    get(there.close());
  }

  private Peer peer(Vertx node) {
    Peer peer = new Peer(node, PATIENT);
    peers.add(peer);
    return peer;
  }

  /** A peer that serves every request with an empty answer. */
  private Peer server(Vertx node) {
    return peer(node)
        .serves(
            stream -> {
              stream.open();
              stream.chunk("x");
              stream.end();
            });
  }

  /** Registers a service made of plain messages. */
  private void serves(Vertx node, Handler<Message<Object>> handler) {
    MessageConsumer<Object> consumer =
        on(node.getOrCreateContext(), () -> node.eventBus().consumer(SERVICE, handler));
    consumers.add(consumer);
    get(consumer.completion());
  }

  private static void served(Peer consumer) {
    Receiver receiver = consumer.opensAnywhere(new Receiver());
    receiver.awaitLast("ended");
    assertThat(receiver.events).hasSize(3);
  }

  @Test
  void theOwnNodeServesItsRequests() {
    Peer own = server(here);
    Peer other = server(there);
    Peer consumer = peer(here);
    for (int i = 0; i < 10; i++) {
      served(consumer);
    }
    assertThat(own.producers).hasSize(10);
    assertThat(other.producers).isEmpty();
  }

  @Test
  void withoutAServiceHereAnotherNodeServes() {
    Peer other = server(there);
    Peer consumer = peer(here);
    for (int i = 0; i < 10; i++) {
      served(consumer);
    }
    assertThat(other.producers).hasSize(10);
    await().untilAsserted(() -> assertThat(consumer.streams()).isZero());
  }

  @Test
  void whatThisNodeHasNoRoomForAnotherOneServes() {
    for (FailureKind kind : List.of(FailureKind.UNAVAILABLE, FailureKind.SATURATED)) {
      Peer other = server(there);
      Peer consumer = peer(here);
      served(consumer);
      serves(here, request -> FrameCodec.refuse(request, Failure.of(kind, "not now")));
      for (int i = 0; i < 10; i++) {
        served(consumer);
      }
      assertThat(other.producers).hasSize(11);
      reset();
    }
  }

  @Test
  void aRequestThatIsWrongIsWrongEverywhere() {
    serves(here, request -> FrameCodec.refuse(request, Failure.invalid("model", "model is bad")));
    Peer other = server(there);
    Receiver receiver = peer(here).opensAnywhere(new Receiver());
    receiver.awaitLast("failed");
    assertThat(receiver.events).containsExactly("failed invalid_request");
    assertThat(other.producers).isEmpty();
  }

  @Test
  void theRefusalIsToldWhereNobodyServes() {
    serves(here, request -> FrameCodec.refuse(request, Failure.of(FailureKind.SATURATED, "full")));
    Receiver receiver = peer(here).opensAnywhere(new Receiver());
    receiver.awaitLast("failed");
    assertThat(receiver.failures.get(0).message()).isEqualTo("full");
    reset();
    Receiver nobody = peer(here).opensAnywhere(new Receiver());
    nobody.awaitLast("failed unavailable");
    assertThat(nobody.events).hasSize(1);
  }

  /** As from a node that died and is not dropped from the cluster yet. */
  @Test
  void aNodeThatDoesNotAnswerCostsLessThanASecond() {
    List<Message<Object>> unanswered = new CopyOnWriteArrayList<>();
    serves(there, unanswered::add);
    Peer living = server(there);
    Peer consumer = peer(here);
    List<Duration> took = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      Awake watch = Awake.begin();
      served(consumer);
      took.add(watch.elapsed());
    }
    Collections.sort(took);
    assertThat(took.get(15)).as("%s", took).isLessThan(Duration.ofSeconds(1));
    assertThat(unanswered).isNotEmpty();
    assertThat(living.producers).hasSize(20);
    await().untilAsserted(() -> assertThat(consumer.streams()).isZero());
  }

  @Test
  void whoAcceptsTooLateIsCancelled() {
    List<Message<Object>> unanswered = new CopyOnWriteArrayList<>();
    serves(there, unanswered::add);
    Peer living = server(there);
    Peer consumer = peer(here);
    while (unanswered.isEmpty()) {
      served(consumer);
    }
    assertThat(living.producers).isNotEmpty();
    Raw late = new Raw(there, "late-" + UUID.randomUUID());
    unanswered.get(0).reply(null, new DeliveryOptions().addHeader("peer", late.address));
    await().untilAsserted(() -> assertThat(late.frames).containsExactly("cancel"));
    assertThat(late.messages.get(0).headers().get("stream"))
        .isEqualTo(unanswered.get(0).headers().get("stream"));
    get(late.close());
  }

  @Test
  void aProducersPrivateAddressTakesRequestsThatNameTheService() {
    Peer server = server(there);
    Raw raw = new Raw(here, "raw-" + UUID.randomUUID());
    DeliveryOptions options =
        new DeliveryOptions()
            .addHeader("stream", "s")
            .addHeader("peer", raw.address)
            .addHeader("window", "4")
            .addHeader("service", SERVICE);
    JsonObject request = BusBench.REQUEST.toJson();
    Message<Object> reply =
        get(here.eventBus().request(server.endpoint.address(), request, options));
    assertThat(reply.headers().get("peer")).isEqualTo(server.endpoint.address());
    await().untilAsserted(() -> assertThat(raw.frames).containsExactly("open", "chunk", "end"));

    options.getHeaders().set("service", "another");
    Receiver unused = new Receiver();
    here.eventBus()
        .request(server.endpoint.address(), request, options)
        .onFailure(error -> unused.failed(FrameCodec.refusal(error)));
    unused.awaitLast("failed unavailable");
    get(raw.close());
  }
}
