package io.llmrelay.failover;

import io.llmrelay.chat.AnswerEnd;
import io.llmrelay.chat.AnswerHead;
import io.llmrelay.chat.Attempt;
import io.llmrelay.chat.Block;
import io.llmrelay.chat.ChatSink;
import io.llmrelay.chat.Chunks;
import io.llmrelay.chat.Failure;
import io.llmrelay.observe.RelayEvent;
import io.llmrelay.observe.RelayListener;
import io.llmrelay.observe.impl.Listeners;
import java.util.List;

/**
 * The consumer and the listener of a copy of a request: discards the answer and reports nothing but
 * the end of the attempt, as that of a shadow.
 */
final class Shadow implements ChatSink, RelayListener {
  private final String requestId;
  private final Listeners listeners;

  /**
   * @param requestId the id of the request that is copied
   * @param listeners notified of the end of the copy
   */
  Shadow(String requestId, Listeners listeners) {
    this.requestId = requestId;
    this.listeners = listeners;
  }

  /** Returns the listeners of the copy. */
  Listeners own() {
    return new Listeners(List.of(this));
  }

  @Override
  public void onRequestEnd(RelayEvent.RequestEnd event) {
    for (Attempt attempt : event.trail()) {
      if (attempt.result() != Attempt.Result.SKIPPED) {
        listeners.deliver(new RelayEvent.ShadowEnd(requestId, attempt));
      }
    }
  }

  @Override
  public int window() {
    return Integer.MAX_VALUE;
  }

  @Override
  public void opened(AnswerHead head) {}

  @Override
  public void block(Block block) {}

  @Override
  public void chunks(Chunks chunks) {}

  @Override
  public void ended(AnswerEnd end) {}

  @Override
  public void failed(Failure failure) {}
}
