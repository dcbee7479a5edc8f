package io.llmrelay.chat;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.vertx.core.buffer.Buffer;
import java.util.Arrays;
import java.util.function.Consumer;

/**
 * A sink that collects the embeddings of a request from the blocks of a relay's answer. It grows
 * with the answer; whoever feeds it has a bound.
 */
public final class EmbeddingCollector implements ChatSink {
  private final Consumer<Embeddings> onComplete;
  private final Consumer<Failure> onFailure;
  private final Buffer lines = Buffer.buffer();
  private AnswerHead head;

  /** A collector that passes on the embeddings or the failure, whichever comes. */
  public EmbeddingCollector(Consumer<Embeddings> onComplete, Consumer<Failure> onFailure) {
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
  public void block(Block block) {}

  @Override
  public void chunks(Chunks chunks) {
    if (chunks.kind() == BlockKind.EMBEDDING) {
      lines.appendBuffer(chunks.data());
    }
  }

  @Override
  public void ended(AnswerEnd end) {
    onComplete.accept(
        new Embeddings(
            head.id(),
            head.backend(),
            head.model(),
            Arrays.asList(vectors(lines.getBytes())),
            end.usage(),
            end.costUsd(),
            end.trail(),
            head.warning()));
  }

  /** Reads the lines, one for each input and in any order. */
  private static Embedding[] vectors(byte[] lines) {
    int count = 0;
    for (byte b : lines) {
      count += b == '\n' ? 1 : 0;
    }
    Embedding[] vectors = new Embedding[count];
    for (int at = 0; at < lines.length; at++) {
      int index = 0;
      for (; lines[at] != ' '; at++) {
        index = 10 * index + lines[at] - '0';
      }
      int from = ++at;
      while (lines[at] != '\n') {
        at++;
      }
      vectors[index] = new Embedding(new String(lines, from, at - from, US_ASCII));
    }
    return vectors;
  }

  @Override
  public void failed(Failure failure) {
    onFailure.accept(failure);
  }
}
