package io.llmrelay.failover;

import io.llmrelay.bus.Chunks;
import io.llmrelay.bus.Frames;
import io.llmrelay.chat.AnswerCollector;
import io.llmrelay.chat.Failure;
import io.vertx.core.eventbus.Message;
import io.vertx.core.json.JsonObject;

/** Collects an answer and replies with the whole of it. The latch bounds what is collected. */
final class ReplySink implements Sink {
  private final Message<?> message;
  private final AnswerCollector answer = new AnswerCollector();

  ReplySink(Message<?> message) {
    this.message = message;
  }

  @Override
  public void open(JsonObject body) {
    answer.open(body);
  }

  @Override
  public void chunks(Chunks chunks) {
    answer.chunk(chunks.kind(), chunks.data());
  }

  @Override
  public boolean full() {
    return false;
  }

  @Override
  public void end(JsonObject body) {
    message.reply(answer.end(body));
  }

  @Override
  public void fail(Failure failure) {
    Frames.refuse(message, failure);
  }
}
