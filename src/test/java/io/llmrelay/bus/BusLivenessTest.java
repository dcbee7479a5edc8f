package io.llmrelay.bus;

import static io.llmrelay.bus.BusBench.PATIENT;
import static io.llmrelay.bus.BusBench.QUICK;
import static io.llmrelay.bus.BusBench.REQUEST;
import static io.llmrelay.bus.BusBench.SERVICE;
import static io.llmrelay.bus.BusBench.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llmrelay.bus.BusBench.Peer;
import io.llmrelay.bus.BusBench.Raw;
import io.llmrelay.bus.BusBench.Receiver;
import io.llmrelay.chat.AnswerEnd;
import io.llmrelay.chat.AnswerHead;
import io.llmrelay.chat.BlockKind;
import io.llmrelay.chat.ChatSink;
import io.llmrelay.chat.Chunks;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.LlmRequest;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.Message;
import io.vertx.junit5.VertxExtension;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Peers that vanish, endpoints that close, and handlers that throw. */
@ExtendWith(VertxExtension.class)
class BusLivenessTest {
  private static final String VANISHED = "cancelled: the peer on the event bus vanished";

  private Vertx vertx;

  @BeforeEach
  void vertx(Vertx vertx) {
    this.vertx = vertx;
  }

  private Peer peer(BusSettings settings) {
    return new Peer(vertx, settings);
  }

  private static void nothingIsLeft(Peer... peers) {
    for (Peer peer : peers) {
      await().untilAsserted(() -> assertThat(peer.streams()).isZero());
    }
  }

  private static void told(Producer producer, String event) {
    await().untilAsserted(() -> assertThat(producer.events).containsExactly(event));
  }

  @Test
  void aConsumerWithoutHandlersIsFoundOutByTheNextFrame() {
    Peer producer = peer(TestSettings.DEFAULT).serves(stream -> {});
    Raw raw = new Raw(vertx, "raw");
    raw.opens("s", 4);
    raw.opens("t", 4);
    Raw other = new Raw(vertx, "other");
    other.opens("s", 4);
    get(raw.close());
    producer.run(() -> producer.producers.get(0).chunk("x"));
    told(producer.producers.get(0), VANISHED);
    told(producer.producers.get(1), VANISHED);
    assertThat(producer.streams()).as("the other consumer's stays").isEqualTo(1);
    assertThat(producer.producers.get(2).events).isEmpty();
  }

  @Test
  void aConsumerWithoutHandlersIsFoundOutByAPing() {
    Peer producer = peer(PATIENT).serves(stream -> {});
    Raw raw = new Raw(vertx, "raw");
    raw.opens("s", 4);
    get(raw.close());
    told(producer.producer(), VANISHED);
    nothingIsLeft(producer);
  }

  @Test
  void aProducerWithoutHandlersIsFoundOutByAPing() {
    Raw raw = new Raw(vertx, "raw");
    raw.serves();
    Peer consumer = peer(PATIENT);
    Receiver receiver = consumer.opens(new Receiver());
    receiver.awaitAccepted();
    get(raw.close());
    receiver.awaitLast("failed network");
    assertThat(receiver.failures.get(0).message()).isEqualTo("the peer on the event bus vanished");
    nothingIsLeft(consumer);
  }

  @Test
  void aPeerThatDoesNotAnswerPingsIsLost() {
    Raw silent = new Raw(vertx, "silent");
    silent.serves();
    Peer consumer = peer(QUICK);
    Receiver receiver = consumer.opens(new Receiver());
    receiver.awaitAccepted();
    silent.answersPings = false;
    receiver.awaitLast("failed network");
    assertThat(receiver.events).containsExactly("failed network");
    nothingIsLeft(consumer);
  }

  @Test
  void aPeerThatAnswersPingsIsKeptHoweverLongItIsSilent() {
    Raw raw = new Raw(vertx, "raw");
    raw.serves();
    Peer consumer = peer(PATIENT);
    Receiver receiver = consumer.opens(new Receiver());
    await().untilAsserted(() -> assertThat(raw.pings).hasValueGreaterThan(10));
    assertThat(receiver.events).isEmpty();
    consumer.run(() -> receiver.exchange.cancel("test"));
    await().untilAsserted(() -> assertThat(raw.frames).containsExactly("cancel"));
  }

  /** A cancel may be lost while nodes of a cluster are apart. */
  @Test
  void aConsumerThatDoesNotKnowAQuietStreamCancelsIt() {
    Peer producer = peer(QUICK).serves(stream -> {});
    Raw raw = new Raw(vertx, "raw");
    raw.opens("forgotten", 4);
    await().untilAsserted(() -> assertThat(raw.pinged).contains("forgotten"));
    assertThat(producer.producer().events).isEmpty();
    raw.send(
        producer.endpoint.address(), null, "frame", "cancel", "stream", "forgotten", "peer", "raw");
    told(producer.producer(), "cancelled: the consumer cancelled");
    nothingIsLeft(producer);
  }

  @Test
  void aPingForAStreamThatIsUnknownIsAnsweredWithCancel() {
    Peer producer = peer(PATIENT).serves(stream -> {});
    Peer consumer = peer(PATIENT);
    Raw raw = new Raw(vertx, "raw");
    raw.opens("known", 4);
    for (String stream : List.of("known", "unknown")) {
      raw.send(producer.endpoint.address(), null, "frame", "ping", "stream", stream, "peer", "raw");
    }
    await().untilAsserted(() -> assertThat(raw.frames).containsExactly("cancel"));
    assertThat(raw.messages.get(0).headers().get("stream")).isEqualTo("unknown");
    assertThat(producer.streams()).isEqualTo(1);

    Receiver receiver = consumer.opens(new Receiver());
    receiver.awaitAccepted();
    assertThat(consumer.streams()).isEqualTo(1);
  }

  @Test
  void aProducerThatDoesNotKnowAQuietStreamEndsIt() {
    Raw raw = new Raw(vertx, "raw");
    List<Message<Object>> requests = raw.serves();
    Peer consumer = peer(QUICK);
    Receiver receiver = consumer.opens(new Receiver());
    await().untilAsserted(() -> assertThat(raw.pinged).isNotEmpty());
    String stream = requests.get(0).headers().get("stream");
    assertThat(raw.pinged).containsOnly(stream);
    assertThat(receiver.events).isEmpty();
    raw.send(consumer.endpoint.address(), null, "frame", "cancel", "stream", stream, "peer", "raw");
    receiver.awaitLast("failed network");
    nothingIsLeft(consumer);
  }

  @Test
  void onePeerIsAskedOnceATimeHoweverManyStreamsThereAre() {
    Raw raw = new Raw(vertx, "raw");
    raw.serves();
    raw.answersPings = false;
    Peer consumer = peer(PATIENT);
    for (int i = 0; i < 20; i++) {
      consumer.opens(new Receiver()).awaitAccepted();
    }
    long from = System.nanoTime();
    int before = raw.pings.get();
    await().untilAsserted(() -> assertThat(raw.pings).hasValueGreaterThan(before + 4));
    long intervals = (System.nanoTime() - from) / PATIENT.pingInterval().toNanos();
    assertThat(raw.pings.get() - before).isLessThanOrEqualTo((int) intervals + 3);
  }

  @Test
  void whatOneDidNotHearInAPauseOfOnesOwnIsNoSilence() {
    Raw raw = new Raw(vertx, "raw");
    raw.serves();
    Peer consumer = peer(QUICK);
    Receiver receiver = consumer.opens(new Receiver());
    receiver.awaitAccepted();
    raw.answersPings = false;
    int before = raw.pings.get();
    await().untilAsserted(() -> assertThat(raw.pings).hasValueGreaterThan(before + 2));
    consumer.run(
        () -> {
          LockSupport.parkNanos(2 * QUICK.pingTimeout().toNanos());
          raw.answersPings = true;
        });
    int after = raw.pings.get();
    await().untilAsserted(() -> assertThat(raw.pings).hasValueGreaterThan(after + 20));
    assertThat(receiver.events).isEmpty();
    consumer.run(() -> receiver.exchange.cancel("test"));
  }

  @Test
  void aServiceThatDoesNotReplyIsUnavailable() {
    List<Message<Object>> requests = new CopyOnWriteArrayList<>();
    get(vertx.eventBus().consumer(SERVICE, requests::add).completion());
    Peer consumer = peer(QUICK);
    Receiver receiver = consumer.opens(new Receiver());
    receiver.awaitLast("failed unavailable");
    assertThat(receiver.failures.get(0).message()).isEqualTo("no reply on the event bus");
    nothingIsLeft(consumer);
  }

  /** The producer accepted, but too late for its consumer: its first frame brings the cancel. */
  @Test
  void aProducerThatRepliesTooLateIsCancelled() {
    Peer producer = peer(TestSettings.DEFAULT);
    List<Message<Object>> requests = new CopyOnWriteArrayList<>();
    get(vertx.eventBus().consumer(SERVICE, requests::add).completion());
    Peer consumer = peer(QUICK);
    consumer.opens(new Receiver()).awaitLast("failed unavailable");
    producer.run(
        () ->
            producer.endpoint.accept(
                requests.get(0),
                (request, sink) -> {
                  Producer late = new Producer(request, sink);
                  producer.producers.add(late);
                  return late;
                }));
    Producer late = producer.producer();
    producer.run(late::open);
    told(late, "cancelled: the consumer cancelled");
    nothingIsLeft(producer, consumer);
  }

  @Test
  void closingTheConsumerCancelsItsProducers() {
    Peer producer = peer(TestSettings.DEFAULT).serves(stream -> {});
    Peer consumer = peer(TestSettings.DEFAULT);
    Receiver one = consumer.opens(new Receiver());
    Receiver two = consumer.opens(new Receiver());
    one.awaitAccepted();
    two.awaitAccepted();
    get(consumer.endpoint.close());
    await().until(() -> consumer.closed);
    assertThat(one.events).containsExactly("failed network");
    assertThat(two.events).containsExactly("failed network");
    assertThat(one.failures.get(0).message()).isEqualTo("the endpoint was closed");
    told(producer.producers.get(0), "cancelled: the consumer cancelled");
    told(producer.producers.get(1), "cancelled: the consumer cancelled");
    nothingIsLeft(producer, consumer);
  }

  /** At once, and not when a ping goes unanswered: the consumer may have others to ask. */
  @Test
  void closingTheProducerFailsItsConsumers() {
    Peer producer =
        peer(TestSettings.DEFAULT)
            .serves(
                stream -> {
                  for (int i = 0; i < 10; i++) {
                    stream.chunk(BlockKind.TEXT, Buffer.buffer("x"));
                  }
                });
    Peer consumer = peer(TestSettings.DEFAULT);
    Receiver receiver = consumer.opens(new Receiver());
    receiver.awaitChunks(10);
    get(producer.endpoint.close());
    told(producer.producer(), "cancelled: the endpoint was closed");
    receiver.awaitLast("failed network");
    assertThat(receiver.failures.get(0).message()).isEqualTo("the endpoint was closed");
    nothingIsLeft(producer, consumer);
  }

  @Test
  void closingTheProducerDropsWhatFoundNoCredit() {
    Peer producer =
        peer(TestSettings.DEFAULT)
            .serves(
                stream -> {
                  for (int i = 0; i < 10; i++) {
                    stream.chunk(BlockKind.TEXT, Buffer.buffer("x"));
                  }
                  stream.end();
                });
    Peer consumer = peer(PATIENT);
    Receiver receiver = consumer.opens(Receiver.lazy());
    receiver.awaitChunks(4);
    get(producer.endpoint.close());
    receiver.awaitLast("failed network");
    assertThat(receiver.chunks).hasSize(4);
    nothingIsLeft(producer, consumer);
  }

  @Test
  void closingTwiceIsAsGoodAsOnce() {
    Peer consumer = peer(TestSettings.DEFAULT);
    get(consumer.endpoint.close());
    get(consumer.endpoint.close());
    await().until(() -> consumer.closed);
  }

  /** A verticle that goes without closing its endpoint leaves no stream behind, on either side. */
  @Test
  void undeployingAVerticleEndsItsStreams() {
    Peer producer = peer(TestSettings.DEFAULT).serves(stream -> {});
    Receiver receiver = new Receiver();
    BusEndpoint[] endpoint = new BusEndpoint[1];
    List<String> closed = new CopyOnWriteArrayList<>();
    String id =
        get(
            vertx.deployVerticle(
                new VerticleBase() {
                  @Override
                  public Future<?> start() {
                    return BusEndpoint.open(
                            vertx, "test", TestSettings.DEFAULT, () -> closed.add("closed"))
                        .onSuccess(
                            opened -> {
                              endpoint[0] = opened;
                              receiver.context = opened.context();
                              receiver.window = 4;
                              receiver.exchange =
                                  new BusClient(opened, SERVICE).open(REQUEST, receiver);
                            });
                  }
                }));
    receiver.awaitAccepted();
    get(vertx.undeploy(id));
    await().untilAsserted(() -> assertThat(closed).containsExactly("closed"));
    told(producer.producer(), "cancelled: the consumer cancelled");
    assertThat(receiver.events).containsExactly("failed network");
    assertThat(endpoint[0].openStreams()).isZero();
    nothingIsLeft(producer);
  }

  @Test
  void aConsumersHandlerThatThrowsHarmsOnlyItsStream() {
    Peer producer = peer(TestSettings.DEFAULT).serves(stream -> {});
    Peer consumer = peer(TestSettings.DEFAULT);
    Receiver good = consumer.opens(new Receiver());
    good.awaitAccepted();
    Receiver bad =
        consumer.opens(
            new Receiver() {
              @Override
              public void chunks(Chunks chunks) {
                throw new AssertionError("boom");
              }
            });
    bad.awaitAccepted();
    producer.run(
        () ->
            producer.producers.forEach(
                p -> {
                  p.chunk("x");
                  p.chunk("y");
                }));
    bad.awaitLast("failed internal");
    assertThat(bad.failures.get(0).message()).isEqualTo("internal error: AssertionError");
    good.awaitChunks(2);
    told(producer.producers.get(1), "cancelled: the consumer cancelled");
    assertThat(consumer.streams()).isEqualTo(1);
    producer.run(() -> producer.producers.get(0).end());
    good.awaitLast("ended");
    assertThat(bad.events).containsExactly("failed internal");
    nothingIsLeft(producer, consumer);
  }

  @Test
  void anEndThatCannotBeTakenIsAFailure() {
    Peer producer = peer(PATIENT).serves(stream -> stream.end());
    Peer consumer = peer(PATIENT);
    Receiver bad =
        consumer.opens(
            new Receiver() {
              @Override
              public void ended(AnswerEnd end) {
                throw new IllegalStateException("ended");
              }
            });
    bad.awaitLast("failed internal");
    assertThat(bad.failures).hasSize(1);
    nothingIsLeft(producer, consumer);
  }

  @Test
  void whatIsSaidOfNobodyComesAfterTheRequest() {
    Peer consumer = peer(PATIENT);
    Receiver receiver = new Receiver();
    consumer.run(
        () -> {
          receiver.exchange = new BusClient(consumer.endpoint, SERVICE).open(REQUEST, receiver);
          receiver.events.add("requested");
        });
    receiver.awaitLast("failed");
    assertThat(receiver.events).containsExactly("requested", "failed unavailable");
  }

  @Test
  void aNeighbourThatThrowsAndThrowsAgainHarmsNobodyElse() {
    Peer producer = peer(PATIENT).servesHere(stream -> {});
    Peer consumer = new Peer(vertx, PATIENT, producer.context);
    Receiver bad =
        consumer.opens(
            new Receiver() {
              @Override
              public void chunks(Chunks frame) {
                throw new IllegalStateException("chunks");
              }

              @Override
              public void failed(Failure failure) {
                super.failed(failure);
                throw new IllegalStateException("failed");
              }
            });
    Receiver good = consumer.opens(new Receiver());
    bad.awaitAccepted();
    good.awaitAccepted();
    producer.run(() -> producer.producers.forEach(each -> each.chunk("x")));
    bad.awaitLast("failed internal");
    good.awaitChunks(1);
    producer.run(() -> producer.producers.get(1).end());
    good.awaitLast("ended");
    nothingIsLeft(producer, consumer);
  }

  @Test
  void aHandlerThatThrowsWhateverItIsToldStillHarmsNobodyElse() {
    Peer producer = peer(PATIENT).serves(Producer::open);
    Peer consumer = peer(PATIENT);
    class Bad extends Receiver {
      @Override
      public void opened(AnswerHead head) {
        super.opened(head);
        throw new IllegalStateException("opened");
      }

      @Override
      public void failed(Failure failure) {
        super.failed(failure);
        throw new IllegalStateException("failed");
      }
    }
    Receiver bad = consumer.opens(new Bad());
    bad.awaitLast("failed internal");
    Receiver good = consumer.opens(new Receiver());
    good.awaitLast("opened");
    get(consumer.endpoint.close());
    assertThat(good.events).containsExactly("opened r-1", "failed network");
    assertThat(bad.events).containsExactly("opened r-1", "failed internal");
    nothingIsLeft(producer, consumer);
  }

  @Test
  void aHandlerThatThrowsWhenAllAreLostLeavesTheOthersTheirTerminal() {
    Peer producer = peer(TestSettings.DEFAULT).serves(stream -> {});
    Peer consumer = peer(TestSettings.DEFAULT);
    class Bad extends Receiver {
      @Override
      public void failed(Failure failure) {
        super.failed(failure);
        throw new IllegalStateException("failed");
      }
    }
    List<Receiver> all = new CopyOnWriteArrayList<>();
    for (int i = 0; i < 6; i++) {
      Receiver receiver = consumer.opens(i % 2 == 0 ? new Bad() : new Receiver());
      receiver.awaitAccepted();
      all.add(receiver);
    }
    get(consumer.endpoint.close());
    await().until(() -> consumer.closed);
    for (Receiver receiver : all) {
      assertThat(receiver.events).containsExactly("failed network");
    }
    nothingIsLeft(producer, consumer);
  }

  /** The consumer must be told: nothing else would ever end its stream. */
  @Test
  void aProducersHandlerThatThrowsFailsItsStream() {
    class Bad extends Producer {
      Bad(LlmRequest request, ChatSink sink) {
        super(request, sink);
      }

      @Override
      public void consumed(int calls) {
        throw new IllegalStateException("boom");
      }
    }
    Peer producer =
        peer(TestSettings.DEFAULT)
            .serves(
                Bad::new,
                stream -> {
                  for (int i = 0; i < 4; i++) {
                    stream.chunk(BlockKind.TEXT, Buffer.buffer("x"));
                  }
                });
    Peer consumer = peer(PATIENT);
    Receiver receiver = consumer.opens(new Receiver());
    receiver.awaitLast("failed internal");
    assertThat(receiver.chunks).hasSize(4);
    assertThat(producer.producer().events)
        .containsExactly("cancelled: internal error: IllegalStateException");
    nothingIsLeft(producer, consumer);
  }

  @Test
  void aLostStreamIsToldOnce() {
    Peer producer = peer(PATIENT).serves(stream -> {});
    Peer consumer = peer(PATIENT);
    Receiver receiver = consumer.opens(new Receiver());
    receiver.awaitAccepted();
    Producer told = producer.producer();
    consumer.run(
        () -> {
          ((InboundStream) receiver.exchange).onPeerLost(Failure.of(FailureKind.NETWORK, "once"));
          ((InboundStream) receiver.exchange).onPeerLost(Failure.of(FailureKind.NETWORK, "twice"));
        });
    told(told, "cancelled: the consumer cancelled");
    producer.run(
        () -> ((OutboundStream) told.sink).onPeerLost(Failure.of(FailureKind.NETWORK, "late")));
    assertThat(told.events).hasSize(1);
    assertThat(receiver.events).containsExactly("failed network");
  }
}
