package io.llmrelay.chaos;

import io.llmrelay.LlmRelay;
import io.llmrelay.LlmStream;
import io.llmrelay.chat.ChatCompletion;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.LlmException;
import io.llmrelay.chat.TokenUsage;
import io.vertx.core.json.JsonObject;

/** A client of the relay that sends a request and observes its outcome. */
interface TestClient {
  /** Sends a request, for a stream or a whole answer. */
  Observation ask(JsonObject request, boolean streaming);

  /** Returns a client on the event bus. */
  static TestClient onBus(LlmRelay relay) {
    return (json, streaming) -> {
      ChatRequest request = ChatRequest.fromJson(json);
      Observation observed = new Observation();
      if (streaming) {
        relay.stream(request)
            .onComplete(stream -> read(stream, observed), e -> failed(observed, e));
      } else {
        relay
            .generate(request)
            .onComplete(whole -> whole(whole, observed), e -> failed(observed, e));
      }
      return observed;
    };
  }

  private static void read(LlmStream stream, Observation observed) {
    observed.backend = stream.backend();
    stream
        .exceptionHandler(e -> failed(observed, e))
        .endHandler(
            end -> {
              observed.finish = stream.finishReason().code();
              usage(stream.usage(), observed);
              observed.terminal();
            })
        .handler(observed.text::appendBuffer);
  }

  private static void whole(ChatCompletion whole, Observation observed) {
    observed.backend = whole.backend();
    observed.finish = whole.finishReason().code();
    observed.text.appendString(whole.text());
    observed.reasoning = new StringBuilder(whole.reasoning());
    usage(whole.usage(), observed);
    observed.terminal();
  }

  private static void usage(TokenUsage usage, Observation observed) {
    observed.outputTokens =
        usage.source() == TokenUsage.Source.PROVIDER ? usage.outputTokens() : -1;
  }

  private static void failed(Observation observed, Throwable error) {
    Failure failure = LlmException.failureOf(error);
    observed.retryAfterMs = failure.retryAfterMs();
    observed.failed(failure.kind().code());
  }
}
