package io.llmrelay.gateway.openai;

import io.llmrelay.LlmRelay;
import io.llmrelay.chat.EmbeddingRequest;
import io.llmrelay.gateway.front.CallerRules;
import io.llmrelay.gateway.server.GatewayError;
import io.llmrelay.gateway.server.OpenStreams;
import io.llmrelay.gateway.server.RequestBody;
import io.llmrelay.gateway.server.RequestScope;
import io.vertx.core.Handler;
import io.vertx.core.Promise;
import io.vertx.core.json.DecodeException;
import io.vertx.ext.web.RoutingContext;
import java.util.function.IntSupplier;

/**
 * Serves {@code POST /v1/embeddings}. If the client's connection closes before the answer is there,
 * the run is cancelled.
 */
public final class EmbeddingsHandler implements Handler<RoutingContext> {
  private final LlmRelay relay;
  private final IntSupplier maxBodyBytes;
  private final OpenStreams streams;

  /**
   * @param maxBodyBytes supplies the current body limit; called for each request
   */
  public EmbeddingsHandler(LlmRelay relay, IntSupplier maxBodyBytes, OpenStreams streams) {
    this.relay = relay;
    this.maxBodyBytes = maxBodyBytes;
    this.streams = streams;
  }

  @Override
  public void handle(RoutingContext ctx) {
    Promise<Void> disconnected = RequestScope.disconnected(ctx);
    RequestScope scope = RequestScope.of(ctx);
    RequestBody.read(ctx, maxBodyBytes.getAsInt())
        .map(body -> CallerRules.apply(read(body), scope, ctx.request()))
        .compose(
            request ->
                relay
                    .embed(request, disconnected.future())
                    .onSuccess(
                        answer -> {
                          scope.releaseBody();
                          new EmbeddingsResponse(ctx.request(), answer, request.encoding(), streams)
                              .send();
                        }))
        .onFailure(
            error -> {
              disconnected.tryComplete();
              ctx.fail(error);
            });
  }

  private static EmbeddingRequest read(byte[] body) {
    try {
      return EmbeddingRequest.read(body, (field, value) -> false);
    } catch (DecodeException e) {
      throw GatewayError.rejected(400, "invalid_json", e.getMessage());
    }
  }
}
