package io.llmrelay;

import io.llmrelay.bus.BusSettings;
import io.llmrelay.chat.ChatCompletion;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.Plan;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;

/** The client behind {@link LlmRelay}. */
final class RelayClient implements LlmRelay {
  RelayClient(Vertx vertx, String prefix, BusSettings settings) {}

  @Override
  public Future<LlmStream> stream(ChatRequest request, Future<?> cancelOn) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Future<ChatCompletion> generate(ChatRequest request, Future<?> cancelOn) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Future<Plan> plan(ChatRequest request) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Future<JsonObject> health() {
    throw new UnsupportedOperationException();
  }

  @Override
  public Future<Void> close() {
    throw new UnsupportedOperationException();
  }
}
