package io.llmrelay;

import io.llmrelay.chat.AnswerCollector;
import io.llmrelay.chat.AnswerEnd;
import io.llmrelay.chat.AnswerHead;
import io.llmrelay.chat.Block;
import io.llmrelay.chat.ChatCompletion;
import io.llmrelay.chat.ChatExchange;
import io.llmrelay.chat.Chunks;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FailureKind;
import io.vertx.core.Promise;
import io.vertx.core.internal.ContextInternal;

/** Collects an answer and completes the caller's future with it. */
final class WholeAnswer implements CallerSink {
  private final Promise<ChatCompletion> promise;
  private final AnswerCollector answer;
  private ChatExchange exchange;

  WholeAnswer(Promise<ChatCompletion> promise) {
    this.promise = promise;
    answer =
        new AnswerCollector(
            promise::tryComplete, failure -> promise.tryFail(failure.toException()));
  }

  @Override
  public void opening(ContextInternal endpointContext, ChatExchange opened, Runnable onOver) {
    exchange = opened;
    promise.future().onComplete(done -> onOver.run());
  }

  @Override
  public int window() {
    return answer.window();
  }

  @Override
  public void opened(AnswerHead head) {
    answer.opened(head);
  }

  @Override
  public void block(Block block) {
    answer.block(block);
  }

  @Override
  public void chunks(Chunks chunks) {
    answer.chunks(chunks);
  }

  @Override
  public void ended(AnswerEnd end) {
    answer.ended(end);
  }

  @Override
  public void failed(Failure failure) {
    answer.failed(failure);
  }

  @Override
  public void onCancel() {
    exchange.cancel("the caller cancelled");
    failed(Failure.of(FailureKind.CANCELLED, "the caller cancelled"));
  }
}
