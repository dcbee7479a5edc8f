package io.llmrelay;

import io.llmrelay.bus.BusEndpoint;
import io.llmrelay.bus.Chunks;
import io.llmrelay.bus.InboundStream;
import io.llmrelay.chat.AnswerCollector;
import io.llmrelay.chat.ChatCompletion;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FailureKind;
import io.vertx.core.Promise;
import io.vertx.core.json.JsonObject;

/** Puts a whole answer together and completes the caller's future. */
final class WholeAnswer implements Answer {
  private final Promise<ChatCompletion> promise;
  private final AnswerCollector answer = new AnswerCollector();
  private InboundStream stream;

  WholeAnswer(Promise<ChatCompletion> promise) {
    this.promise = promise;
  }

  @Override
  public void opening(BusEndpoint endpoint, InboundStream opened, Runnable onOver) {
    stream = opened;
    promise.future().onComplete(done -> onOver.run());
  }

  @Override
  public void opened(JsonObject body) {
    answer.open(body);
  }

  @Override
  public void chunks(Chunks chunks) {
    answer.chunk(chunks.kind(), chunks.data());
    stream.consumed();
  }

  @Override
  public void ended(JsonObject body) {
    promise.tryComplete(ChatCompletion.fromJson(answer.end(body)));
  }

  @Override
  public void failed(Failure failure) {
    promise.tryFail(failure.toException());
  }

  @Override
  public void cancelled() {
    stream.cancel();
    failed(Failure.of(FailureKind.CANCELLED, "the caller cancelled"));
  }
}
