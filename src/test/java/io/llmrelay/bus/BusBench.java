package io.llmrelay.bus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llmrelay.chat.AnswerEnd;
import io.llmrelay.chat.AnswerHead;
import io.llmrelay.chat.Block;
import io.llmrelay.chat.ChatExchange;
import io.llmrelay.chat.ChatMessage;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.ChatService;
import io.llmrelay.chat.ChatSink;
import io.llmrelay.chat.Chunks;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.LlmRequest;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Promise;
import io.vertx.core.ThreadingModel;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.Message;
import io.vertx.core.eventbus.MessageConsumer;
import io.vertx.core.internal.VertxInternal;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;
import java.util.function.Consumer;

/** Endpoints on event loops of their own, and raw ends of streams that use none of our classes. */
final class BusBench {
  static final String SERVICE = "test.service";

  static final ChatRequest REQUEST = ChatRequest.of(ChatMessage.user("Hi"));

  /** Finds out soon who does not answer, but a busy machine is given its time. */
  static final BusSettings QUICK = TestSettings.of(4, Duration.ofMillis(50), Duration.ofSeconds(1));

  /** Asks often, and waits long for the answer. */
  static final BusSettings PATIENT =
      TestSettings.of(4, Duration.ofMillis(50), Duration.ofSeconds(20));

  private BusBench() {}

  /** The result; a failure is thrown as the cause of an AssertionError. */
  static <T> T get(Future<T> future) {
    try {
      return future.toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      throw new AssertionError(e.getCause());
    } catch (InterruptedException | TimeoutException e) {
      throw new AssertionError(e);
    }
  }

  static <T> T on(Context context, Callable<T> action) {
    Promise<T> done = Promise.promise();
    context.runOnContext(
        v -> {
          try {
            done.complete(action.call());
          } catch (Throwable e) {
            done.fail(e);
          }
        });
    return get(done.future());
  }

  private static Context loop(Vertx vertx) {
    return ((VertxInternal) vertx).createContext(ThreadingModel.EVENT_LOOP);
  }

  /** An endpoint with a service that accepts whatever comes. */
  static final class Peer {
    final Vertx vertx;
    final Context context;
    final BusEndpoint endpoint;
    final int window;
    final List<Producer> producers = new CopyOnWriteArrayList<>();
    final List<BusService> services = new CopyOnWriteArrayList<>();
    volatile boolean closed;

    Peer(Vertx vertx, BusSettings settings) {
      this(vertx, settings, loop(vertx));
    }

    /** One that may have neighbours on its context. */
    Peer(Vertx vertx, BusSettings settings, Context context) {
      this.vertx = vertx;
      this.context = context;
      window = settings.window();
      endpoint =
          get(
              on(
                  context,
                  () -> BusEndpoint.open(vertx, "test.private", settings, () -> closed = true)));
    }

    Peer serves(Consumer<Producer> script) {
      return serves(Producer::new, script);
    }

    Peer serves(BiFunction<LlmRequest, ChatSink, Producer> kind, Consumer<Producer> script) {
      services.add(
          get(
              on(
                  context,
                  () -> BusService.register(endpoint, SERVICE, service(kind, script), false))));
      return this;
    }

    /** Serves whoever is on the same context, too, and without messages. */
    Peer servesHere(Consumer<Producer> script) {
      get(
          on(
              context,
              () ->
                  BusService.registerLocal(
                      endpoint, SERVICE, service(Producer::new, script), false)));
      return this;
    }

    private ChatService service(
        BiFunction<LlmRequest, ChatSink, Producer> kind, Consumer<Producer> script) {
      return (request, sink) -> {
        Producer producer = kind.apply(request, sink);
        producers.add(producer);
        context.runOnContext(v -> script.accept(producer));
        return producer;
      };
    }

    Receiver opens(Receiver receiver) {
      return opens(REQUEST, receiver, false);
    }

    Receiver opens(ChatRequest request, Receiver receiver) {
      return opens(request, receiver, false);
    }

    /** Opens a stream at any node that serves. */
    Receiver opensAnywhere(Receiver receiver) {
      return opens(REQUEST, receiver, true);
    }

    private Receiver opens(ChatRequest request, Receiver receiver, boolean anywhere) {
      receiver.context = context;
      receiver.window = window;
      on(
          context,
          () ->
              receiver.exchange =
                  new BusClient(endpoint, SERVICE, anywhere).open(request, receiver));
      return receiver;
    }

    int streams() {
      return on(context, endpoint::openStreams);
    }

    /** The producer of the first stream, once it is there. */
    Producer producer() {
      await().until(() -> !producers.isEmpty());
      return producers.get(0);
    }

    void run(Runnable action) {
      on(
          context,
          () -> {
            action.run();
            return null;
          });
    }
  }

  /** What a consumer is told; it consumes at once, or when it is told to. */
  static class Receiver implements ChatSink {
    final List<String> events = new CopyOnWriteArrayList<>();
    final List<Block> blocks = new CopyOnWriteArrayList<>();
    final List<Buffer> chunks = new CopyOnWriteArrayList<>();
    final List<String> pieces = new CopyOnWriteArrayList<>();
    final List<Failure> failures = new CopyOnWriteArrayList<>();
    boolean eager = true;
    int window;
    ChatExchange exchange;
    Context context;

    static Receiver lazy() {
      Receiver receiver = new Receiver();
      receiver.eager = false;
      return receiver;
    }

    @Override
    public int window() {
      return window;
    }

    @Override
    public void opened(AnswerHead head) {
      events.add("opened " + head.id());
    }

    @Override
    public void block(Block block) {
      blocks.add(block);
    }

    @Override
    public void chunks(Chunks frame) {
      chunks.add(frame.data().copy());
      int from = 0;
      for (int i = 0; i < frame.count(); i++) {
        pieces.add(frame.data().getString(from, from + frame.length(i)));
        from += frame.length(i);
      }
      assertThat(blocks).contains(frame.block());
      events.add(frame.kind().code());
      if (eager) {
        exchange.consumed(1);
      }
    }

    @Override
    public void ended(AnswerEnd end) {
      events.add("ended " + end.finishReason().code());
    }

    @Override
    public void failed(Failure failure) {
      failures.add(failure);
      events.add("failed " + failure.kind().code());
    }

    /** Waits until the producer is known; nothing but a refusal can come before. */
    void awaitAccepted() {
      await()
          .until(
              () ->
                  on(
                      context,
                      () ->
                          exchange instanceof LocalStream
                              || ((InboundStream) exchange).peer() != null));
    }

    Buffer bytes() {
      Buffer all = Buffer.buffer();
      chunks.forEach(all::appendBuffer);
      return all;
    }

    void consume(int n) {
      on(
          context,
          () -> {
            exchange.consumed(n);
            return null;
          });
    }

    void awaitLast(String event) {
      await()
          .untilAsserted(() -> assertThat(events).isNotEmpty().last().asString().startsWith(event));
    }

    void awaitChunks(int n) {
      await().untilAsserted(() -> assertThat(chunks).hasSizeGreaterThanOrEqualTo(n));
    }
  }

  /** One end of streams made of plain messages. */
  static final class Raw {
    final Vertx vertx;
    final Context context;
    final String address;
    final List<String> frames = new CopyOnWriteArrayList<>();
    final List<Message<Object>> messages = new CopyOnWriteArrayList<>();
    final AtomicInteger pings = new AtomicInteger();

    /** The ids of the streams that pings name. */
    final List<String> pinged = new CopyOnWriteArrayList<>();

    volatile boolean answersPings = true;
    private final List<MessageConsumer<Object>> consumers = new CopyOnWriteArrayList<>();

    Raw(Vertx vertx, String address) {
      this.vertx = vertx;
      this.address = address;
      context = loop(vertx);
      registers(address, this::heard);
    }

    private void registers(String at, Handler<Message<Object>> handler) {
      MessageConsumer<Object> consumer = on(context, () -> vertx.eventBus().consumer(at, handler));
      consumers.add(consumer);
      get(consumer.completion());
    }

    /** Goes off the bus without a word. */
    Future<?> close() {
      return Future.all(consumers.stream().map(MessageConsumer::unregister).toList());
    }

    private void heard(Message<Object> message) {
      String frame = message.headers().get("frame");
      if ("ping".equals(frame)) {
        if (message.headers().contains("stream")) {
          pinged.add(message.headers().get("stream"));
          return;
        }
        pings.incrementAndGet();
        if (answersPings) {
          message.reply(null);
        }
        return;
      }
      String credit = message.headers().get("credit");
      messages.add(message);
      frames.add(frame + (credit == null ? "" : " " + credit));
    }

    /** Answers every opening request like a producer at this address, and keeps the requests. */
    List<Message<Object>> serves() {
      List<Message<Object>> requests = new CopyOnWriteArrayList<>();
      registers(
          SERVICE,
          message -> {
            message.reply(null, new DeliveryOptions().addHeader("peer", address));
            requests.add(message);
          });
      return requests;
    }

    /** Opens a stream; the reply names the producer's address. */
    String opens(String stream, int window) {
      return opens(stream, window, null);
    }

    /** The same, understanding what is beyond the protocol's first version. */
    String opens(String stream, int window, String accept) {
      DeliveryOptions options =
          new DeliveryOptions()
              .addHeader("stream", stream)
              .addHeader("peer", address)
              .addHeader("window", Integer.toString(window));
      if (accept != null) {
        options.addHeader("accept", accept);
      }
      Future<Message<Object>> reply =
          on(context, () -> vertx.eventBus().request(SERVICE, REQUEST.toJson(), options));
      return get(reply).headers().get("peer");
    }

    /** Sends a frame; the headers are names and values in turn. */
    void send(String to, Object body, String... headers) {
      DeliveryOptions options = new DeliveryOptions();
      for (int i = 0; i < headers.length; i += 2) {
        options.addHeader(headers[i], headers[i + 1]);
      }
      on(context, () -> vertx.eventBus().send(to, body, options));
    }

    /** Comes back when that endpoint has dealt with all that was sent to it before. */
    void flush(String to) {
      DeliveryOptions ping = new DeliveryOptions().addHeader("frame", "ping");
      Future<Message<Object>> reply = on(context, () -> vertx.eventBus().request(to, null, ping));
      get(reply);
      on(context, () -> null);
    }

    List<String> frames(String type) {
      return frames.stream().filter(frame -> frame.startsWith(type)).toList();
    }
  }
}
