package io.llmrelay.bus;

import static io.llmrelay.bus.BusBench.REQUEST;
import static io.llmrelay.bus.BusBench.SERVICE;
import static io.llmrelay.bus.BusBench.get;
import static io.llmrelay.bus.BusBench.on;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import io.llmrelay.bus.BusBench.Peer;
import io.llmrelay.bus.BusBench.Raw;
import io.llmrelay.bus.BusBench.Receiver;
import io.llmrelay.chat.Block;
import io.llmrelay.chat.BlockKind;
import io.llmrelay.chat.Chunks;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.TokenUsage;
import io.llmrelay.config.BusOptions;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.Message;
import io.vertx.core.eventbus.ReplyException;
import io.vertx.core.json.JsonObject;
import io.vertx.junit5.VertxExtension;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Streams between two endpoints on a real event bus, and between an endpoint and plain messages.
 */
@ExtendWith(VertxExtension.class)
class BusTest {
  private static final BusSettings SMALL =
      TestSettings.of(4, BusOptions.DEFAULT_PING_INTERVAL, BusOptions.DEFAULT_PING_TIMEOUT);

  private static final JsonObject END = new JsonObject().put("finish_reason", "stop");

  private Vertx vertx;
  private Peer producer;
  private Peer consumer;

  @BeforeEach
  void endpoints(Vertx vertx) {
    this.vertx = vertx;
    producer = new Peer(vertx, TestSettings.DEFAULT);
    consumer = new Peer(vertx, TestSettings.DEFAULT);
  }

  private void nothingIsLeft() {
    await().untilAsserted(() -> assertThat(producer.streams()).isZero());
    await().untilAsserted(() -> assertThat(consumer.streams()).isZero());
  }

  private static Buffer text(String text) {
    return Buffer.buffer(text);
  }

  private static void chunks(Producer stream, int n) {
    for (int i = 0; i < n; i++) {
      stream.chunk(BlockKind.TEXT, text("c" + i));
    }
  }

  @Nested
  class Handshake {
    @Test
    void runsFromTheRequestToTheEnd() {
      producer.serves(
          stream -> {
            stream.open("1", "b", "m");
            stream.chunk(BlockKind.TEXT, text("Hi"));
            stream.end();
          });
      Receiver receiver = consumer.opens(new Receiver());
      receiver.awaitLast("ended");
      assertThat(receiver.events).containsExactly("opened 1", "text", "ended stop");
      nothingIsLeft();
    }

    @Test
    void tellsBothWhoTheOtherIs() {
      producer.serves(stream -> {});
      Receiver receiver = consumer.opens(new Receiver());
      receiver.awaitAccepted();
      assertThat(((InboundStream) receiver.exchange).peer()).isEqualTo(producer.endpoint.address());
      assertThat(((OutboundStream) producer.producer().sink).peer())
          .isEqualTo(consumer.endpoint.address());
      assertThat(producer.streams()).isEqualTo(1);
      assertThat(consumer.streams()).isEqualTo(1);
    }

    /** Who says nothing speaks the protocol's first version, in which a kind is a header. */
    @Test
    void tellsTheProducerWhetherTheConsumerUnderstandsBlocks() {
      producer.serves(
          stream -> {
            stream.chunk(BlockKind.REASONING, text("hm"));
            stream.chunk(BlockKind.TEXT, text("Hi"));
            stream.chunks(Chunks.of(Block.of(0, BlockKind.REASONING), text("mm")));
          });
      Raw raw = new Raw(vertx, "raw");
      raw.flush(raw.opens("old", 9));
      assertThat(raw.frames).containsExactly("chunk", "chunk", "chunk");
      assertThat(raw.messages.get(0).headers().get("kind")).isEqualTo("reasoning");
      assertThat(raw.messages.get(1).headers().contains("kind")).isFalse();
      assertThat(raw.messages).noneMatch(frame -> frame.headers().contains("block"));

      Raw other = new Raw(vertx, "other");
      other.flush(other.opens("new", 9, "1, levitation, blocks"));
      assertThat(other.frames).containsExactly("block", "chunk", "block", "chunk", "chunk");
      assertThat(other.messages.get(0).body())
          .isEqualTo(new JsonObject().put("index", 0).put("kind", "reasoning"));
      assertThat(other.messages)
          .as("who names none means the last that started")
          .extracting(frame -> frame.headers().get("block"))
          .containsExactly(null, null, null, null, "0");
      assertThat(other.messages).noneMatch(frame -> frame.headers().contains("kind"));
    }

    @Test
    void saysTheRequestsHeaders() {
      List<Message<Object>> requests = new Raw(vertx, "raw").serves();
      Receiver receiver = consumer.opens(new Receiver());
      receiver.awaitAccepted();
      assertThat(requests).hasSize(1);
      assertThat(requests.get(0).headers().get("peer")).isEqualTo(consumer.endpoint.address());
      assertThat(requests.get(0).headers().get("window")).isEqualTo("32");
      assertThat(requests.get(0).headers().get("stream")).isNotEmpty();
      assertThat(requests.get(0).headers().get("accept")).isEqualTo("1,blocks");
    }

    @Test
    void isRefusedWithTheWholeFailure() {
      Failure failure =
          Failure.invalid("messages[0].role", "messages[0].role must be user")
              .withCandidate("a", "m")
              .withStatus(422, "bad")
              .withRetryAfterMs(7)
              .withUsage(TokenUsage.estimate(4, 4), 0.5);
      vertx.eventBus().consumer(SERVICE, message -> FrameCodec.refuse(message, failure));
      Receiver receiver = consumer.opens(new Receiver());
      receiver.awaitLast("failed");
      assertThat(receiver.events).containsExactly("failed invalid_request");
      assertThat(receiver.failures.get(0).toJson()).isEqualTo(failure.toJson());
      nothingIsLeft();
    }

    @Test
    void fails() {
      Receiver receiver = consumer.opens(new Receiver());
      receiver.awaitLast("failed unavailable");
      assertThat(receiver.failures.get(0).message())
          .isEqualTo("no handler is registered at this address of the event bus");
      nothingIsLeft();
    }

    @ParameterizedTest
    @ValueSource(strings = {"boom", "[]", "\"x\"", "{\"status\": \"x\"}", "{\"trail\": [1]}", ""})
    void ofAServiceThatFailsInItsOwnWordsIsAnInternalFailure(String words) {
      vertx.eventBus().consumer(SERVICE, message -> message.fail(1, words));
      Receiver receiver = consumer.opens(new Receiver());
      receiver.awaitLast("failed internal");
      nothingIsLeft();
    }

    @Test
    void ofAServiceThatFailsWithoutAWordIsAnInternalFailure() {
      vertx.eventBus().consumer(SERVICE, message -> message.fail(1, null));
      Receiver receiver = consumer.opens(new Receiver());
      receiver.awaitLast("failed internal");
      nothingIsLeft();
    }

    @Test
    void withAServiceThatIsNoProducerFails() {
      vertx.eventBus().consumer(SERVICE, message -> message.reply(new JsonObject()));
      Receiver receiver = consumer.opens(new Receiver());
      receiver.awaitLast("failed internal");
      assertThat(receiver.events).hasSize(1);
      nothingIsLeft();
    }

    @ParameterizedTest
    @CsvSource({
      ", p, 1, stream must be the stream's id",
      "'', p, 1, stream must be the stream's id",
      "long, p, 1, stream must be the stream's id",
      "s, , 1, peer must be the consumer's private address",
      "s, '', 1, peer must be the consumer's private address",
      "s, long, 1, peer must be the consumer's private address",
      "s, p, , window must be a number of chunks",
      "s, p, 0, window must be a number of chunks",
      "s, p, -1, window must be a number of chunks",
      "s, p, 100000, window must be a number of chunks",
      "s, p, many, window must be a number of chunks",
    })
    void refusesWhatOpensNoStream(String stream, String peer, String window, String complaint) {
      producer.serves(accepted -> {});
      DeliveryOptions options = new DeliveryOptions();
      String tooLong = "x".repeat(201);
      if (stream != null) {
        options.addHeader("stream", stream.equals("long") ? tooLong : stream);
      }
      if (peer != null) {
        options.addHeader("peer", peer.equals("long") ? tooLong : peer);
      }
      if (window != null) {
        options.addHeader("window", window);
      }
      ReplyException refusal =
          (ReplyException)
              catchThrowableOfType(
                      AssertionError.class,
                      () -> get(vertx.eventBus().request(SERVICE, REQUEST.toJson(), options)))
                  .getCause();
      assertThat(refusal.failureCode()).isEqualTo(400);
      JsonObject failure = new JsonObject(refusal.getMessage());
      assertThat(failure.getString("kind")).isEqualTo("invalid_request");
      assertThat(failure.getString("message")).startsWith("header " + complaint);
      assertThat(producer.streams()).isZero();
    }

    @Test
    void refusesAStreamThatIsOpenAlready() {
      producer.serves(stream -> {});
      Raw raw = new Raw(vertx, "raw");
      raw.opens("s", 1);
      AssertionError refused = catchThrowableOfType(AssertionError.class, () -> raw.opens("s", 1));
      assertThat(refused).hasStackTraceContaining("already open");
      assertThat(producer.streams()).isEqualTo(1);
      new Raw(vertx, "other").opens("s", 1);
      assertThat(producer.streams()).as("ids are each consumer's own").isEqualTo(2);
    }
  }

  @Nested
  class Content {
    @Test
    void arrivesInOrderAndByteForByte() {
      Random random = new Random(7);
      List<Buffer> sent = new ArrayList<>();
      List<String> kinds = new ArrayList<>();
      for (int i = 0; i < 1_000; i++) {
        int length = 1 + random.nextInt(40);
        String piece =
            random
                .ints(length, 1, 0x11000)
                .filter(c -> c < 0xD800 || c > 0xDFFF)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .append('.')
                .toString();
        sent.add(text(piece));
        kinds.add(List.of("text", "reasoning", "refusal").get(random.nextInt(3)));
      }
      producer.serves(
          stream -> {
            for (int i = 0; i < sent.size(); i++) {
              stream.chunk(
                  BlockKind.of(kinds.get(i).equals("text") ? null : kinds.get(i)), sent.get(i));
            }
            stream.end();
          });
      Receiver receiver = consumer.opens(new Receiver());
      receiver.awaitLast("ended");
      assertThat(receiver.chunks).isEqualTo(sent);
      assertThat(receiver.events.subList(0, 1_000)).isEqualTo(kinds);
      nothingIsLeft();
    }
  }

  @Nested
  class Credit {
    @Test
    void limitsWhatIsSentToTheWindow() {
      producer.serves(stream -> chunks(stream, 100));
      Raw raw = new Raw(vertx, "raw");
      String peer = raw.opens("s", 32);
      raw.flush(peer);
      assertThat(raw.frames("chunk")).hasSize(32);
      raw.send(peer, null, "frame", "credit", "stream", "s", "peer", "raw", "credit", "16");
      raw.flush(peer);
      assertThat(raw.frames("chunk")).hasSize(48);
      assertThat(raw.messages)
          .extracting(message -> message.headers().get("seq"))
          .containsExactlyElementsOf(IntStream.range(0, 48).mapToObj(Integer::toString).toList());
      assertThat(producer.producer().events).containsExactly("consumed 16");
      assertThat(on(producer.context, () -> producer.producer().isPaused())).isTrue();
    }

    @Test
    void isNotNeededToFail() {
      producer.serves(
          stream -> {
            stream.open();
            chunks(stream, 100);
            stream.fail(Failure.of(FailureKind.NETWORK, "cut off").withDelivered(100, 290));
          });
      Receiver receiver = consumer.opens(Receiver.lazy());
      receiver.awaitLast("failed network");
      assertThat(receiver.pieces)
          .as("what was in its window, in order")
          .containsExactlyElementsOf(IntStream.range(0, 32).mapToObj(i -> "c" + i).toList());
      Failure failure = receiver.failures.get(0);
      assertThat(failure.deliveredChunks()).isEqualTo(32);
      assertThat(failure.deliveredBytes()).isEqualTo(10 * 2 + 22 * 3);
      nothingIsLeft();
    }

    @Test
    void tellsTheProducerWhenItMayGoOn() {
      producer.serves(stream -> chunks(stream, 5));
      Raw raw = new Raw(vertx, "raw");
      String peer = raw.opens("s", 4);
      raw.send(peer, null, "frame", "credit", "stream", "s", "peer", "raw", "credit", "1");
      raw.flush(peer);
      assertThat(raw.frames("chunk")).hasSize(5);
      assertThat(on(producer.context, () -> producer.producer().isPaused())).isTrue();
      raw.send(peer, null, "frame", "credit", "stream", "s", "peer", "raw", "credit", "2");
      raw.flush(peer);
      assertThat(producer.producer().events).containsExactly("consumed 1", "consumed 1");
      assertThat(on(producer.context, () -> producer.producer().isPaused())).isFalse();
    }

    /** It says how much was consumed in all: what was lost on the way is in the next. */
    @Test
    void healsWithTheNextFrame() {
      producer.serves(stream -> chunks(stream, 9));
      Raw raw = new Raw(vertx, "raw");
      String peer = raw.opens("s", 1);
      for (String consumed : List.of("3", "2", "3", "0", "5")) {
        raw.send(peer, null, "frame", "credit", "stream", "s", "peer", "raw", "credit", consumed);
      }
      raw.flush(peer);
      assertThat(raw.frames("chunk")).hasSize(6);
      assertThat(producer.producer().events).containsExactly("consumed 3", "consumed 2");
    }

    /** Somebody may take everything, but does not run up a number. */
    @Test
    void ofMoreThanAnyWindowIsCutToThat() {
      producer.serves(stream -> chunks(stream, 3));
      Raw raw = new Raw(vertx, "raw");
      String peer = raw.opens("s", 1);
      String most = Long.toString(Long.MAX_VALUE);
      raw.send(peer, null, "frame", "credit", "stream", "s", "peer", "raw", "credit", most);
      raw.flush(peer);
      assertThat(raw.frames("chunk")).hasSize(3);
      assertThat(producer.producer().events).containsExactly("consumed 100000");
    }

    @Test
    void isGrantedAtHalfTheWindowForWhatWasConsumed() {
      Raw raw = new Raw(vertx, "raw");
      List<Message<Object>> requests = raw.serves();
      Receiver receiver = consumer.opens(Receiver.lazy());
      receiver.awaitAccepted();
      String stream = requests.get(0).headers().get("stream");
      for (int i = 0; i < 32; i++) {
        raw.send(
            consumer.endpoint.address(),
            text("x"),
            "frame",
            "chunk",
            "stream",
            stream,
            "seq",
            "" + i);
      }
      raw.flush(consumer.endpoint.address());
      assertThat(receiver.chunks).hasSize(32);
      assertThat(raw.frames).as("nothing consumed, nothing granted").isEmpty();
      receiver.consume(15);
      raw.flush(consumer.endpoint.address());
      assertThat(raw.frames).isEmpty();
      receiver.consume(1);
      raw.flush(consumer.endpoint.address());
      assertThat(raw.frames).containsExactly("credit 16");
      assertThat(raw.messages.get(0).headers().get("peer")).isEqualTo(consumer.endpoint.address());
      receiver.consume(16);
      raw.flush(consumer.endpoint.address());
      assertThat(raw.frames).containsExactly("credit 16", "credit 32");
    }

    @Test
    void holdsAnEndlessProducerBack() {
      producer.serves(stream -> chunks(stream, 200));
      Receiver receiver = consumer.opens(Receiver.lazy());
      receiver.awaitChunks(32);
      receiver.consume(15);
      new Raw(vertx, "raw").flush(producer.endpoint.address());
      assertThat(receiver.chunks).hasSize(32);
      receiver.consume(1);
      receiver.awaitChunks(48);
      new Raw(vertx, "raw2").flush(producer.endpoint.address());
      assertThat(receiver.chunks).hasSize(48);
    }

    @Test
    void ofOneChunkIsEnough() {
      consumer =
          new Peer(
              vertx,
              TestSettings.of(
                  1, BusOptions.DEFAULT_PING_INTERVAL, BusOptions.DEFAULT_PING_TIMEOUT));
      producer.serves(
          stream -> {
            chunks(stream, 50);
            stream.end();
          });
      Receiver receiver = consumer.opens(new Receiver());
      receiver.awaitLast("ended");
      assertThat(receiver.chunks).hasSize(50);
    }

    @Test
    void isNotNeededForTheEnd() {
      consumer = new Peer(vertx, SMALL);
      producer.serves(
          stream -> {
            stream.open();
            chunks(stream, 4);
            stream.end();
          });
      Receiver receiver = consumer.opens(Receiver.lazy());
      receiver.awaitLast("ended");
      assertThat(receiver.chunks).hasSize(4);
      nothingIsLeft();
    }

    @Test
    void isNeededForWhatComesBeforeTheEnd() {
      consumer = new Peer(vertx, SMALL);
      producer.serves(
          stream -> {
            chunks(stream, 7);
            stream.end();
          });
      Receiver receiver = consumer.opens(Receiver.lazy());
      receiver.awaitChunks(4);
      new Raw(vertx, "raw").flush(producer.endpoint.address());
      assertThat(receiver.events).containsExactly("text", "text", "text", "text");
      assertThat(producer.streams()).isEqualTo(1);
      receiver.consume(4);
      receiver.awaitLast("ended");
      assertThat(receiver.chunks).hasSize(7);
      nothingIsLeft();
    }

    @ParameterizedTest
    @ValueSource(strings = {"-1", "x", "", "9999999999999999999", "0", "1.5"})
    void thatIsNoneIsIgnored(String credit) {
      producer.serves(stream -> chunks(stream, 3));
      Raw raw = new Raw(vertx, "raw");
      String peer = raw.opens("s", 1);
      raw.send(peer, null, "frame", "credit", "stream", "s", "peer", "raw", "credit", credit);
      raw.send(peer, null, "frame", "credit", "stream", "s", "peer", "raw");
      raw.flush(peer);
      assertThat(raw.frames("chunk")).hasSize(1);
      raw.send(peer, null, "frame", "credit", "stream", "s", "peer", "raw", "credit", "2");
      raw.flush(peer);
      assertThat(raw.frames("chunk")).hasSize(3);
    }

    @Test
    void isNotSpentByFramesForTheOtherSide() {
      producer.serves(accepted -> chunks(accepted, 2));
      Raw other = new Raw(vertx, "other");
      String peer = other.opens("s", 1);
      other.send(peer, new JsonObject(), "frame", "end", "stream", "other/s", "seq", "0");
      other.send(peer, text("x"), "frame", "chunk", "stream", "other/s", "seq", "0");
      other.send(peer, null, "frame", "credit", "stream", "s", "peer", "other", "credit", "1");
      other.flush(peer);
      assertThat(other.frames).containsExactly("chunk", "chunk");
      assertThat(producer.streams()).isEqualTo(1);
    }

    @Test
    void ofAnotherConsumerIsNotCounted() {
      producer.serves(stream -> chunks(stream, 3));
      Raw raw = new Raw(vertx, "raw");
      String peer = raw.opens("s", 1);
      raw.send(peer, null, "frame", "credit", "stream", "s", "peer", "other", "credit", "2");
      raw.send(peer, null, "frame", "cancel", "stream", "s", "peer", "other");
      raw.flush(peer);
      assertThat(raw.frames("chunk")).hasSize(1);
      assertThat(producer.streams()).isEqualTo(1);
    }
  }

  @Nested
  class Cancel {
    @Test
    void tellsTheProducerOnceAndTheConsumerNothing() {
      producer.serves(stream -> stream.chunk(BlockKind.TEXT, text("x")));
      Receiver receiver = consumer.opens(new Receiver());
      receiver.awaitChunks(1);
      consumer.run(
          () -> {
            receiver.exchange.cancel("test");
            receiver.exchange.cancel("test");
            receiver.exchange.consumed(1);
          });
      nothingIsLeft();
      Producer told = producer.producer();
      await().untilAsserted(() -> assertThat(told.events).isNotEmpty());
      assertThat(told.events).containsExactly("cancelled: the consumer cancelled");
      producer.run(
          () -> {
            told.chunk("late");
            told.end();
          });
      new Raw(vertx, "raw").flush(consumer.endpoint.address());
      assertThat(receiver.events).containsExactly("text");
    }

    @Test
    void beforeTheReplyReachesTheProducerAfterIt() {
      List<Message<Object>> requests = new CopyOnWriteArrayList<>();
      Raw raw = new Raw(vertx, "raw");
      get(on(raw.context, () -> vertx.eventBus().consumer(SERVICE, requests::add).completion()));
      Receiver receiver = consumer.opens(new Receiver());
      await().until(() -> !requests.isEmpty());
      consumer.run(() -> receiver.exchange.cancel("test"));
      assertThat(consumer.streams()).isZero();
      assertThat(raw.frames).isEmpty();
      requests.get(0).reply(null, new DeliveryOptions().addHeader("peer", "raw"));
      await().untilAsserted(() -> assertThat(raw.frames).containsExactly("cancel"));
      assertThat(raw.messages.get(0).headers().get("stream"))
          .isEqualTo(requests.get(0).headers().get("stream"));
      assertThat(receiver.events).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void beforeARefusalOrAStrangeReplyIsTheEndOfIt(boolean refused) {
      List<Message<Object>> requests = new CopyOnWriteArrayList<>();
      get(vertx.eventBus().consumer(SERVICE, requests::add).completion());
      List<Throwable> thrown = new CopyOnWriteArrayList<>();
      consumer.context.exceptionHandler(thrown::add);
      Receiver receiver = consumer.opens(new Receiver());
      await().until(() -> !requests.isEmpty());
      consumer.run(() -> receiver.exchange.cancel("test"));
      if (refused) {
        FrameCodec.refuse(requests.get(0), Failure.of(FailureKind.OVERLOADED, "full"));
      } else {
        requests.get(0).reply("what?");
      }
      new Raw(vertx, "raw").flush(consumer.endpoint.address());
      assertThat(receiver.events).isEmpty();
      assertThat(thrown).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"open", "block", "chunk", "end", "fail", "credit", "surprise"})
    void answersAFrameOfAStreamNobodyKnows(String type) {
      Raw raw = new Raw(vertx, "raw");
      String to = consumer.endpoint.address();
      raw.send(to, new JsonObject(), "frame", type, "stream", "gone", "seq", "0", "peer", "raw");
      raw.flush(to);
      assertThat(raw.frames).containsExactly("cancel");
      raw.send(to, null, "frame", "cancel", "stream", "gone", "peer", "raw");
      raw.flush(to);
      assertThat(raw.frames).as("but not a cancel").containsExactly("cancel");
      assertThat(raw.messages.get(0).headers().get("stream")).isEqualTo("gone");
      assertThat(raw.messages.get(0).headers().get("peer")).isEqualTo(to);
    }

    @Test
    void endsWhatStillWaits() {
      producer.serves(
          stream -> {
            chunks(stream, 100);
            stream.end();
          });
      Receiver receiver = consumer.opens(Receiver.lazy());
      receiver.awaitChunks(32);
      consumer.run(() -> receiver.exchange.cancel("test"));
      nothingIsLeft();
      assertThat(receiver.chunks).hasSize(32);
    }
  }

  @Nested
  class Frame {
    private Raw raw;
    private String to;
    private String stream;
    private Receiver receiver;

    @BeforeEach
    void stream() {
      raw = new Raw(vertx, "raw");
      List<Message<Object>> requests = raw.serves();
      receiver = consumer.opens(new Receiver());
      receiver.awaitAccepted();
      to = consumer.endpoint.address();
      stream = requests.get(0).headers().get("stream");
    }

    private void send(String type, int seq, Object body) {
      raw.send(to, body, "frame", type, "stream", stream, "seq", "" + seq);
    }

    private void failed(String kind) {
      raw.flush(to);
      assertThat(receiver.events).last().isEqualTo("failed " + kind);
      assertThat(raw.frames).as("and the producer is told").containsExactly("cancel");
      assertThat(consumer.streams()).isZero();
      send("chunk", 9, text("late"));
      send("end", 10, END);
      raw.flush(to);
      assertThat(receiver.events).as("nothing more").last().isEqualTo("failed " + kind);
    }

    @ParameterizedTest
    @ValueSource(strings = {"2", "0", "-1", "01", "x", ""})
    void outOfOrderFailsTheStream(String seq) {
      send("chunk", 0, text("x"));
      raw.send(to, text("y"), "frame", "chunk", "stream", stream, "seq", seq);
      failed("network");
      assertThat(receiver.chunks).hasSize(1);
      assertThat(receiver.failures.get(0).message()).isEqualTo("a frame was lost on the event bus");
    }

    @Test
    void withoutANumberFailsTheStream() {
      raw.send(to, text("y"), "frame", "chunk", "stream", stream);
      failed("network");
    }

    @Test
    void ofAnUnknownKindFailsTheStream() {
      send("surprise", 0, null);
      failed("network");
    }

    @ParameterizedTest
    @ValueSource(
        strings = {"1", "2,2", "1,1,2", "0,3", "3,", ",3", "1,x", "-1,4", "99999999999,1", ""})
    void withLengthsThatAreNotItsOwnFailsTheStream(String lengths) {
      raw.send(to, text("abc"), "frame", "chunk", "stream", stream, "seq", "0", "lengths", lengths);
      failed("network");
      assertThat(receiver.chunks).isEmpty();
    }

    @Test
    void mayCarryChunksThatCameTogether() {
      raw.send(
          to, text("abcdef"), "frame", "chunk", "stream", stream, "seq", "0", "lengths", "1,3,2");
      raw.flush(to);
      assertThat(receiver.pieces).containsExactly("a", "bcd", "ef");
    }

    @Test
    void withTheWrongBodyFailsTheStream() {
      send("chunk", 0, "a string");
      failed("network");
    }

    @Test
    void withAKindNobodyKnowsIsSomethingOther() {
      raw.send(to, text("y"), "frame", "chunk", "stream", stream, "seq", "0", "kind", "smell");
      raw.flush(to);
      assertThat(receiver.events).containsExactly("other");
    }

    @Test
    void startsABlockThatChunksNameByItsNumber() {
      send("block", 0, new JsonObject().put("index", 0).put("kind", "text"));
      JsonObject call = new JsonObject().put("index", 1).put("kind", "tool_call");
      send("block", 1, call.put("id", "c1").put("name", "weather"));
      send("block", 2, new JsonObject().put("index", 2).put("kind", "hologram"));
      raw.send(to, text("2"), "frame", "chunk", "stream", stream, "seq", "3");
      int seq = 4;
      for (String block : List.of("1", "0", "2", "1")) {
        String number = "" + seq++;
        raw.send(
            to, text(block), "frame", "chunk", "stream", stream, "seq", number, "block", block);
      }
      raw.flush(to);
      assertThat(receiver.blocks)
          .containsExactly(
              Block.of(0, BlockKind.TEXT),
              new Block(1, BlockKind.TOOL_CALL, "c1", "weather", null),
              Block.of(2, BlockKind.OTHER));
      assertThat(receiver.events)
          .containsExactly("other", "tool_call", "text", "other", "tool_call");
    }

    @Test
    void ofABlockThatDidNotStartFailsTheStream() {
      send("block", 0, new JsonObject().put("index", 0).put("kind", "text"));
      raw.send(to, text("x"), "frame", "chunk", "stream", stream, "seq", "1", "block", "1");
      failed("network");
    }

    @Test
    void thatStartsABlockTwiceFailsTheStream() {
      send("block", 0, new JsonObject().put("index", 0).put("kind", "text"));
      send("block", 1, new JsonObject().put("index", 0).put("kind", "reasoning"));
      failed("network");
    }

    @ParameterizedTest
    @ValueSource(strings = {"{}", "{\"index\":\"x\"}"})
    void thatStartsNoBlockFailsTheStream(String body) {
      send("block", 0, new JsonObject(body));
      failed("network");
    }

    @ParameterizedTest
    @ValueSource(strings = {"{}", "{\"finish_reason\":\"stop\",\"usage\":[]}"})
    void whoseEndSaysNothingFailsTheStream(String body) {
      send("end", 0, new JsonObject(body));
      failed("network");
    }

    @Test
    void thatCancelsComesFromAProducerThatLostTheStream() {
      raw.send(to, null, "frame", "cancel", "stream", stream, "peer", "other");
      raw.flush(to);
      assertThat(receiver.events).isEmpty();
      raw.send(to, null, "frame", "cancel", "stream", stream, "peer", "raw");
      failed("network");
    }

    @ParameterizedTest
    @ValueSource(strings = {"open", "chunk", "end", "fail"})
    void withoutABodyFailsTheStream(String type) {
      send(type, 0, null);
      failed("network");
    }

    @ParameterizedTest
    @ValueSource(strings = {"open", "end", "fail"})
    void withABodyThatIsNoJsonFailsTheStream(String type) {
      send(type, 0, text("{}"));
      failed("network");
    }

    @Test
    void ofFailureTellsAllOfIt() {
      Failure failure =
          Failure.of(FailureKind.RATE_LIMITED, "slow").withRetryAfterMs(5).withDelivered(2, 9);
      send("fail", 0, failure.toJson());
      raw.flush(to);
      assertThat(receiver.failures.get(0).toJson()).isEqualTo(failure.toJson());
      assertThat(raw.frames).as("it is over by itself").isEmpty();
      assertThat(consumer.streams()).isZero();
    }

    @Test
    void afterTheEndIsIgnored() {
      send("end", 0, END);
      send("end", 1, END);
      send("fail", 2, Failure.of(FailureKind.NETWORK, "x").toJson());
      send("chunk", 3, text("x"));
      raw.flush(to);
      assertThat(receiver.events).containsExactly("ended stop");
      assertThat(raw.frames).isEmpty();
    }

    @Test
    void thatIsGarbageHarmsNobody() {
      raw.send(to, "garbage");
      raw.send(to, null, "frame", "chunk");
      raw.send(to, null, "frame", "open");
      raw.send(to, null, "frame", "open", "stream", "unknown");
      raw.send(to, null, "frame", "credit");
      raw.send(to, null, "frame", "cancel", "stream", stream);
      raw.send(to, null, "frame", "cancel", "stream", stream, "peer", "other");
      raw.send(to, text("x"), "frame", "chunk", "stream", "unknown", "seq", "0");
      raw.send(to, null, "frame", "", "stream", "");
      raw.send(to, new JsonObject().put("a", 1), "stream", stream);
      send("chunk", 0, text("still"));
      send("end", 1, END);
      raw.flush(to);
      assertThat(receiver.events).containsExactly("text", "ended stop");
      assertThat(consumer.streams()).isZero();
    }
  }
}
