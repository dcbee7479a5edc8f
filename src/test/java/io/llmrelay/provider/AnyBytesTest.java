package io.llmrelay.provider;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.chat.BlockKind;
import io.vertx.core.buffer.Buffer;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;

/**
 * Whatever comes, sound or not and however cut: every dialect makes text and exactly one end of it,
 * and the same at every cut.
 */
class AnyBytesTest {
  private static final Map<String, List<Buffer>> SOUND =
      Map.of(
          "openai",
          buffers(Sse.text("a\u00fc"), Sse.reasoning("b"), Sse.finish("stop"), Sse.DONE),
          "anthropic",
          buffers(
              Sse.data(
                  "{\"type\":\"content_block_delta\",\"delta\":{\"type\":\"text_delta\",\"text\":\"a\u00fc\"}}"),
              Sse.data("{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"}}"),
              Sse.data("{\"type\":\"message_stop\"}")),
          "openai-responses",
          buffers(
              Sse.data(
                  "{\"type\":\"response.output_text.delta\",\"output_index\":0,\"delta\":\"a\u00fc\"}"),
              Sse.data(
                  "{\"type\":\"response.completed\",\"response\":{\"status\":\"completed\"}}")),
          "gemini",
          buffers(
              Sse.data("{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"a\u00fc\"}]}}]}"),
              Sse.data("{\"candidates\":[{\"finishReason\":\"STOP\"}]}"),
              "{\"error\":{\"code\":503}}\r\n\r\n"),
          "ollama",
          buffers(
              "{\"message\":{\"content\":\"a\u00fc\",\"thinking\":\"b\"},\"done\":false}\n",
              "{\"done\":true,\"done_reason\":\"stop\",\"eval_count\":1}\n",
              "{\"error\":\"no\"}\n"),
          "cloudflare",
          buffers(
              Sse.data("{\"response\":\"a\u00fc\"}"),
              Sse.data("{\"response\":\"\",\"usage\":{\"completion_tokens\":1}}"),
              Sse.text("c"),
              Sse.DONE),
          "cohere",
          buffers(
              Sse.data(
                  "{\"type\":\"content-delta\",\"delta\":{\"message\":{\"content\":{\"text\":\"a\u00fc\"}}}}"),
              Sse.data("{\"type\":\"message-end\",\"delta\":{\"finish_reason\":\"COMPLETE\"}}")),
          "bedrock",
          List.of(
              AwsFrames.text("a\u00fc"),
              AwsFrames.stop("end_turn"),
              AwsFrames.usage(1, 1),
              AwsFrames.exception("throttlingException", "{}")));

  private static List<Buffer> buffers(String... texts) {
    return Arrays.stream(texts).map(Buffer::buffer).toList();
  }

  /** A body, and where it is cut. */
  record Body(String dialect, Buffer bytes, List<Integer> cuts) {
    @Override
    public String toString() {
      return dialect + " " + cuts + " " + bytes;
    }
  }

  @Provide
  Arbitrary<Body> bodies() {
    return Arbitraries.of(Dialects.names())
        .flatMap(
            dialect ->
                Combinators.combine(
                        piece(SOUND.get(dialect)).list().ofMaxSize(8),
                        Arbitraries.integers().between(1, 40).list().ofMaxSize(20))
                    .as(
                        (pieces, cuts) -> {
                          Buffer all = Buffer.buffer();
                          pieces.forEach(all::appendBuffer);
                          return new Body(dialect, all, cuts);
                        }));
  }

  /** Mostly a sound piece, sometimes one with a wrong byte, sometimes noise. */
  private static Arbitrary<Buffer> piece(List<Buffer> sound) {
    Arbitrary<Buffer> good = Arbitraries.of(sound);
    Arbitrary<Buffer> wrong =
        Combinators.combine(good, Arbitraries.integers().between(0, 10_000), Arbitraries.bytes())
            .as((piece, at, value) -> piece.copy().setByte(at % piece.length(), value));
    Arbitrary<Buffer> noise =
        Arbitraries.bytes().array(byte[].class).ofMaxSize(40).map(Buffer::buffer);
    return Arbitraries.frequencyOf(Tuple.of(6, good), Tuple.of(1, wrong), Tuple.of(1, noise));
  }

  @Property(tries = 2_000, edgeCases = EdgeCasesMode.NONE)
  void endsInTextAndOneTerminal(@ForAll("bodies") Body body, @ForAll boolean lost) {
    Reading whole = end(new Reading(body.dialect).more(body.bytes), lost);
    Reading cut = new Reading(body.dialect);
    int from = 0;
    for (int i = 0; from < body.bytes.length(); i++) {
      int size = body.cuts.isEmpty() ? 1 : body.cuts.get(i % body.cuts.size());
      int to = Math.min(body.bytes.length(), from + size);
      cut.more(body.bytes.slice(from, to));
      from = to;
    }
    end(cut, lost);

    for (Reading reading : List.of(whole, cut)) {
      assertThat(reading.over()).isTrue();
      assertThat(reading.result() == null).isNotEqualTo(reading.failure() == null);
    }
    assertThat(cut.finish()).isEqualTo(whole.finish());
    for (BlockKind kind : BlockKind.values()) {
      assertThat(cut.text(kind)).isEqualTo(whole.text(kind));
    }
  }

  private static Reading end(Reading reading, boolean lost) {
    return lost ? reading.lost() : reading.end();
  }
}
