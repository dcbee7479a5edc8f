package io.llmrelay.sandbox;

import io.llmrelay.sandbox.SandboxCall.Outcome;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOption;
import io.netty.handler.codec.http2.Http2Error;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.net.impl.ConnectionBase;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Executes the steps of a response on the event loop of its connection. It is in one of four
 * states: running (inside {@link #run}), waiting for its timer, waiting for the write queue to
 * drain, or hanging until the client disconnects. Closing the connection ends every state, so that
 * nothing outlives the call. A long run of writes yields the event loop after every {@link
 * #TURN_BYTES}; otherwise a fast client could occupy it for as long as a flood lasts.
 */
final class ResponseWriter {

  private static final int TURN_BYTES = 256 * 1024;

  private final Vertx vertx;
  private final SandboxCall call;
  private final HttpServerRequest request;
  private final HttpServerResponse http;
  private final AtomicInteger timers;
  private final ScriptedResponse response;
  private final GzipEncoder gzip;
  private int step;
  private int repetition;
  private boolean waited;
  private boolean draining;
  private boolean ending;
  private boolean ended;
  private long timer = -1;
  private long written;

  /**
   * @param timers the number of pending timers, which the writer updates
   */
  ResponseWriter(
      Vertx vertx,
      SandboxCall call,
      HttpServerRequest request,
      ScriptedResponse response,
      AtomicInteger timers) {
    this.vertx = vertx;
    this.call = call;
    this.request = request;
    this.http = request.response();
    this.response = response;
    this.timers = timers;
    this.gzip = response.gzip() ? new GzipEncoder() : null;
  }

  /** Starts with the first step. */
  void start() {
    http.closeHandler(
        v -> {
          // Over HTTP/2 the stream may be closed before the result of its last write is known.
          if (!ending) {
            finish(Outcome.ABORTED);
          }
        });
    http.exceptionHandler(e -> {}); // The close handler follows.
    http.drainHandler(
        v -> {
          if (draining) {
            draining = false;
            run();
          }
        });
    if (http.closed()) {
      finish(Outcome.ABORTED);
    }
    run();
  }

  private void run() {
    long turn = 0;
    while (!ended) {
      Step current = response.steps().get(step);
      int delay = repetition == 0 ? current.first() : current.every();
      if (delay > 0 && !waited) {
        waitFor(delay);
        return;
      }
      if (current.action() == Step.Action.WRITE) {
        if (http.writeQueueFull()) {
          waited = true;
          draining = true;
          return;
        }
        if (turn > TURN_BYTES) {
          waited = true;
          vertx.runOnContext(v -> run());
          return;
        }
        turn += write(current.bytes().apply(repetition));
      } else if (!execute(current.action())) {
        return;
      }
      waited = false;
      repetition++;
      if (repetition >= current.times()) {
        repetition = 0;
        step++;
      }
    }
  }

  private void waitFor(int millis) {
    timers.incrementAndGet();
    timer =
        vertx.setTimer(
            millis,
            id -> {
              timer = -1;
              timers.decrementAndGet();
              waited = true;
              run();
            });
  }

  private int write(Buffer bytes) {
    Buffer piece = gzip == null ? bytes : gzip.encode(bytes);
    written += piece.length();
    call.written(written);
    http.write(piece);
    return piece.length();
  }

  /** Executes a step other than a write, and returns whether the next step follows. */
  private boolean execute(Step.Action action) {
    switch (action) {
      case HEAD -> {
        http.setStatusCode(response.status());
        http.setChunked(!response.headers().containsKey("content-length"));
        response.headers().forEach(http::putHeader);
        http.writeHead();
      }
      case END -> {
        if (gzip != null) {
          http.write(gzip.finish());
        }
        ending = true;
        http.end()
            .onComplete((v, error) -> finish(error == null ? Outcome.COMPLETED : Outcome.ABORTED));
      }
      case PLAIN -> {
        Buffer bytes = response.steps().get(step).bytes().apply(repetition);
        http.write(bytes);
      }
      case RAW -> {
        // The first handler context writes to the socket without passing an encoder.
        byte[] bytes = response.steps().get(step).bytes().apply(repetition).getBytes();
        var socket = channel().pipeline().firstContext();
        ChannelFuture unused = socket.writeAndFlush(Unpooled.wrappedBuffer(bytes));
      }
      case DROP -> {
        finish(Outcome.COMPLETED);
        request.connection().close();
      }
      case REFUSE_STREAM, RESET_STREAM -> {
        finish(Outcome.COMPLETED);
        if (isHttp2()) {
          Http2Error error =
              action == Step.Action.REFUSE_STREAM
                  ? Http2Error.REFUSED_STREAM
                  : Http2Error.INTERNAL_ERROR;
          http.reset(error.code());
        } else {
          request.connection().close();
        }
      }
      case GOAWAY -> {
        if (isHttp2()) {
          goAway(request.streamId());
        }
      }
      case GOAWAY_REFUSE -> {
        finish(Outcome.COMPLETED);
        if (isHttp2()) {
          goAway(Math.max(0, request.streamId() - 2));
        } else {
          request.connection().close();
        }
      }
      case RESET -> {
        finish(Outcome.COMPLETED);
        channel().config().setOption(ChannelOption.SO_LINGER, 0);
        request.connection().close();
      }
      default -> {}
    }
    return switch (action) {
      case HEAD, WAIT, PLAIN, RAW, GOAWAY -> true;
      default -> false;
    };
  }

  @SuppressWarnings("deprecation") // Its replacement closes the connection as well.
  private void goAway(long lastStream) {
    request.connection().goAway(0, (int) lastStream, Buffer.buffer());
  }

  private boolean isHttp2() {
    return request.version() == HttpVersion.HTTP_2;
  }

  private Channel channel() {
    return ((ConnectionBase) request.connection()).channel();
  }

  private void finish(Outcome outcome) {
    ended = true;
    if (timer >= 0 && vertx.cancelTimer(timer)) {
      timers.decrementAndGet();
    }
    timer = -1;
    call.end(outcome);
  }
}
