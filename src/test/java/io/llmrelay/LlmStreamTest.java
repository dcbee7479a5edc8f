package io.llmrelay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.llmrelay.bus.BusEndpoint;
import io.llmrelay.bus.BusService;
import io.llmrelay.bus.Producer;
import io.llmrelay.bus.TestSettings;
import io.llmrelay.chat.BlockKind;
import io.llmrelay.chat.ChatEvent;
import io.llmrelay.chat.ChatMessage;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.ChatSink;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.FinishReason;
import io.llmrelay.chat.LlmException;
import io.llmrelay.chat.LlmRequest;
import io.llmrelay.chat.TokenUsage;
import io.llmrelay.config.BusOptions;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.junit5.VertxExtension;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The contract of a ReadStream, against a producer that is scripted on the event bus. */
@ExtendWith(VertxExtension.class)
class LlmStreamTest {
  private static final ChatRequest REQUEST = ChatRequest.of(ChatMessage.user("hi"));

  private Vertx vertx;
  private LlmRelay relay;
  private BusEndpoint producerEndpoint;
  private volatile Producer producer;
  private volatile String cancelled;

  @BeforeEach
  void start(Vertx vertx) throws Exception {
    this.vertx = vertx;
    relay = LlmRelay.create(vertx);
    Promise<Void> ready = Promise.promise();
    vertx.runOnContext(
        v ->
            BusEndpoint.open(vertx, "test", TestSettings.DEFAULT)
                .compose(
                    endpoint -> {
                      producerEndpoint = endpoint;
                      return BusService.register(
                          endpoint,
                          "llm.stream",
                          (request, sink) -> producer = new Recorder(request, sink),
                          false);
                    })
                .<Void>mapEmpty()
                .onComplete(ready));
    get(ready.future());
  }

  @Test
  void flowsAtFirstAndEndsOnce() throws Exception {
    LlmStream stream = open();
    Probe probe = new Probe(stream);
    produce(p -> p.chunk(BlockKind.TEXT, Buffer.buffer("Hel")));
    produce(p -> p.chunk(BlockKind.TEXT, Buffer.buffer("lo 漢😀")));
    end();
    await().until(() -> probe.ends.get() == 1);
    assertThat(probe.text()).isEqualTo("Hello 漢😀");
    assertThat(probe.failures).isEmpty();
    assertThat(stream.backend()).isEqualTo("primary");
    assertThat(stream.model()).isEqualTo("m");
    assertThat(stream.finishReason()).isEqualTo(FinishReason.STOP);
    assertThat(stream.usage().outputTokens()).isEqualTo(2);
    assertThat(stream.costUsd()).isEqualTo(0.5);
  }

  @Test
  void nothingIsLostBeforeAHandlerIsSet() throws Exception {
    LlmStream stream = open();
    produce(p -> p.chunk(BlockKind.TEXT, Buffer.buffer("early")));
    end();
    await().until(() -> stream.finishReason() != null);
    Probe probe = new Probe(stream);
    await().until(() -> probe.ends.get() == 1);
    assertThat(probe.text()).isEqualTo("early");
  }

  @Test
  void pauseHoldsAndFetchGivesExactlyThatMany() throws Exception {
    LlmStream stream = open();
    stream.pause();
    Probe probe = new Probe(stream);
    for (int i = 0; i < 5; i++) {
      String text = "" + i;
      produce(p -> p.chunk(BlockKind.TEXT, Buffer.buffer(text)));
    }
    end();
    await().until(() -> stream.finishReason() != null);
    assertThat(probe.chunks).isEmpty();
    stream.fetch(2);
    await().until(() -> probe.chunks.size() == 2);
    stream.fetch(1);
    await().until(() -> probe.chunks.size() == 3);
    settle();
    assertThat(probe.text()).isEqualTo("012");
    assertThat(probe.ends).hasValue(0);
    stream.resume();
    await().until(() -> probe.ends.get() == 1);
    assertThat(probe.text()).isEqualTo("01234");
  }

  @Test
  void pauseInTheHandlerTakesEffectAtOnce() throws Exception {
    LlmStream stream = open();
    List<String> got = Collections.synchronizedList(new ArrayList<>());
    stream.pause();
    stream.handler(
        text -> {
          got.add(text.toString());
          stream.pause();
        });
    for (int i = 0; i < 3; i++) {
      produce(p -> p.chunk(BlockKind.TEXT, Buffer.buffer("x")));
    }
    stream.resume();
    await().until(() -> got.size() == 1);
    settle();
    assertThat(got).hasSize(1);
  }

  @Test
  void aNegativeFetchIsRefused() throws Exception {
    LlmStream stream = open();
    assertThatThrownBy(() -> stream.fetch(-1)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void aPausedConsumerStopsTheProducerAfterOneWindow() throws Exception {
    LlmStream stream = open();
    stream.pause();
    Probe probe = new Probe(stream);
    for (int i = 0; i < BusOptions.DEFAULT_WINDOW; i++) {
      produce(p -> p.chunk(BlockKind.TEXT, Buffer.buffer("x")));
    }
    settle();
    assertThat(onProducer(() -> producer.isPaused())).isTrue();
    stream.resume();
    await().until(() -> !onProducer(() -> producer.isPaused()));
    await().untilAsserted(() -> assertThat(probe.chunks).hasSize(BusOptions.DEFAULT_WINDOW));
  }

  @Test
  void aFailureInMidStreamIsTheOneTerminalSignal() throws Exception {
    LlmStream stream = open();
    Probe probe = new Probe(stream);
    produce(p -> p.chunk(BlockKind.TEXT, Buffer.buffer("half")));
    produce(
        p ->
            p.fail(
                Failure.of(FailureKind.NETWORK, "cut")
                    .withDelivered(1, 4)
                    .withUsage(TokenUsage.estimate(4, 4), null)));
    await().until(() -> probe.failures.size() == 1);
    assertThat(probe.text()).isEqualTo("half");
    assertThat(probe.ends).hasValue(0);
    Failure failure = ((LlmException) probe.failures.get(0)).failure();
    assertThat(failure.kind()).isEqualTo(FailureKind.NETWORK);
    assertThat(failure.deliveredBytes()).isEqualTo(4);
    assertThat(failure.retryable()).isTrue();
    assertThat(failure.usage().source()).isEqualTo(TokenUsage.Source.ESTIMATED);
  }

  @Test
  void handlerNullBeforeTheEndCancels() throws Exception {
    LlmStream stream = open();
    Probe probe = new Probe(stream);
    stream.handler(null);
    await().until(() -> cancelled != null);
    assertThat(probe.ends).hasValue(0);
    assertThat(probe.failures).isEmpty();
    assertThat(onProducer(() -> producerEndpoint.openStreams())).isZero();
  }

  @Test
  void cancelTwiceIsOneCancelAndNoCallbackFollows() throws Exception {
    LlmStream stream = open();
    Probe probe = new Probe(stream);
    stream.cancel();
    stream.cancel();
    await().until(() -> cancelled != null);
    produce(p -> p.chunk(BlockKind.TEXT, Buffer.buffer("late")));
    end();
    settle();
    assertThat(probe.chunks).isEmpty();
    assertThat(probe.ends).hasValue(0);
  }

  @Test
  void cancelBeforeTheFirstChunkReachesTheProducer() throws Exception {
    Promise<Void> leave = Promise.promise();
    Future<LlmStream> opening = relay.stream(REQUEST, leave.future());
    await().until(() -> producer != null);
    leave.complete();
    await().until(() -> cancelled != null);
    await().until(opening::failed);
    assertThat(LlmException.failureOf(opening.cause()).kind()).isEqualTo(FailureKind.CANCELLED);
  }

  @Test
  void typedEventsKeepKindsAndOrder() throws Exception {
    LlmStream stream = open();
    List<String> seen = Collections.synchronizedList(new ArrayList<>());
    stream.events().handler(event -> seen.add(describe(event)));
    produce(p -> p.chunk(BlockKind.REASONING, Buffer.buffer("hm")));
    produce(p -> p.chunk(BlockKind.TEXT, Buffer.buffer("yes")));
    produce(p -> p.chunk(BlockKind.REFUSAL, Buffer.buffer("no")));
    end();
    await().until(() -> seen.size() == 7);
    assertThat(seen)
        .containsExactly(
            "block 0 reasoning",
            "reasoning hm",
            "block 1 text",
            "text yes",
            "block 2 refusal",
            "refusal no",
            "end stop");
  }

  @Test
  void textAndEventsCannotBeMixed(Vertx vertx) throws Exception {
    Context context = vertx.getOrCreateContext();
    Promise<Throwable> thrown = Promise.promise();
    context.runOnContext(
        v ->
            relay.stream(REQUEST)
                .onSuccess(
                    stream -> {
                      stream.handler(text -> {});
                      try {
                        stream.events().handler(event -> {});
                        thrown.fail("accepted");
                      } catch (IllegalStateException e) {
                        thrown.complete(e);
                      }
                    }));
    await().until(() -> producer != null);
    produce(p -> p.open());
    assertThat(get(thrown.future())).hasMessageContaining("read as text");
  }

  @Test
  void callbacksComeOnTheConsumersContext() throws Exception {
    Context context = vertx.getOrCreateContext();
    List<Context> contexts = Collections.synchronizedList(new ArrayList<>());
    Promise<Void> done = Promise.promise();
    context.runOnContext(
        v ->
            relay.stream(REQUEST)
                .onSuccess(
                    stream -> {
                      contexts.add(Vertx.currentContext());
                      stream.handler(text -> contexts.add(Vertx.currentContext()));
                      stream.endHandler(
                          end -> {
                            contexts.add(Vertx.currentContext());
                            done.complete();
                          });
                    }));
    await().until(() -> producer != null);
    produce(p -> p.open());
    produce(p -> p.chunk(BlockKind.TEXT, Buffer.buffer("x")));
    end();
    get(done.future());
    assertThat(contexts).hasSize(3).containsOnly(context);
  }

  @Test
  void aHandlerThatThrowsLosesNothingButItsOwnChunk() throws Exception {
    Context context = vertx.getOrCreateContext();
    List<String> got = Collections.synchronizedList(new ArrayList<>());
    Promise<Void> done = Promise.promise();
    context.exceptionHandler(e -> got.add("reported"));
    context.runOnContext(
        v ->
            relay.stream(REQUEST)
                .onSuccess(
                    stream ->
                        stream
                            .endHandler(end -> done.complete())
                            .handler(
                                text -> {
                                  got.add(text.toString());
                                  if (text.toString().equals("a")) {
                                    throw new IllegalStateException("consumer's own");
                                  }
                                })));
    await().until(() -> producer != null);
    produce(p -> p.open());
    produce(p -> p.chunk(BlockKind.TEXT, Buffer.buffer("a")));
    produce(p -> p.chunk(BlockKind.TEXT, Buffer.buffer("b")));
    end();
    get(done.future());
    assertThat(got).containsExactlyInAnyOrder("a", "reported", "b");
  }

  @Test
  void pipesIntoAnHttpResponse() throws Exception {
    int port =
        get(vertx
                .createHttpServer()
                .requestHandler(
                    request ->
                        relay.stream(REQUEST)
                            .onSuccess(
                                stream -> stream.pipeTo(request.response().setChunked(true))))
                .listen(0, "127.0.0.1"))
            .actualPort();
    HttpClient client = vertx.createHttpClient();
    Future<Buffer> body =
        client
            .request(HttpMethod.GET, port, "127.0.0.1", "/")
            .compose(request -> request.send().compose(HttpClientResponse::body));
    await().until(() -> producer != null);
    produce(p -> p.open());
    StringBuilder expected = new StringBuilder();
    for (int i = 0; i < 200; i++) {
      String text = "chunk " + i + "\n";
      expected.append(text);
      produce(p -> p.chunk(BlockKind.TEXT, Buffer.buffer(text)));
    }
    end();
    assertThat(get(body)).hasToString(expected.toString());
    get(client.close());
  }

  @Test
  void closingTheClientEndsItsStreams() throws Exception {
    LlmStream stream = open();
    Probe probe = new Probe(stream);
    get(relay.close());
    await().until(() -> cancelled != null);
    await().until(() -> probe.failures.size() == 1);
  }

  @Test
  void withoutARelayTheAnswerComesAtOnce() throws Exception {
    Future<LlmStream> opening =
        LlmRelay.create(vertx, new BusOptions().setPrefix("nowhere")).stream(REQUEST);
    await().until(opening::failed);
    assertThat(LlmException.failureOf(opening.cause()).kind()).isEqualTo(FailureKind.UNAVAILABLE);
  }

  private LlmStream open() throws Exception {
    Future<LlmStream> opening = relay.stream(REQUEST);
    await().until(() -> producer != null);
    produce(p -> p.open());
    return get(opening);
  }

  private void end() {
    produce(p -> p.end(new TokenUsage(1, 2, 0, 0, 0, TokenUsage.Source.PROVIDER), 0.5));
  }

  private void produce(java.util.function.Consumer<Producer> action) {
    Producer to = producer;
    producerEndpoint.context().runOnContext(v -> action.accept(to));
  }

  private <T> T onProducer(Callable<T> question) throws Exception {
    Promise<T> answer = Promise.promise();
    producerEndpoint
        .context()
        .runOnContext(
            v -> {
              try {
                answer.complete(question.call());
              } catch (Exception e) {
                answer.fail(e);
              }
            });
    return get(answer.future());
  }

  /** Lets everything that was posted run: to the producer, over the bus, and to the consumer. */
  private void settle() throws Exception {
    for (int i = 0; i < 20; i++) {
      onProducer(() -> null);
      get(vertx.executeBlocking(() -> null));
      get(vertx.timer(2, TimeUnit.MILLISECONDS));
    }
  }

  private static String describe(ChatEvent event) {
    if (event instanceof ChatEvent.Chunk chunk) {
      return chunk.kind().code() + " " + chunk.data();
    }
    if (event instanceof ChatEvent.BlockStart start) {
      return "block " + start.block().index() + " " + start.block().kind().code();
    }
    return "end " + ((ChatEvent.End) event).finishReason().code();
  }

  private static <T> T get(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
  }

  private final class Recorder extends Producer {
    Recorder(LlmRequest request, ChatSink sink) {
      super(request, sink);
    }

    @Override
    public void cancel(String reason) {
      cancelled = reason;
    }
  }

  /** Records what a stream gives. */
  private static final class Probe {
    final List<Buffer> chunks = Collections.synchronizedList(new ArrayList<>());
    final List<Throwable> failures = Collections.synchronizedList(new ArrayList<>());
    final AtomicInteger ends = new AtomicInteger();

    Probe(LlmStream stream) {
      stream.exceptionHandler(failures::add);
      stream.endHandler(v -> ends.incrementAndGet());
      stream.handler(chunks::add);
    }

    String text() {
      StringBuilder text = new StringBuilder();
      chunks.forEach(chunk -> text.append(chunk.toString()));
      return text.toString();
    }
  }
}
