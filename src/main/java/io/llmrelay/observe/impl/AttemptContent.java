package io.llmrelay.observe.impl;

import io.llmrelay.chat.AnswerEnd;
import io.llmrelay.chat.AnswerHead;
import io.llmrelay.chat.Block;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.ChatSink;
import io.llmrelay.chat.Chunks;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FinishReason;
import io.vertx.core.buffer.Buffer;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The content of one attempt, for its span: that of the request is recorded at the start, that of
 * the answer collected, up to a limit, and recorded at the end.
 */
public final class AttemptContent {
  private final ContentRecorder recorder;
  private final String requestId;
  private final int number;
  private final int max;
  private final Map<Block, Buffer> answer = new LinkedHashMap<>();
  private int collected;
  private boolean cut;
  private FinishReason finishReason;

  private AttemptContent(ContentRecorder recorder, String requestId, int number, int max) {
    this.recorder = recorder;
    this.requestId = requestId;
    this.number = number;
    this.max = max;
  }

  /** Records the content of the request. */
  static AttemptContent of(
      ContentRecorder recorder, String requestId, int number, ChatRequest request, int max) {
    AttemptContent content = new AttemptContent(recorder, requestId, number, max);
    content.record("gen_ai.system_instructions", MessageContent.instructions(request, max));
    content.record("gen_ai.input.messages", MessageContent.input(request, max));
    return content;
  }

  private void record(String attribute, String json) {
    if (json != null) {
      recorder.content(requestId, number, attribute, json);
    }
  }

  /** Records what was received of the answer. */
  public void end() {
    record("gen_ai.output.messages", MessageContent.output(answer, cut, finishReason, max));
  }

  private void collect(Chunks chunks) {
    Buffer data = chunks.data();
    int length = Math.min(data.length(), max - collected);
    Buffer text = answer.get(chunks.block());
    if (text != null && length > 0) {
      collected += length;
      text.appendBuffer(data, 0, length);
    }
    cut |= text != null && length < data.length();
  }

  /** Returns a sink that collects the answer, and passes everything on. */
  public ChatSink recording(ChatSink sink) {
    return new ChatSink() {
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
        if (MessageContent.isContent(block)) {
          if (collected < max) {
            collected += MessageContent.PART_CHARACTERS;
            answer.put(block, Buffer.buffer());
          } else {
            cut = true;
          }
        }
        sink.block(block);
      }

      @Override
      public void chunks(Chunks chunks) {
        collect(chunks);
        sink.chunks(chunks);
      }

      @Override
      public void ended(AnswerEnd end) {
        finishReason = end.finishReason();
        sink.ended(end);
      }

      @Override
      public void failed(Failure failure) {
        sink.failed(failure);
      }
    };
  }
}
