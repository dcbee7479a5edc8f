package io.llmrelay.gateway.front;

import io.llmrelay.LlmRelay;
import io.llmrelay.chat.ChatCompletion;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.LlmException;
import io.llmrelay.gateway.server.OpenStreams;
import io.llmrelay.gateway.server.RelayHeaders;
import io.llmrelay.gateway.server.RequestBody;
import io.llmrelay.gateway.server.RequestScope;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import java.util.function.IntSupplier;

/**
 * Serves the requests for answers of one front.
 *
 * <p>If the client's connection closes before the response is complete, the run is cancelled,
 * whether it is still choosing a backend or already streaming.
 */
public final class ChatHandler implements Handler<RoutingContext> {
  private final Front front;
  private final LlmRelay relay;
  private final IntSupplier maxBodyBytes;
  private final OpenStreams streams;
  private final EventBuffers buffers = new EventBuffers();

  /**
   * @param maxBodyBytes supplies the current body limit; called for each request
   */
  public ChatHandler(Front front, LlmRelay relay, IntSupplier maxBodyBytes, OpenStreams streams) {
    this.front = front;
    this.relay = relay;
    this.maxBodyBytes = maxBodyBytes;
    this.streams = streams;
  }

  @Override
  public void handle(RoutingContext ctx) {
    HttpServerResponse response = ctx.response();
    Promise<Void> disconnected = RequestScope.disconnected(ctx);
    RequestScope scope = RequestScope.of(ctx);
    RequestBody.read(ctx, maxBodyBytes.getAsInt())
        .map(body -> front.read(body, ctx.request().headers()))
        .compose(
            read ->
                respond(read, ctx.request(), scope, disconnected.future())
                    .recover(error -> sendRefusal(read, response, error)))
        .onFailure(
            error -> {
              disconnected.tryComplete();
              ctx.fail(error);
            });
  }

  /** Starts the run and sends its answer; any exception on the way fails the future. */
  private Future<Void> respond(
      FrontRequest read, HttpServerRequest http, RequestScope scope, Future<Void> disconnected) {
    long created = System.currentTimeMillis() / 1000;
    ChatRequest request = CallerRules.apply(read.request(), scope, http);
    if (read.stream()) {
      return relay.stream(request, disconnected)
          .map(
              stream -> {
                scope.releaseBody();
                EventEncoder encoder = read.encoder(stream, created);
                new EventStreamResponse(
                        front, http, stream, encoder, scope.hasHeartbeat(), streams, buffers)
                    .send();
                return null;
              });
    }
    return relay
        .generate(request, disconnected)
        .map(
            completion -> {
              send(http, completion, read.toJson(completion, created));
              return null;
            });
  }

  /** Sends the answer that stands for a provider's refusal, if the API has one. */
  private static Future<Void> sendRefusal(
      FrontRequest read, HttpServerResponse response, Throwable error) {
    boolean refused =
        error instanceof LlmException e
            && e.failure().kind() == FailureKind.CONTENT_FILTER
            && e.failure().status() < 400;
    Failure failure = LlmException.failureOf(error);
    Buffer body = refused && !response.headWritten() ? read.refusal(failure) : null;
    if (body == null) {
      return Future.failedFuture(error);
    }
    if (!response.closed()) {
      RelayHeaders.put(
          response, failure.requestId(), failure.backend(), failure.model(), null, failure.trail());
      response
          .putHeader(
              HttpHeaders.CONTENT_TYPE,
              read.stream() ? "text/event-stream; charset=utf-8" : "application/json")
          .end(body);
    }
    return Future.succeededFuture();
  }

  private void send(HttpServerRequest http, ChatCompletion completion, JsonObject body) {
    HttpServerResponse response = http.response();
    if (!response.closed()) {
      RelayHeaders.put(
          response,
          completion.id(),
          completion.backend(),
          completion.model(),
          completion.warning(),
          completion.trail());
      RelayHeaders.putCost(response, completion.costUsd());
      response.putHeader(HttpHeaders.CONTENT_TYPE, "application/json");
      WholeResponse.send(http, body.toBuffer(), streams);
    }
  }
}
