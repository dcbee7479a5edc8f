package io.llmrelay.provider;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.chat.AnswerEnd;
import io.llmrelay.chat.BlockKind;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.FinishReason;
import io.llmrelay.chat.TokenUsage;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.provider.error.ErrorClassifier;
import io.vertx.core.buffer.Buffer;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class AnswerTest {
  private static final String FACE = "\uD83D\uDE00";

  private final Answer answer =
      new Answer(new ErrorClassifier(new BackendOptions(), Clock.systemUTC()));

  private List<String> drain() {
    List<String> pieces = new ArrayList<>();
    answer.drain(chunks -> pieces.add(chunks.kind().code() + ":" + chunks.data()));
    return pieces;
  }

  @Test
  void joinsWhatIsOfOneKindAndKeepsTheOrder() {
    answer.text(BlockKind.REASONING, "a");
    answer.text(BlockKind.REASONING, "b");
    answer.text(BlockKind.TEXT, "c");
    answer.text(BlockKind.TEXT, "");
    answer.text(BlockKind.TEXT, "d");
    answer.text(BlockKind.REASONING, "e");
    assertThat(drain()).containsExactly("reasoning:ab", "text:cd", "reasoning:e");
    assertThat(drain()).isEmpty();
  }

  @Test
  void writesEveryWidthOfUtf8() {
    String all = "a\u007F\u0080\u07FF\u0800\uFFFD\uD7FF\uE000" + FACE + "\uDBFF\uDFFF";
    answer.text(BlockKind.TEXT, all.repeat(100));
    Buffer bytes = Buffer.buffer();
    answer.drain(chunks -> bytes.appendBuffer(chunks.data()));
    assertThat(bytes).isEqualTo(Buffer.buffer(all.repeat(100)));
  }

  @Test
  void joinsTheHalvesOfACharacter() {
    answer.text(BlockKind.TEXT, "x" + FACE.charAt(0));
    assertThat(drain()).containsExactly("text:x");
    answer.text(BlockKind.REASONING, "y");
    answer.text(BlockKind.TEXT, "");
    answer.text(BlockKind.TEXT, FACE.charAt(1) + "z");
    assertThat(drain()).containsExactly("reasoning:y", "text:" + FACE + "z");
  }

  @Test
  void halvesOfDifferentKindsDoNotJoin() {
    answer.text(BlockKind.TEXT, FACE.substring(0, 1));
    answer.text(BlockKind.REASONING, FACE.substring(1));
    answer.text(BlockKind.TEXT, "x");
    assertThat(drain()).containsExactly("reasoning:\uFFFD", "text:\uFFFDx");
  }

  @Test
  void halfACharacterAtTheEndIsReplaced() {
    answer.text(BlockKind.TEXT, "x" + FACE.charAt(0));
    answer.finish(FinishReason.STOP);
    answer.end();
    assertThat(drain()).containsExactly("text:x\uFFFD");
  }

  @Test
  void theGreatestOfEachCountStands() {
    answer.usage(usage(1, 2));
    answer.usage(usage(3, 0));
    answer.usage(usage(0, 0));
    answer.finish(FinishReason.STOP);
    answer.end();
    assertThat(answer.result().toJson().getJsonObject("usage")).isEqualTo(usage(3, 2).toJson());
  }

  private static TokenUsage usage(long input, long output) {
    return new TokenUsage(input, output, 0, 0, 0, TokenUsage.Source.PROVIDER);
  }

  @Test
  void saysNothingOfWhatItDoesNotKnow() {
    answer.finish(FinishReason.STOP);
    answer.end();
    assertThat(answer.result())
        .isEqualTo(AnswerEnd.ofBackend(FinishReason.STOP, TokenUsage.NONE, null, 0));
    assertThat(answer.result().toJson().fieldNames()).containsExactly("finish_reason", "usage");
  }

  @Test
  void aStopAfterToolCallsIsToolCalls() {
    answer.call("a", "f", null);
    answer.finish(FinishReason.STOP);
    answer.end();
    assertThat(answer.result().toJson().getString("finish_reason")).isEqualTo("tool_calls");
  }

  @Test
  void anEndAfterTextIsAStopAndAnEndAfterNothingIsNone() {
    answer.end();
    assertThat(answer.failure().kind()).isEqualTo(FailureKind.NETWORK);
    Answer other = new Answer(new ErrorClassifier(new BackendOptions(), Clock.systemUTC()));
    other.text(BlockKind.TEXT, "x");
    other.end();
    assertThat(other.failure()).isNull();
    assertThat(other.result().toJson().getString("finish_reason")).isEqualTo("stop");
  }

  @Test
  void theFirstEndCounts() {
    answer.usage(usage(1, 2));
    byte[] error = Buffer.buffer("{\"error\":\"x\"}").getBytes();
    answer.error(error, 0, error.length);
    answer.finish(FinishReason.STOP);
    answer.end();
    assertThat(answer.complete()).isFalse();
    assertThat(answer.failure().kind()).isEqualTo(FailureKind.SERVER_ERROR);
    assertThat(answer.failure().usage()).isEqualTo(usage(1, 2));
  }
}
