package io.llmrelay.bus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llmrelay.chat.Failure;
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
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/** Endpoints on event loops of their own, and raw ends of streams that use none of our classes. */
final class BusBench {
  static final String SERVICE = "test.service";

  /** Finds out soon who does not answer, but a busy machine is given its time. */
  static final BusSettings QUICK = new BusSettings(4, Duration.ofMillis(50), Duration.ofSeconds(1));

  /** Asks often, and waits long for the answer. */
  static final BusSettings PATIENT =
      new BusSettings(4, Duration.ofMillis(50), Duration.ofSeconds(20));

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
    final List<Producer> producers = new CopyOnWriteArrayList<>();
    volatile boolean closed;

    Peer(Vertx vertx, BusSettings settings) {
      this(vertx, settings, loop(vertx));
    }

    /** One that may have neighbours on its context. */
    Peer(Vertx vertx, BusSettings settings, Context context) {
      this.vertx = vertx;
      this.context = context;
      endpoint =
          get(
              on(
                  context,
                  () -> BusEndpoint.open(vertx, "test.private", settings, () -> closed = true)));
    }

    Peer serves(Consumer<OutboundStream> script) {
      return serves(Producer::new, script);
    }

    Peer serves(java.util.function.Supplier<Producer> handler, Consumer<OutboundStream> script) {
      Future<Void> registered =
          on(
              context,
              () ->
                  vertx
                      .eventBus()
                      .consumer(
                          SERVICE,
                          message -> {
                            Producer producer = handler.get();
                            producer.stream = endpoint.accept(message, producer);
                            if (producer.stream != null) {
                              producers.add(producer);
                              script.accept(producer.stream);
                            }
                          })
                      .completion());
      get(registered);
      return this;
    }

    Receiver opens(Receiver receiver) {
      receiver.context = context;
      on(context, () -> receiver.stream = endpoint.request(SERVICE, new JsonObject(), receiver));
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

  /** What a producer is told. */
  static class Producer implements OutboundStream.Handler {
    final List<String> events = new CopyOnWriteArrayList<>();
    OutboundStream stream;

    @Override
    public void drained() {
      events.add("drained");
    }

    @Override
    public void cancelled(String reason) {
      events.add("cancelled: " + reason);
    }
  }

  /** What a consumer is told; it consumes at once, or when it is told to. */
  static class Receiver implements InboundStream.Handler {
    final List<String> events = new CopyOnWriteArrayList<>();
    final List<Buffer> chunks = new CopyOnWriteArrayList<>();
    final List<String> pieces = new CopyOnWriteArrayList<>();
    final List<Failure> failures = new CopyOnWriteArrayList<>();
    boolean eager = true;
    InboundStream stream;
    Context context;

    static Receiver lazy() {
      Receiver receiver = new Receiver();
      receiver.eager = false;
      return receiver;
    }

    @Override
    public void accepted() {
      events.add("accepted");
    }

    @Override
    public void opened(JsonObject body) {
      events.add("opened " + body.encode());
    }

    @Override
    public void chunks(Chunks frame) {
      chunks.add(frame.data().copy());
      while (frame.hasNext()) {
        pieces.add(frame.next().toString());
      }
      events.add(frame.kind().code());
      if (eager) {
        stream.consumed();
      }
    }

    @Override
    public void ended(JsonObject body) {
      events.add("ended " + body.encode());
    }

    @Override
    public void failed(Failure failure) {
      failures.add(failure);
      events.add("failed " + failure.kind().code());
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
            for (int i = 0; i < n; i++) {
              stream.consumed();
            }
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
      DeliveryOptions options =
          new DeliveryOptions()
              .addHeader("stream", stream)
              .addHeader("peer", address)
              .addHeader("window", Integer.toString(window));
      Future<Message<Object>> reply =
          on(context, () -> vertx.eventBus().request(SERVICE, new JsonObject(), options));
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
