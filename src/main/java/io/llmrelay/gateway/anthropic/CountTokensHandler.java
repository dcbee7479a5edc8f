package io.llmrelay.gateway.anthropic;

import io.llmrelay.LlmRelay;
import io.llmrelay.chat.TokenUsage;
import io.llmrelay.gateway.front.CallerRules;
import io.llmrelay.gateway.server.RequestBody;
import io.llmrelay.gateway.server.RequestScope;
import io.vertx.core.Handler;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import java.util.Locale;
import java.util.function.IntSupplier;

/**
 * Serves {@code POST /v1/messages/count_tokens}. The header {@code x-relay-usage-source} says
 * whether a backend has counted ({@code provider}) or the relay has estimated ({@code estimated}).
 */
public final class CountTokensHandler implements Handler<RoutingContext> {
  private static final String SOURCE = "x-relay-usage-source";

  private final LlmRelay relay;
  private final IntSupplier maxBodyBytes;

  /**
   * @param maxBodyBytes supplies the current body limit; called for each request
   */
  public CountTokensHandler(LlmRelay relay, IntSupplier maxBodyBytes) {
    this.relay = relay;
    this.maxBodyBytes = maxBodyBytes;
  }

  @Override
  public void handle(RoutingContext ctx) {
    RequestScope scope = RequestScope.of(ctx);
    RequestBody.read(ctx, maxBodyBytes.getAsInt())
        .map(body -> MessagesFront.read(body, ctx.request().headers(), true).request())
        .map(request -> CallerRules.apply(request, scope, ctx.request()))
        .compose(relay::countTokens)
        .onSuccess(tokens -> send(ctx.response(), tokens))
        .onFailure(ctx::fail);
  }

  private static void send(HttpServerResponse response, TokenUsage tokens) {
    if (!response.closed()) {
      response
          .putHeader(SOURCE, tokens.source().name().toLowerCase(Locale.ROOT))
          .putHeader(HttpHeaders.CONTENT_TYPE, "application/json")
          .end(new JsonObject().put("input_tokens", tokens.inputTokens()).toBuffer());
    }
  }
}
