package io.llmrelay.bus;

import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.LlmRequest;
import io.vertx.core.AsyncResult;
import io.vertx.core.Future;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.Message;
import io.vertx.core.eventbus.ReplyException;
import io.vertx.core.eventbus.ReplyFailure;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;

/**
 * Sends the request that opens a stream, until a producer accepts it.
 *
 * <p>A service on this node is asked first. If there is none, or it is shutting down or has no
 * capacity, the services of the whole cluster are, of which the event bus selects one after the
 * other. Until the cluster manager has dropped a node that died, a request sent there remains
 * unanswered. Therefore another producer is asked after a while, preferably the one that accepted a
 * stream last, and sooner for each further one; the first that accepts is taken, and the others are
 * cancelled. Each of these requests has a stream id of its own, so that their frames cannot be
 * confused.
 */
final class StreamOpening {
  /** The most requests to the cluster for one stream. */
  static final int MAX_TRIES = 4;

  /** A registration that was added or removed elsewhere takes this long to be known here. */
  private static final Duration SETTLING = Duration.ofMillis(100);

  private final BusEndpoint endpoint;
  private final String service;
  private final LlmRequest request;
  private final InboundStream stream;
  private final Set<String> asked = new HashSet<>();
  private final int maxTries;
  private int tries;
  private int waiting;
  private long timer = -1;

  /**
   * @param anywhere whether any service of the cluster will do; otherwise one request is sent to
   *     the service's address
   */
  StreamOpening(
      BusEndpoint endpoint,
      String service,
      LlmRequest request,
      InboundStream stream,
      boolean anywhere) {
    this.endpoint = endpoint;
    this.service = service;
    this.request = request;
    this.stream = stream;
    maxTries = !anywhere ? 0 : endpoint.isClustered() ? MAX_TRIES : 1;
  }

  void start() {
    send(service, maxTries > 0);
  }

  private void send(String address, boolean local) {
    FrameCodec.Opening opening = stream.nextOpening();
    DeliveryOptions options =
        FrameCodec.openingOptions(opening, endpoint.settings()).setLocalOnly(local);
    if (!address.equals(service)) {
      asked.add(address);
      FrameCodec.addService(options, service);
    }
    waiting++;
    Future<Message<Object>> reply = endpoint.bus().request(address, request, options);
    if (reply.isComplete()) { // No handler: the caller must get the stream before its failure.
      endpoint.context().runOnContext(v -> reply.onComplete(r -> onReply(opening, address, r)));
    } else {
      reply.onComplete(result -> onReply(opening, address, result));
    }
  }

  /** Asks another producer, now or in a moment; returns false if enough were asked. */
  private boolean askNext() {
    if (tries == maxTries) {
      return false;
    }
    if (tries < 2 || endpoint.producers().latest(service, asked) != null) {
      ask();
    } else {
      setTimer(SETTLING.multipliedBy(tries - 1));
    }
    return true;
  }

  private void ask() {
    String known = tries == 0 ? null : endpoint.producers().latest(service, asked);
    tries++;
    send(known == null ? service : known, false);
    if (endpoint.isClustered()) {
      Duration timeout = endpoint.settings().openTimeout();
      setTimer(tries == 1 ? timeout : timeout.dividedBy(2));
    }
  }

  private void setTimer(Duration delay) {
    endpoint.cancelTimer(timer);
    timer = endpoint.setTimer(delay, this::onTimer);
  }

  private void onTimer() {
    if (stream.isOpening() && tries < maxTries) {
      endpoint.guard(stream, this::ask);
    }
  }

  private void onReply(
      FrameCodec.Opening opening, String address, AsyncResult<Message<Object>> reply) {
    endpoint.guard(
        stream,
        () -> {
          waiting--;
          if (reply.succeeded()) {
            accepted(opening, FrameCodec.peer(reply.result()));
          } else {
            refused(opening, address, reply.cause());
          }
        });
  }

  private void accepted(FrameCodec.Opening opening, String peer) {
    if (stream.isOpening()) {
      endpoint.cancelTimer(timer);
      if (maxTries > 0 && peer != null && endpoint.isClustered()) {
        endpoint.producers().accepted(service, peer);
      }
      stream.accepted(opening.stream(), peer);
    } else if (peer != null) {
      endpoint.send(peer, null, FrameCodec.cancelOptions(opening.stream(), endpoint.address()));
    }
  }

  private void refused(FrameCodec.Opening opening, String address, Throwable cause) {
    if (!stream.isOpening()) {
      return;
    }
    stream.forget(opening.stream());
    Failure failure = FrameCodec.refusal(cause);
    boolean elsewhere = mayBeServedElsewhere(cause, failure);
    if (elsewhere && !address.equals(service)) {
      endpoint.producers().lost(address);
    }
    boolean asking = elsewhere && (askNext() || waiting > 0);
    if (!asking) {
      endpoint.cancelTimer(timer);
      stream.refused(failure);
    }
  }

  /** Whether the reason is the node, and not the request. */
  private boolean mayBeServedElsewhere(Throwable cause, Failure failure) {
    boolean replied =
        cause instanceof ReplyException e && e.failureType() == ReplyFailure.RECIPIENT_FAILURE;
    if (!replied) {
      // Without a cluster there is nothing beyond the local handlers.
      return endpoint.isClustered() || !isNoHandlers(cause);
    }
    return failure.kind() == FailureKind.UNAVAILABLE
        || (failure.kind() == FailureKind.SATURATED && endpoint.isClustered());
  }

  private static boolean isNoHandlers(Throwable cause) {
    return cause instanceof ReplyException e && e.failureType() == ReplyFailure.NO_HANDLERS;
  }
}
