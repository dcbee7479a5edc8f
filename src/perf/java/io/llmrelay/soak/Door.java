package io.llmrelay.soak;

import io.llmrelay.LlmRelay;
import io.llmrelay.LlmStream;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.LlmException;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.streams.ReadStream;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;

/** A way into a relay. */
interface Door {
  /**
   * Sends a visitor in.
   *
   * @param signal told each terminal signal: {@code completed}, {@code left}, {@code failed: …}, or
   *     what no consumer may ever see, {@code WRONG: …}
   */
  void enter(Visit visit, Consumer<String> signal);

  /** Through the event bus. */
  static Door bus(Vertx vertx, LlmRelay relay) {
    return (visit, signal) -> {
      Promise<Void> left = Promise.promise();
      Consumer<String> unlessGone = leaving(vertx, visit, left, signal);
      ChatRequest request = ChatRequest.fromJson(visit.body());
      if (!visit.streaming()) {
        relay
            .generate(request, left.future())
            .onSuccess(answer -> unlessGone.accept("completed"))
            .onFailure(error -> unlessGone.accept(failed(error)));
        return;
      }
      relay.stream(request, left.future())
          .onFailure(error -> unlessGone.accept(failed(error)))
          .onSuccess(stream -> read(vertx, visit, stream, unlessGone));
    };
  }

  private static void read(Vertx vertx, Visit visit, LlmStream stream, Consumer<String> signal) {
    stream
        .exceptionHandler(error -> signal.accept(failed(error)))
        .endHandler(
            v ->
                signal.accept(
                    stream.finishReason() == null ? "WRONG: no finish reason" : "completed"))
        .handler(paced(vertx, visit, stream, chunk -> {}));
  }

  /** Through the gateway. */
  static Door http(Vertx vertx, int port) {
    HttpClient client =
        vertx.createHttpClient(
            new HttpClientOptions().setDefaultPort(port).setDefaultHost("127.0.0.1"),
            new PoolOptions().setHttp1MaxSize(20_000).setMaxWaitQueueSize(20_000));
    return (visit, signal) -> {
      Promise<Void> left = Promise.promise();
      Consumer<String> unlessGone = leaving(vertx, visit, left, signal);
      Buffer body = visit.body().copy().put("stream", visit.streaming()).toBuffer();
      client
          .request(HttpMethod.POST, "/v1/chat/completions")
          .onFailure(error -> unlessGone.accept("WRONG: no connection: " + error))
          .onSuccess(
              request -> {
                left.future().onSuccess(v -> abandon(vertx, request));
                send(vertx, visit, request, body, unlessGone);
              });
    };
  }

  /**
   * Resets a request whose response has not arrived whole; if it has, the connection may already
   * serve another request.
   */
  private static void abandon(Vertx vertx, HttpClientRequest request) {
    Future<HttpClientResponse> response = request.response();
    if (!response.succeeded()) {
      request.reset();
      return;
    }
    Future<Void> end = response.result().end();
    response.result().handler(rest -> {}).resume();
    vertx.runOnContext(
        next -> {
          if (!end.isComplete()) {
            request.reset();
          }
        });
  }

  private static void send(
      Vertx vertx, Visit visit, HttpClientRequest request, Buffer body, Consumer<String> signal) {
    request.exceptionHandler(e -> {});
    request
        .send(body)
        .onFailure(error -> signal.accept("WRONG: no answer: " + error))
        .onSuccess(
            response -> {
              Tail tail = new Tail();
              response
                  .exceptionHandler(error -> signal.accept(cut(tail.toString(), error)))
                  .endHandler(v -> signal.accept(verdict(visit, response, tail.toString())))
                  .handler(paced(vertx, visit, response, tail::add));
            });
  }

  /** The last of what came, enough to tell how it ended. */
  final class Tail {
    private static final int ENOUGH = 5_000;
    private Buffer bytes = Buffer.buffer();

    void add(Buffer piece) {
      bytes.appendBuffer(piece);
      if (bytes.length() > 20 * ENOUGH) {
        bytes = bytes.getBuffer(bytes.length() - ENOUGH, bytes.length());
      }
    }

    @Override
    public String toString() {
      return bytes.toString();
    }
  }

  private static String verdict(Visit visit, HttpClientResponse response, String end) {
    if (response.statusCode() != 200) {
      return "failed: HTTP " + response.statusCode();
    }
    if (!visit.streaming() || end.endsWith("data: [DONE]\n\n")) {
      return "completed";
    }
    return "WRONG: truncated";
  }

  /** An answer that breaks off says so, and then has no end. */
  private static String cut(String end, Throwable error) {
    return end.contains("data: {\"error\":")
        ? "failed: in mid-stream"
        : "WRONG: cut answer: " + error;
  }

  /** A handler that pauses its stream after each piece, if the visitor is one of the slow. */
  private static Handler<Buffer> paced(
      Vertx vertx, Visit visit, ReadStream<Buffer> stream, Consumer<Buffer> sink) {
    return piece -> {
      sink.accept(piece);
      if (visit.pauseMs() > 0) {
        stream.pause();
        vertx.setTimer(visit.pauseMs(), id -> stream.resume());
      }
    };
  }

  /** Sees the visitor off at its time, unless it is through by then; who left hears no more. */
  private static Consumer<String> leaving(
      Vertx vertx, Visit visit, Promise<Void> left, Consumer<String> signal) {
    AtomicReference<String> first = new AtomicReference<>();
    if (visit.leaveAfterMs() >= 0) {
      vertx.setTimer(
          Math.max(1, visit.leaveAfterMs()),
          id -> {
            if (first.compareAndSet(null, "left")) {
              left.complete();
              signal.accept("left");
            }
          });
    }
    return end -> {
      first.compareAndSet(null, end);
      if (!"left".equals(first.get())) {
        signal.accept(end);
      }
    };
  }

  private static String failed(Throwable error) {
    return "failed: " + LlmException.failureOf(error).kind().code();
  }
}
