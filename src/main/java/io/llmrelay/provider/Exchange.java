package io.llmrelay.provider;

import io.llmrelay.chat.AnswerHead;
import io.llmrelay.chat.ChatExchange;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.ChatSink;
import io.llmrelay.chat.Chunks;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.LlmException;
import io.llmrelay.chat.LlmRequest;
import io.llmrelay.chat.Timeouts;
import io.llmrelay.provider.error.ErrorClassifier;
import io.llmrelay.provider.wire.BoundedBody;
import io.llmrelay.provider.wire.ClientChannel;
import io.llmrelay.provider.wire.FirstByte;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpClosedException;
import io.vertx.core.http.HttpHeaders;
import java.util.function.Consumer;

/**
 * One stream: a request to the backend, and the delivery of its answer to the consumer.
 *
 * <p>It is open until the one terminal call of its sink, or until the consumer cancels. After a
 * complete answer, the response may end within a short grace period, which keeps the connection for
 * reuse; otherwise it is reset, and at once if another stream needs the connection. A cancelled
 * request is reset at once.
 *
 * <p>A request is sent again in three cases, of which the coordinator is not notified: on a new
 * connection if the reused one was closed before a byte of the response arrived, without {@code
 * stream_options} if the backend rejected them, each at most once, and if the backend has not begun
 * on it and says so, which HTTP/2 can, up to {@link #MAX_REFUSALS} times.
 *
 * <p>Requests may be large, and answers take long. The body is written in pieces as the socket
 * accepts them, and released at the head of a successful response; the request by which error
 * messages are redacted is released at the first chunk.
 *
 * <p>The only timeout of the backend enforced here is the connect timeout; the coordinator enforces
 * the others.
 */
final class Exchange implements ChatExchange {
  /** The maximum bytes of an error body, and the time limit for reading it. */
  static final int MAX_ERROR_BODY = 64 * 1024;

  static final long ERROR_BODY_MS = 5_000;

  /** The maximum bytes and time between the end of an answer and that of its body. */
  static final int MAX_REST = 64 * 1024;

  static final long REST_MS = 1_000;

  /**
   * The time limit for usage after a finish reason; some servers send neither usage nor an end.
   * Half of the stall timeout if that is less, so that a complete answer does not count as a stall.
   */
  static final long FINISH_MS = 3_000;

  /** The most bytes of a body that are written at once. */
  static final int PIECE = 64 * 1024;

  /** How often a backend may refuse a stream, over HTTP/2. */
  static final int MAX_REFUSALS = 3;

  /** The code with which a stream is reset, over HTTP/2; with HTTP/1.1 its connection is closed. */
  static final long CANCEL = 0x8;

  /** The longest wait for a connection. */
  static final long MAX_CONNECT_MS = 600_000;

  private final Context context;
  private final Vertx vertx;
  private final BackendClient backend;
  private final String model;
  private final ChatSink sink;
  private final Consumer<Exchange> onClose;
  private final long connectMs;
  private final long finishMs;
  private final ErrorClassifier errors;
  private final Answer answer;
  private final AnswerDecoder decoder;
  private final Consumer<Chunks> deliverChunks = this::deliver;
  private final Runnable deliver = this::deliver;
  private final Handler<Void> deliverNow = task -> deliverNow();
  private int blockIndex = -1;
  private boolean released;
  private long ahead;

  /** The request and its encoded form, until the head of a successful response. */
  private LlmRequest llmRequest;

  private EncodedRequest encoded;
  private String warning;

  /** The time since which the connection must be new, or {@code null}. */
  private Long freshSince;

  private int refusals;
  private boolean withoutStreamOptions;
  private HttpClientRequest request;
  private Http2Connection http2;

  /** Whether a connection was lost that other streams may have had in common. */
  private boolean connectionLost;

  private HttpClientResponse response;
  private boolean opened;
  private boolean named;
  private boolean delivering;
  private boolean paused;
  private boolean closed;

  /** Whether the body of the request has been written, and the response has ended. */
  private boolean sent;

  private boolean received;

  /** Whether there is nothing to reset. */
  private boolean ended;

  private boolean reading;
  private int rest;
  private long timer = -1;

  /**
   * Creates an exchange, to be started.
   *
   * @param context the context of all calls and callbacks
   * @param llmRequest the request with its model, and possibly the timeouts {@code connect} and
   *     {@code stall}
   * @param onClose called once, when nothing more will be delivered
   */
  Exchange(
      Context context,
      BackendClient backend,
      LlmRequest llmRequest,
      ChatSink sink,
      Consumer<Exchange> onClose) {
    this.context = context;
    this.vertx = context.owner();
    this.backend = backend;
    this.model = llmRequest.model();
    this.llmRequest = llmRequest;
    this.sink = sink;
    this.onClose = onClose;
    Timeouts timeouts = llmRequest.relay().timeouts();
    connectMs =
        timeouts.connect() == null
            ? MAX_CONNECT_MS
            : Math.min(MAX_CONNECT_MS, timeouts.connect().toMillis());
    finishMs =
        timeouts.stall() == null
            ? FINISH_MS
            : Math.max(1, Math.min(FINISH_MS, timeouts.stall().toMillis() / 2));
    errors = backend.errors().about(llmRequest);
    answer = new Answer(errors, backend.receivedFormat(llmRequest));
    answer.limit(llmRequest.maxTokens());
    if (llmRequest instanceof ChatRequest chat && chat.expectsImages()) {
      answer.expectLongEvents();
    }
    decoder = new AnswerDecoder(backend.reader(llmRequest, answer), answer);
  }

  void start() {
    backend.begin();
    guarded(
        () -> {
          encoded = backend.encode(llmRequest);
          connect();
        });
  }

  private void connect() {
    backend
        .open(llmRequest, connectMs, freshSince, () -> closed)
        .onComplete(
            (opened, cause) -> {
              if (opened != null) {
                connected(opened.request(), opened.http2());
              } else if (cause instanceof HttpClosedException && freshSince == null && !closed) {
                connectAfresh(); // The pool had not yet noticed that it was closed.
              } else {
                fail(backend.unreachable(cause));
              }
            });
  }

  private void connectAfresh() {
    freshSince = System.nanoTime();
    guarded(this::connect);
  }

  private void connected(HttpClientRequest request, Http2Connection http2) {
    this.request = request;
    this.http2 = http2;
    request.exceptionHandler(e -> {}); // The response fails with the same exception.
    if (closed) {
      request.reset(CANCEL);
      return;
    }
    guarded(() -> send(request));
  }

  private void send(HttpClientRequest request) {
    encoded.headers().forEach(request::putHeader);
    backend.sign(request, encoded.body());
    boolean mayBeStale = freshSince == null && http2 == null;
    FirstByte firstByte = mayBeStale ? FirstByte.onReused(request.connection()) : null;
    send(request, encoded.body())
        .onComplete(
            (response, cause) -> {
              if (response != null) {
                head(response);
              } else if (http2 != null && !closed) {
                context.runOnContext(v -> lost(cause));
              } else if (firstByte != null && !firstByte.arrived() && !closed) {
                this.request = null;
                connectAfresh();
              } else {
                ended = true;
                fail(backend.unreachable(cause));
              }
            });
  }

  /** Handles the loss of a request without a response, over HTTP/2. */
  private void lost(Throwable cause) {
    if (closed) {
      ended = true;
      return;
    }
    switch (http2.loss(request, cause)) {
      case REFUSED -> {
        refusals++;
        if (refusals >= MAX_REFUSALS) {
          ended = true;
          fail(backend.refused());
        } else {
          request = null;
          guarded(this::connect);
        }
      }
      case HTTP_1_1_REQUIRED -> {
        if (backend.requireHttp1()) {
          request = null;
          guarded(this::connect);
        } else {
          ended = true;
          fail(backend.unreachable(cause));
        }
      }
      case STALE -> {
        if (freshSince == null) {
          request = null;
          connectAfresh();
        } else {
          fail(cause);
        }
      }
      case FAILED -> fail(cause);
    }
  }

  private void fail(Throwable cause) {
    ended = true;
    connectionLost = Http2Connection.isLoss(cause);
    fail(backend.unreachable(cause));
  }

  private Future<HttpClientResponse> send(HttpClientRequest request, Buffer body) {
    received = false;
    sent = body.length() <= PIECE;
    if (sent) {
      return request.send(body);
    }
    request.putHeader(HttpHeaders.CONTENT_LENGTH, Integer.toString(body.length()));
    write(request, body, 0);
    return request.response();
  }

  /** Writes what the socket takes, and the rest when it is writable again. */
  private void write(HttpClientRequest request, Buffer body, int from) {
    live();
    request.drainHandler(null);
    int at = from;
    for (; body.length() - at > PIECE; at += PIECE) {
      if (request.writeQueueFull()) {
        int rest = at;
        request.drainHandler(drained -> write(request, body, rest));
        return;
      }
      request.write(body.slice(at, at + PIECE));
    }
    request.end(body.slice(at, body.length()));
    sent = true;
    if (received && !ended) {
      exchanged();
    }
  }

  /**
   * Records the end of the response. If it precedes the end of the request, as an early error does,
   * the connection is in use until the backend has read the rest.
   */
  private void received() {
    received = true;
    if (sent) {
      exchanged();
    }
  }

  private void exchanged() {
    ended = true;
    if (closed) {
      cancelTimer();
      backend.ended(this);
    }
  }

  private void live() {
    if (http2 != null) {
      http2.live();
    }
  }

  private void head(HttpClientResponse response) {
    this.response = response;
    if (http2 != null) {
      http2.responded();
    }
    int status = response.statusCode();
    if (status / 100 == 2 && status != 202) {
      warning = encoded.warning();
      encoded = null;
      llmRequest = null;
      request.headers().clear(); // They would be kept as long as the stream.
      if (withoutStreamOptions) {
        backend.servedWithoutStreamOptions();
      }
      reading = true;
      response
          .exceptionHandler(
              e -> {
                sent = true; // Its connection is gone.
                connectionLost = http2 != null && Http2Connection.isLoss(e);
                over(decoder::lost);
              })
          .endHandler(end -> over(decoder::end))
          .handler(this::read);
      if (promisesStream(response)) {
        open();
      }
      return;
    }
    BoundedBody.read(vertx, response, MAX_ERROR_BODY, ERROR_BODY_MS)
        .onSuccess(
            body -> {
              if (body.whole()) {
                received();
              }
              if (!sentWithoutStreamOptions(status, body.bytes())) {
                fail(errors.http(status, response.headers(), body.bytes()));
                if (!body.whole()) {
                  reset();
                }
              }
            });
  }

  /**
   * Sends the request again if this error rejects the {@code stream_options} that the relay added.
   */
  private boolean sentWithoutStreamOptions(int status, Buffer error) {
    EncodedRequest without =
        closed || withoutStreamOptions ? null : backend.encodeAfter(status, error, llmRequest);
    if (without == null) {
      return false;
    }
    reset();
    withoutStreamOptions = true;
    request = null;
    response = null;
    ended = false;
    encoded = without;
    guarded(this::connect);
    return true;
  }

  private static boolean promisesStream(HttpClientResponse response) {
    String type = response.getHeader("content-type");
    return type == null || !(type.contains("json") || type.contains("html"));
  }

  private void open() {
    opened = true;
    named = answer.model() != null;
    sink.opened(AnswerHead.ofBackend(response.statusCode(), answer.model(), warning));
  }

  private void read(Buffer bytes) {
    live();
    if (closed) {
      rest += bytes.length();
      if (rest > MAX_REST) {
        reset();
      }
    } else {
      try {
        decoder.read(bytes);
      } catch (RuntimeException e) {
        fail(LlmException.failureOf(e));
      }
      if (answer.over()) {
        guarded(deliver);
      } else {
        deliverSoon();
      }
    }
  }

  /** One socket read may bring many pieces of the body; their text travels together. */
  private void deliverSoon() {
    if (!delivering && !closed) {
      delivering = true;
      context.runOnContext(deliverNow);
    }
  }

  private void deliverNow() {
    delivering = false;
    guarded(deliver);
  }

  private void over(Runnable last) {
    if (paused) {
      setReading(true); // The next request on the connection reads from it too.
    }
    received();
    guarded(last);
    guarded(this::deliver);
  }

  /** Runs an action; an exception fails this stream only. */
  private void guarded(Runnable action) {
    try {
      if (!closed) {
        action.run();
      }
    } catch (RuntimeException e) {
      fail(LlmException.failureOf(e));
    }
  }

  private void deliver() {
    Failure failure = answer.failure();
    if (paused && failure == null) {
      return;
    }
    if (opened
        ? !named && answer.model() != null && failure == null
        : decoder.stream() || answer.complete()) {
      open();
    }
    answer.drain(deliverChunks);
    if (failure != null) {
      fail(failure);
    } else if (answer.complete()) {
      end();
    } else if (ahead >= sink.window()) {
      pause();
    } else if (answer.finished() && timer < 0) {
      timer = vertx.setTimer(finishMs, id -> finishLate());
    }
  }

  private void finishLate() {
    timer = -1;
    if (paused) {
      timer = vertx.setTimer(finishMs, id -> finishLate());
    } else {
      guarded(answer::end);
      guarded(this::deliver);
    }
  }

  private void deliver(Chunks chunks) {
    if (chunks.block().index() > blockIndex) {
      blockIndex = chunks.block().index();
      sink.block(chunks.block());
    }
    if (chunks.data().length() == 0) {
      return; // A tool call has started.
    }
    if (!released && !chunks.kind().accompanies()) {
      released = true;
      errors.releaseRequest();
    }
    ahead++;
    sink.chunks(chunks);
  }

  @Override
  public void consumed(int calls) {
    ahead -= calls;
    if (paused && ahead < sink.window()) {
      context.runOnContext(v -> resume());
    }
  }

  private void pause() {
    paused = true;
    if (!received) {
      setReading(false);
    }
  }

  private void resume() {
    if (paused) {
      paused = false;
      if (!received) {
        setReading(true);
      }
      deliverSoon(); // No further read may follow.
    }
  }

  private void setReading(boolean reading) {
    if (http2 == null && ClientChannel.setReading(request.connection(), reading)) {
      return;
    }
    if (reading) {
      response.resume();
    } else {
      response.pause();
    }
  }

  @Override
  public void cancel(String reason) {
    close();
    reset();
  }

  /** Aborts the stream with a failure that is not the backend's. */
  void abort(Failure failure) {
    fail(failure);
    reset();
  }

  private void end() {
    close();
    sink.ended(answer.result());
    letEnd();
  }

  private void fail(Failure failure) {
    if (closed) {
      return;
    }
    close();
    Failure known = failure.withCandidate(backend.name(), model);
    if (known.status() == 0 && response != null) {
      known = known.withStatus(response.statusCode(), known.providerCode());
    }
    if (connectionLost && !http2.reportLoss()) {
      known = known.withRepeated();
    }
    sink.failed(known);
    letEnd();
  }

  private void close() {
    if (!closed) {
      closed = true;
      encoded = null;
      llmRequest = null;
      cancelTimer();
      backend.end();
      onClose.accept(this);
    }
  }

  private void letEnd() {
    if (request != null && !ended) {
      backend.ending(this);
      resume();
      // The end of the body usually arrives together with the end of the answer.
      context.runOnContext(v -> awaitRest());
    }
  }

  private void awaitRest() {
    if (!ended) {
      timer = vertx.setTimer(REST_MS, id -> reset());
    }
  }

  /** Resets the request if its response has not ended. */
  void reset() {
    cancelTimer();
    backend.ended(this);
    if (reading) {
      // A response that was paused may have arrived whole, and its connection then serves another
      // request, which a reset would cut off. It ends within one tick after it is resumed.
      resume();
      context.runOnContext(v -> resetRequest());
    } else {
      resetRequest();
    }
  }

  private void resetRequest() {
    if (request != null && !ended) {
      ended = true;
      request.reset(CANCEL);
    }
  }

  private void cancelTimer() {
    if (timer >= 0) {
      vertx.cancelTimer(timer);
      timer = -1;
    }
  }
}
