package io.llmrelay.sandbox;

import io.llmrelay.sandbox.SandboxCall.Outcome;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOption;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.net.impl.ConnectionBase;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Plays the steps of a reply on its connection, on the connection's event loop. It is always in one
 * of four states: running (inside {@link #run}), waiting for its one timer, waiting for the write
 * queue to drain, or hanging until the client goes. The close of the connection ends all of them,
 * so nothing outlives the call. A long run of writes gives the event loop back after every {@link
 * #TURN_BYTES}, or a fast client could hold it for as long as a flood lasts.
 */
final class Player {

  private static final int TURN_BYTES = 256 * 1024;

  private final Vertx vertx;
  private final SandboxCall call;
  private final HttpServerRequest request;
  private final HttpServerResponse response;
  private final AtomicInteger timers;
  private final Reply reply;
  private final Gzip gzip;
  private int step;
  private int round;
  private boolean waited;
  private boolean draining;
  private boolean over;
  private long timer = -1;
  private long written;

  /**
   * @param timers counts the timers that are set
   */
  Player(
      Vertx vertx, SandboxCall call, HttpServerRequest request, Reply reply, AtomicInteger timers) {
    this.vertx = vertx;
    this.call = call;
    this.request = request;
    this.response = request.response();
    this.reply = reply;
    this.timers = timers;
    this.gzip = reply.gzip() ? new Gzip() : null;
  }

  void play() {
    response.closeHandler(v -> finish(Outcome.ABORTED));
    response.exceptionHandler(e -> {}); // the close handler follows, and says it all
    response.drainHandler(
        v -> {
          if (draining) {
            draining = false;
            run();
          }
        });
    if (response.closed()) {
      finish(Outcome.ABORTED);
    }
    run();
  }

  private void run() {
    long turn = 0;
    while (!over) {
      Step current = reply.steps().get(step);
      int delay = round == 0 ? current.first() : current.every();
      if (delay > 0 && !waited) {
        waitFor(delay);
        return;
      }
      if (current.act() == Step.Act.WRITE) {
        if (response.writeQueueFull()) {
          waited = true;
          draining = true;
          return;
        }
        if (turn > TURN_BYTES) {
          waited = true;
          vertx.runOnContext(v -> run());
          return;
        }
        turn += write(current.bytes().apply(round));
      } else if (!act(current.act())) {
        return;
      }
      waited = false;
      round++;
      if (round >= current.times()) {
        round = 0;
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
    Buffer piece = gzip == null ? bytes : gzip.add(bytes);
    written += piece.length();
    call.written(written);
    response.write(piece);
    return piece.length();
  }

  /** Whether the steps go on after this one. */
  private boolean act(Step.Act act) {
    switch (act) {
      case HEAD -> {
        response.setStatusCode(reply.status());
        response.setChunked(!reply.headers().containsKey("content-length"));
        reply.headers().forEach(response::putHeader);
        response.writeHead();
      }
      case END -> {
        if (gzip != null) {
          response.write(gzip.finish());
        }
        response
            .end()
            .onComplete((v, error) -> finish(error == null ? Outcome.COMPLETED : Outcome.ABORTED));
      }
      case RAW -> {
        // From the context next to the socket nobody else's encoder is on the way.
        byte[] bytes = reply.steps().get(step).bytes().apply(round).getBytes();
        var socket = channel().pipeline().firstContext();
        ChannelFuture unused = socket.writeAndFlush(Unpooled.wrappedBuffer(bytes));
      }
      case DROP -> {
        finish(Outcome.COMPLETED);
        request.connection().close();
      }
      case RESET -> {
        finish(Outcome.COMPLETED);
        channel().config().setOption(ChannelOption.SO_LINGER, 0);
        request.connection().close();
      }
      default -> {}
    }
    return act == Step.Act.HEAD || act == Step.Act.WAIT || act == Step.Act.RAW;
  }

  private Channel channel() {
    return ((ConnectionBase) request.connection()).channel();
  }

  private void finish(Outcome outcome) {
    over = true;
    if (timer >= 0 && vertx.cancelTimer(timer)) {
      timers.decrementAndGet();
    }
    timer = -1;
    call.end(outcome);
  }
}
