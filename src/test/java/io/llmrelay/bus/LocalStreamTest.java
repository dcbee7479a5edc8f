package io.llmrelay.bus;

import static io.llmrelay.bus.BusBench.PATIENT;
import static io.llmrelay.bus.BusBench.REQUEST;
import static io.llmrelay.bus.BusBench.get;
import static io.llmrelay.bus.BusBench.on;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.llmrelay.bus.BusBench.Peer;
import io.llmrelay.bus.BusBench.Receiver;
import io.llmrelay.chat.AnswerEnd;
import io.llmrelay.chat.Block;
import io.llmrelay.chat.BlockKind;
import io.llmrelay.chat.Chunks;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FailureKind;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.junit5.VertxExtension;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Streams between two endpoints of one context, which need no messages. */
@ExtendWith(VertxExtension.class)
class LocalStreamTest {
  private Peer producer;
  private Peer consumer;

  @BeforeEach
  void endpoints(Vertx vertx) {
    assumeFalse(Boolean.getBoolean("llmrelay.bus.always"), "everything is sent as messages");
    producer = new Peer(vertx, PATIENT);
    consumer = new Peer(vertx, PATIENT, producer.context);
  }

  @Test
  void handsEverythingOverAsItIs() {
    List<Object> given = new ArrayList<>();
    List<Object> got = new ArrayList<>();
    producer.servesHere(
        stream -> {
          stream.open();
          Block block = Block.of(0, BlockKind.TEXT);
          stream.sink.block(block);
          Chunks chunks = Chunks.of(block, Buffer.buffer("Hi"));
          stream.chunks(chunks);
          given.addAll(List.of(stream.request, block, chunks));
          stream.end();
        });
    Receiver receiver =
        consumer.opens(
            new Receiver() {
              @Override
              public void block(Block block) {
                super.block(block);
                got.add(block);
              }

              @Override
              public void chunks(Chunks frame) {
                super.chunks(frame);
                got.add(frame);
              }
            });
    receiver.awaitLast("ended");
    assertThat(receiver.events).containsExactly("opened r-1", "text", "ended stop");
    assertThat(given).hasSize(3);
    assertThat(given.get(0)).isSameAs(REQUEST);
    assertThat(got.get(0)).isSameAs(given.get(1));
    assertThat(got.get(1)).isSameAs(given.get(2));
    assertThat(producer.producer().events).containsExactly("consumed 1");
    assertThat(consumer.streams() + producer.streams()).isZero();
  }

  @Test
  void tellsTheProducerTheConsumersWindow() {
    producer.servesHere(stream -> stream.chunk("x"));
    consumer.opens(Receiver.lazy()).awaitChunks(1);
    assertThat(producer.producer().sink.window()).isEqualTo(PATIENT.window());
  }

  @Test
  void isRefusedWithAFailureAfterItWasOpened() {
    get(
        on(
            producer.context,
            () ->
                BusService.registerLocal(
                    producer.endpoint,
                    BusBench.SERVICE,
                    (request, sink) -> {
                      throw Failure.of(FailureKind.SATURATED, "full").toException();
                    },
                    false)));
    Receiver receiver = consumer.opens(new Receiver());
    receiver.awaitLast("failed saturated");
    assertThat(receiver.exchange).isInstanceOf(LocalStream.class);
    assertThat(receiver.events).hasSize(1);
    assertThat(consumer.streams()).isZero();
  }

  @Test
  void isCancelledOnceAndSaysNothingAfterThat() {
    producer.servesHere(stream -> stream.chunk("x"));
    Receiver receiver = consumer.opens(new Receiver());
    receiver.awaitChunks(1);
    consumer.run(
        () -> {
          receiver.exchange.cancel("enough");
          receiver.exchange.cancel("enough");
          receiver.exchange.consumed(1);
        });
    Producer told = producer.producer();
    producer.run(
        () -> {
          told.chunk("late");
          told.end();
          told.fail(Failure.of(FailureKind.NETWORK, "late"));
        });
    assertThat(told.events).containsExactly("consumed 1", "cancelled: enough");
    assertThat(receiver.events).containsExactly("text");
    assertThat(consumer.streams() + producer.streams()).isZero();
  }

  @Test
  void endsWithEitherEndpoint() {
    producer.servesHere(Producer::open);
    Receiver first = consumer.opens(new Receiver());
    first.awaitLast("opened");
    get(consumer.endpoint.close());
    assertThat(first.events).containsExactly("opened r-1", "failed network");
    assertThat(producer.producer().events).containsExactly("cancelled: the endpoint was closed");

    Peer another = new Peer(producer.vertx, PATIENT, producer.context);
    Receiver second = another.opens(new Receiver());
    second.awaitLast("opened");
    get(producer.endpoint.close());
    assertThat(second.events).containsExactly("opened r-1", "failed network");
    assertThat(another.streams()).isZero();
  }

  @Test
  void aServiceThatIsUndeployedIsFoundNoMore() {
    BusService service =
        get(
            on(
                producer.context,
                () ->
                    BusService.registerLocal(
                        producer.endpoint,
                        BusBench.SERVICE,
                        Producer.service(producer.context, Producer::open),
                        false)));
    get(on(producer.context, service::unregister));
    Receiver receiver = consumer.opens(new Receiver());
    receiver.awaitLast("failed unavailable");
  }

  @Test
  void anEndThatCannotBeTakenIsAFailure() {
    producer.servesHere(Producer::end);
    Receiver receiver =
        consumer.opens(
            new Receiver() {
              @Override
              public void ended(AnswerEnd end) {
                throw new IllegalStateException("ended");
              }
            });
    receiver.awaitLast("failed internal");
    assertThat(receiver.failures).hasSize(1);
    await().untilAsserted(() -> assertThat(producer.streams()).isZero());
  }
}
