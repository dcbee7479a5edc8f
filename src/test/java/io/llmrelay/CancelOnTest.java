package io.llmrelay;

import static io.llmrelay.Relays.eventually;
import static io.llmrelay.Relays.get;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.bus.BusEndpoint;
import io.llmrelay.bus.BusService;
import io.llmrelay.bus.Producer;
import io.llmrelay.bus.TestSettings;
import io.llmrelay.chat.ChatMessage;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.ChatService;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FailureKind;
import io.vertx.core.Completable;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.junit5.VertxExtension;
import java.lang.ref.WeakReference;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A future that cancels runs may outlive any number of them, and holds on to none. */
@ExtendWith(VertxExtension.class)
class CancelOnTest {
  private static final ChatRequest HELLO = ChatRequest.of(ChatMessage.user("Hi"));

  private final AtomicInteger listeners = new AtomicInteger();
  private final AtomicInteger cancelled = new AtomicInteger();
  private final Promise<Void> leave = Promise.promise();
  private final Future<?> cancelOn = counting(leave.future());
  private LlmRelay client;
  private Vertx vertx;

  @BeforeEach
  void client(Vertx vertx) {
    this.vertx = vertx;
    client = LlmRelay.create(vertx);
  }

  /** The same future, whose listeners are counted. */
  private Future<?> counting(Future<?> future) {
    return (Future<?>)
        Proxy.newProxyInstance(
            getClass().getClassLoader(),
            new Class<?>[] {Future.class},
            (proxy, method, args) -> {
              if (method.getDeclaringClass() == Object.class) {
                return switch (method.getName()) {
                  case "equals" -> proxy == args[0];
                  case "hashCode" -> System.identityHashCode(proxy);
                  default -> "counting";
                };
              }
              if (args != null && args.length > 0 && method.getName().startsWith("on")) {
                listeners.incrementAndGet();
              }
              try {
                return method.invoke(future, args);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  /** A relay that does the same with every request. */
  private void relay(Consumer<Producer> behaviour) {
    BusEndpoint endpoint = get(BusEndpoint.open(vertx, "test", TestSettings.DEFAULT));
    ChatService service =
        (request, sink) -> {
          Producer producer =
              new Producer(request, sink) {
                @Override
                public void cancel(String reason) {
                  cancelled.incrementAndGet();
                }
              };
          endpoint.context().runOnContext(v -> behaviour.accept(producer));
          return producer;
        };
    for (String address : List.of("llm.stream", "llm.generate")) {
      Promise<BusService> registered = Promise.promise();
      endpoint
          .context()
          .runOnContext(
              v -> BusService.register(endpoint, address, service, false).onComplete(registered));
      get(registered.future());
    }
  }

  private static void answer(Producer stream) {
    stream.open();
    stream.chunk("Hi");
    stream.end();
  }

  @Test
  void tenThousandRunsLeaveNothing() throws Exception {
    AtomicInteger number = new AtomicInteger();
    relay(
        stream -> {
          if (number.incrementAndGet() % 3 == 0) {
            stream.fail(Failure.of(FailureKind.SERVER_ERROR, "it said so"));
          } else {
            answer(stream);
          }
        });
    List<WeakReference<Object>> runs = new ArrayList<>();
    for (int i = 0; i < 10_000; i++) {
      Seen seen = Seen.begin(client, HELLO, i % 2 == 0, cancelOn).await();
      if (i % 100 == 0) {
        runs.add(new WeakReference<>(seen));
      }
    }
    assertThat(listeners).hasValue(1);
    eventually(
        () -> {
          System.gc();
          // The last one may still lie on a stack.
          assertThat(runs.stream().filter(run -> run.get() != null).count()).isLessThan(2);
        });
    leave.complete();
  }

  @Test
  void aStreamThatFailedBeforeAnyoneReadItIsLetGo() {
    relay(
        stream -> {
          stream.open();
          stream.fail(Failure.of(FailureKind.SERVER_ERROR, "it said so"));
        });
    WeakReference<LlmStream> unread = unread();
    eventually(
        () -> {
          System.gc();
          assertThat(unread.get()).isNull();
        });
    assertThat(listeners).hasValue(1);
  }

  private WeakReference<LlmStream> unread() {
    return new WeakReference<>(get(client.stream(HELLO, cancelOn)));
  }

  @Test
  void itCancelsAllThatRunAndWhatComesAfterIt() throws Exception {
    relay(stream -> stream.open());
    List<LlmStream> streams = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      streams.add(get(client.stream(HELLO, cancelOn)));
    }
    Seen whole = Seen.begin(client, HELLO, false, cancelOn);
    leave.complete();
    eventually(() -> assertThat(cancelled).hasValue(4));
    assertThat(whole.await().failure().kind()).isEqualTo(FailureKind.CANCELLED);
    Seen late = Seen.begin(client, HELLO, true, cancelOn);
    assertThat(late.await().failure().kind()).isEqualTo(FailureKind.CANCELLED);
    assertThat(streams).hasSize(3);
  }

  @Test
  void aFailedFutureCancelsToo() throws Exception {
    relay(stream -> stream.open());
    Seen whole = Seen.begin(client, HELLO, false, cancelOn);
    leave.fail("gone");
    assertThat(whole.await().failure().kind()).isEqualTo(FailureKind.CANCELLED);
  }

  /** What is not read yet of an answer that is complete is not given after a cancellation. */
  @Test
  void whatIsUnreadOfACompleteAnswerIsCancelledToo() {
    relay(CancelOnTest::answer);
    LlmStream stream = get(client.stream(HELLO, cancelOn));
    List<String> given = new ArrayList<>();
    stream.pause().handler(text -> given.add(text.toString()));
    eventually(() -> assertThat(stream.finishReason()).isNotNull());
    leave.complete();
    Promise<Void> later = Promise.promise();
    Completable<Void> then = later;
    vertx.setTimer(50, id -> then.succeed());
    get(later.future());
    stream.resume();
    assertThat(given).isEmpty();
  }
}
