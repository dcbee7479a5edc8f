package io.llmrelay.failover;

import io.llmrelay.chat.AnswerEnd;
import io.llmrelay.chat.AnswerHead;
import io.llmrelay.chat.Block;
import io.llmrelay.chat.ChatSink;
import io.llmrelay.chat.Chunks;
import io.llmrelay.chat.Failure;

/** The sink of a consumer, with a transcript of what it received. */
record RecordingSink(ChatSink sink, Transcript transcript) implements ChatSink {
  @Override
  public int window() {
    return sink.window();
  }

  @Override
  public void opened(AnswerHead head) {
    sink.opened(head);
  }

  @Override
  public void block(Block block) {
    transcript.block(block);
    sink.block(block);
  }

  @Override
  public void chunks(Chunks chunks) {
    transcript.chunks(chunks);
    sink.chunks(chunks);
  }

  @Override
  public void ended(AnswerEnd end) {
    sink.ended(end);
  }

  @Override
  public void failed(Failure failure) {
    sink.failed(failure);
  }
}
