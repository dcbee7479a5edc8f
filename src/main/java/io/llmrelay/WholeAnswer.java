package io.llmrelay;

import io.llmrelay.chat.AnswerEnd;
import io.llmrelay.chat.AnswerHead;
import io.llmrelay.chat.Block;
import io.llmrelay.chat.ChatExchange;
import io.llmrelay.chat.ChatSink;
import io.llmrelay.chat.Chunks;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FailureKind;
import io.vertx.core.Promise;
import io.vertx.core.internal.ContextInternal;
import java.util.function.BiFunction;
import java.util.function.Consumer;

/** Collects an answer and completes the caller's future with it. */
final class WholeAnswer<T> implements CallerSink {
  private final Promise<T> promise;
  private final ChatSink answer;
  private ChatExchange exchange;

  /**
   * @param collector creates a sink that passes on the whole answer or the failure
   */
  WholeAnswer(Promise<T> promise, BiFunction<Consumer<T>, Consumer<Failure>, ChatSink> collector) {
    this.promise = promise;
    answer =
        collector.apply(promise::tryComplete, failure -> promise.tryFail(failure.toException()));
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
