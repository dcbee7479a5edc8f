package io.llmrelay.gateway;

import io.llmrelay.LlmRelay;
import io.llmrelay.chat.ChatCompletion;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Promise;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import java.util.function.IntSupplier;

/**
 * {@code POST /v1/chat/completions}.
 *
 * <p>The client's connection is what the run hangs on: when it closes before the answer is
 * complete, the run is cancelled, be it still looking for a backend or in mid-answer.
 */
final class ChatHandler implements Handler<RoutingContext> {
  private final LlmRelay relay;
  private final IntSupplier maxBodyBytes;
  private final OpenAnswers open;

  ChatHandler(LlmRelay relay, IntSupplier maxBodyBytes, OpenAnswers open) {
    this.relay = relay;
    this.maxBodyBytes = maxBodyBytes;
    this.open = open;
  }

  @Override
  public void handle(RoutingContext ctx) {
    HttpServerResponse response = ctx.response();
    Promise<Void> gone = Promise.promise();
    // An HTTP/2 stream may close, and so fail this, before the end of a complete response is told.
    ctx.addEndHandler(
        over -> {
          if (!response.ended()) {
            gone.tryComplete();
          }
        });
    Visit visit = Visit.of(ctx);
    JsonBody.read(
            ctx.vertx(), ctx.request(), maxBodyBytes.getAsInt(), visit::hold, JsonBody.TIMEOUT_MS)
        .map(body -> ChatCall.of(permitted(body, visit, response)))
        .map(call -> labelled(call, visit.consumer(), response))
        .compose(call -> answer(call, ctx.request(), visit, gone.future()))
        .onFailure(
            error -> {
              gone.tryComplete();
              ApiError.of(error).send(response);
            });
  }

  /** Ignores what the key may not override, with a warning. */
  private static JsonObject permitted(JsonObject body, Visit visit, HttpServerResponse response) {
    List<String> ignored = ChatCall.withoutOverrides(body, visit::mayOverride);
    if (!ignored.isEmpty()) {
      AnswerHeaders.warn(
          response, String.join(", ", ignored) + " ignored: the key may not override it");
    }
    return body;
  }

  /** Tells hooks who asks, and by which id the caller knows the request. */
  private static ChatCall labelled(ChatCall call, String consumer, HttpServerResponse response) {
    String id = response.headers().get(RequestIds.HEADER);
    return consumer == null && id == null ? call : call.labelled(consumer, id);
  }

  /** What goes wrong while an answer is handed over fails the future, like all that came before. */
  private Future<Void> answer(
      ChatCall call, HttpServerRequest request, Visit visit, Future<Void> gone) {
    long created = System.currentTimeMillis() / 1000;
    if (call.stream()) {
      return relay.stream(call.request(), gone)
          .map(
              stream -> {
                new StreamedAnswer(
                        request, stream, created, call.includeUsage(), visit.heartbeat(), open)
                    .send();
                return null;
              });
    }
    return relay
        .generate(call.request(), gone)
        .map(
            answer -> {
              send(request.response(), answer, created);
              return null;
            });
  }

  private static void send(HttpServerResponse response, ChatCompletion answer, long created) {
    if (!response.closed()) {
      AnswerHeaders.put(
          response,
          answer.id(),
          answer.backend(),
          answer.model(),
          answer.warning(),
          answer.trail());
      response
          .putHeader(HttpHeaders.CONTENT_TYPE, "application/json")
          .end(Completions.toJson(answer, created).toBuffer());
    }
  }
}
