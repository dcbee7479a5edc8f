package io.llmrelay;

import static java.util.concurrent.TimeUnit.SECONDS;

import io.llmrelay.chat.Attempt;
import io.llmrelay.chat.ChatCompletion;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FinishReason;
import io.llmrelay.chat.LlmException;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/** What the consumer of one request saw, streaming or not. */
final class Seen {
  private final Buffer bytes = Buffer.buffer();
  private final AtomicInteger signals = new AtomicInteger();
  private final CountDownLatch over = new CountDownLatch(1);
  private volatile LlmStream stream;
  private volatile ChatCompletion completion;
  private volatile Failure failure;

  private Seen() {}

  /** Sends the request and waits until it is over. */
  static Seen of(LlmRelay relay, ChatRequest request, boolean streaming) throws Exception {
    return begin(relay, request, streaming, Future.future(never -> {})).await();
  }

  /** Sends the request. */
  static Seen begin(LlmRelay relay, ChatRequest request, boolean streaming, Future<?> cancelOn) {
    Seen seen = new Seen();
    if (streaming) {
      relay.stream(request, cancelOn).onComplete(seen::read, seen::failed);
    } else {
      relay.generate(request, cancelOn).onComplete(seen::whole, seen::failed);
    }
    return seen;
  }

  Seen await() throws InterruptedException {
    if (!over.await(20, SECONDS)) {
      throw new AssertionError("no terminal signal");
    }
    return this;
  }

  private void read(LlmStream opened) {
    stream = opened;
    opened.handler(this::append).exceptionHandler(this::failed).endHandler(v -> terminal());
  }

  private void whole(ChatCompletion whole) {
    completion = whole;
    append(Buffer.buffer(whole.text()));
    terminal();
  }

  /** On the event loop, while the test may be looking. */
  private void append(Buffer chunk) {
    synchronized (bytes) {
      bytes.appendBuffer(chunk);
    }
  }

  private void failed(Throwable cause) {
    failure = LlmException.failureOf(cause);
    terminal();
  }

  private void terminal() {
    signals.incrementAndGet();
    over.countDown();
  }

  /** The text as it came, before the failure if there was one. */
  String text() {
    synchronized (bytes) {
      return bytes.toString(StandardCharsets.UTF_8);
    }
  }

  /** How the request failed, or {@code null}. */
  Failure failure() {
    return failure;
  }

  /** How many terminal signals there were. */
  int signals() {
    return signals.get();
  }

  LlmStream stream() {
    return stream;
  }

  ChatCompletion completion() {
    return completion;
  }

  String backend() {
    return stream != null ? stream.backend() : completion.backend();
  }

  String model() {
    return stream != null ? stream.model() : completion.model();
  }

  FinishReason finishReason() {
    return stream != null ? stream.finishReason() : completion.finishReason();
  }

  List<Attempt> trail() {
    if (failure != null) {
      return failure.trail();
    }
    return stream != null ? stream.trail() : completion.trail();
  }
}
