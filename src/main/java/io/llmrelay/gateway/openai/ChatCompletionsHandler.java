package io.llmrelay.gateway.openai;

import io.llmrelay.LlmRelay;
import io.llmrelay.chat.ChatCompletion;
import io.llmrelay.gateway.server.OpenStreams;
import io.llmrelay.gateway.server.RelayHeaders;
import io.llmrelay.gateway.server.RequestBody;
import io.llmrelay.gateway.server.RequestIds;
import io.llmrelay.gateway.server.RequestScope;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Promise;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntSupplier;

/**
 * Serves {@code POST /v1/chat/completions}.
 *
 * <p>If the client's connection closes before the response is complete, the run is cancelled,
 * whether it is still choosing a backend or already streaming.
 */
public final class ChatCompletionsHandler implements Handler<RoutingContext> {
  private final LlmRelay relay;
  private final IntSupplier maxBodyBytes;
  private final OpenStreams streams;

  /**
   * @param maxBodyBytes supplies the current body limit; called for each request
   */
  public ChatCompletionsHandler(LlmRelay relay, IntSupplier maxBodyBytes, OpenStreams streams) {
    this.relay = relay;
    this.maxBodyBytes = maxBodyBytes;
    this.streams = streams;
  }

  @Override
  public void handle(RoutingContext ctx) {
    HttpServerResponse response = ctx.response();
    Promise<Void> disconnected = Promise.promise();
    // An HTTP/2 stream may close before the end of a complete response is reported.
    ctx.addEndHandler(
        end -> {
          if (!response.ended()) {
            disconnected.tryComplete();
          }
        });
    RequestScope scope = RequestScope.of(ctx);
    RequestBody.read(
            ctx.vertx(),
            ctx.request(),
            maxBodyBytes.getAsInt(),
            scope::reserveBody,
            RequestBody.TIMEOUT_MS)
        .map(body -> params(body, scope, response))
        .compose(params -> respond(params, ctx.request(), scope, disconnected.future()))
        .onFailure(
            error -> {
              disconnected.tryComplete();
              OpenAiError.send(response, error);
            });
  }

  /** Reads the parameters, without what the key may not override, and with the labels for hooks. */
  private static ChatCompletionParams params(
      byte[] body, RequestScope scope, HttpServerResponse response) {
    List<String> removed = new ArrayList<>();
    ChatCompletionParams params =
        ChatCompletionParams.of(body).withoutOverrides(scope::mayOverride, removed);
    if (!removed.isEmpty()) {
      RelayHeaders.addWarning(
          response, String.join(", ", removed) + " ignored: the key may not override it");
    }
    return params.withLabels(scope.keyName(), response.headers().get(RequestIds.HEADER));
  }

  /** Starts the run and sends its answer; any exception on the way fails the future. */
  private Future<Void> respond(
      ChatCompletionParams params,
      HttpServerRequest request,
      RequestScope scope,
      Future<Void> disconnected) {
    long created = System.currentTimeMillis() / 1000;
    if (params.stream()) {
      boolean includeUsage = params.includeUsage();
      return relay.stream(params.request(), disconnected)
          .map(
              stream -> {
                scope.releaseBody();
                new EventStreamResponse(
                        request, stream, created, includeUsage, scope.hasHeartbeat(), streams)
                    .send();
                return null;
              });
    }
    return relay
        .generate(params.request(), disconnected)
        .map(
            completion -> {
              send(request.response(), completion, created);
              return null;
            });
  }

  private static void send(HttpServerResponse response, ChatCompletion completion, long created) {
    if (!response.closed()) {
      RelayHeaders.put(
          response,
          completion.id(),
          completion.backend(),
          completion.model(),
          completion.warning(),
          completion.trail());
      response
          .putHeader(HttpHeaders.CONTENT_TYPE, "application/json")
          .end(CompletionJson.toJson(completion, created).toBuffer());
    }
  }
}
