package io.llmrelay.chat;

import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * A sink that collects a whole answer of a relay, whose head names the request, backend and model.
 *
 * <p>Its memory grows with the answer; the service that calls it limits the length of the answer.
 */
public final class AnswerCollector implements ChatSink {
  private final Consumer<ChatCompletion> onComplete;
  private final Consumer<Failure> onFailure;
  private final Map<Block, Buffer> contents = new LinkedHashMap<>();
  private AnswerHead head;

  /** Creates a collector that calls one of the two once, with the completion or the failure. */
  public AnswerCollector(Consumer<ChatCompletion> onComplete, Consumer<Failure> onFailure) {
    this.onComplete = onComplete;
    this.onFailure = onFailure;
  }

  @Override
  public int window() {
    return Integer.MAX_VALUE;
  }

  @Override
  public void opened(AnswerHead opened) {
    head = opened;
  }

  @Override
  public void block(Block block) {
    contents.put(block, Buffer.buffer());
  }

  @Override
  public void chunks(Chunks chunks) {
    contents.get(chunks.block()).appendBuffer(chunks.data());
  }

  @Override
  public void ended(AnswerEnd end) {
    List<ContentBlock> blocks = new ArrayList<>();
    contents.forEach((block, text) -> blocks.add(new ContentBlock(block, text.toString())));
    onComplete.accept(
        new ChatCompletion(
            head.id(),
            head.backend(),
            head.model(),
            blocks,
            end.finishReason(),
            end.usage(),
            end.costUsd(),
            end.trail(),
            head.warning(),
            end.malformed()));
  }

  @Override
  public void failed(Failure failure) {
    onFailure.accept(failure);
  }
}
