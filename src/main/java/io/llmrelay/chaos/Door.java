package io.llmrelay.chaos;

import io.llmrelay.LlmRelay;
import io.llmrelay.LlmStream;
import io.llmrelay.chat.ChatCompletion;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.LlmException;
import io.llmrelay.chat.TokenUsage;
import io.vertx.core.json.JsonObject;

/** A way in: sends a request at once, and watches what comes back. */
interface Door {
  Observed ask(JsonObject request, boolean streaming);

  /** Through the client on the event bus. */
  static Door client(LlmRelay relay) {
    return (json, streaming) -> {
      ChatRequest request = ChatRequest.fromJson(json);
      Observed seen = new Observed();
      if (streaming) {
        relay.stream(request).onComplete(stream -> read(stream, seen), e -> failed(seen, e));
      } else {
        relay.generate(request).onComplete(whole -> whole(whole, seen), e -> failed(seen, e));
      }
      return seen;
    };
  }

  private static void read(LlmStream stream, Observed seen) {
    seen.backend = stream.backend();
    stream
        .exceptionHandler(e -> failed(seen, e))
        .endHandler(
            end -> {
              seen.finish = stream.finishReason().code();
              usage(stream.usage(), seen);
              seen.terminal();
            })
        .handler(seen.text::appendBuffer);
  }

  private static void whole(ChatCompletion whole, Observed seen) {
    seen.backend = whole.backend();
    seen.finish = whole.finishReason().code();
    seen.text.appendString(whole.text());
    seen.reasoning = new StringBuilder(whole.reasoning());
    usage(whole.usage(), seen);
    seen.terminal();
  }

  private static void usage(TokenUsage usage, Observed seen) {
    seen.outputTokens = usage.source() == TokenUsage.Source.PROVIDER ? usage.outputTokens() : -1;
  }

  private static void failed(Observed seen, Throwable error) {
    Failure failure = LlmException.failureOf(error);
    seen.retryAfterMs = failure.retryAfterMs();
    seen.failed(failure.kind().code());
  }
}
