package io.llmrelay.provider;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.chat.BlockKind;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.provider.error.ErrorClassifier;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;

/** Whatever a server sends, a reader neither throws nor leaves open how it ended. */
class HostileBodyTest {

  /** All that came of a body. */
  private static String read(String dialect, Buffer body, int pieces) {
    BackendOptions options = new BackendOptions();
    Answer answer = new Answer(new ErrorClassifier(options, Clock.systemUTC()));
    AnswerDecoder decoder = new AnswerDecoder(Dialects.of(dialect).reader(answer, options), answer);
    Map<BlockKind, Buffer> texts = new EnumMap<>(BlockKind.class);
    for (int from = 0; from < body.length(); from += pieces) {
      decoder.read(body.slice(from, Math.min(body.length(), from + pieces)));
      take(answer, texts);
    }
    decoder.end();
    take(answer, texts);
    assertThat(answer.over()).isTrue();
    JsonObject end = answer.complete() ? answer.result().toJson() : answer.failure().toJson();
    return texts + end.encode();
  }

  private static void take(Answer answer, Map<BlockKind, Buffer> texts) {
    answer.drain(
        chunks -> {
          Buffer text = chunks.data();
          String decoded = text.toString();
          assertThat(decoded.getBytes(StandardCharsets.UTF_8)).isEqualTo(text.getBytes());
          texts.computeIfAbsent(chunks.kind(), k -> Buffer.buffer()).appendBuffer(text);
        });
  }

  @Property
  void endsAndDoesNotDependOnThePieces(
      @ForAll("dialects") String dialect,
      @ForAll("bodies") String body,
      @ForAll @IntRange(min = 1, max = 100) int pieces) {
    Buffer bytes = Buffer.buffer(body);
    assertThat(read(dialect, bytes, pieces)).isEqualTo(read(dialect, bytes, body.length() + 1));
  }

  @Property
  void endsOnAnyBytes(
      @ForAll("dialects") String dialect,
      @ForAll byte[] bytes,
      @ForAll @IntRange(min = 1, max = 20) int pieces) {
    Buffer event = Buffer.buffer("data: ").appendBytes(bytes).appendString("\n\n");
    assertThat(read(dialect, event, pieces)).isEqualTo(read(dialect, event, event.length()));
    Buffer body = Buffer.buffer(bytes);
    assertThat(read(dialect, body, pieces)).isEqualTo(read(dialect, body, bytes.length + 1));
  }

  @Provide
  static Arbitrary<String> dialects() {
    return Arbitraries.of(List.copyOf(Dialects.names()));
  }

  @Provide
  static Arbitrary<String> bodies() {
    Arbitrary<String> events =
        Arbitraries.of(
            Sse.text("x"),
            Sse.text("\uD83D\uDE00"),
            Sse.data("{\"choices\":[{\"delta\":{\"content\":\"\\ud83d\"}}]}"),
            Sse.data("{\"choices\":[{\"delta\":{\"content\":\"\\ude00\"}}]}"),
            Sse.reasoning("r"),
            Sse.finish("stop"),
            Sse.finish("error"),
            Sse.DONE,
            Sse.error(new JsonObject().put("code", 429)),
            Sse.data("{\"usage\":{\"prompt_tokens\":-1,\"completion_tokens\":1e99}}"),
            Sse.data("{\"usage\":{\"prompt_tokens\":99999999999999999999}}"),
            Sse.data("[".repeat(3000)),
            Sse.data("{\"delta\":".repeat(3000)),
            Sse.data("{\"error\":".repeat(3000)),
            Sse.data(
                "{\"choices\":[{\"delta\":{\"content\":[{\"thinking\":[{\"thinking\":\"t\"}]}]}}]}"),
            Sse.data("{\"type\":\"message_start\",\"message\":{\"usage\":{\"input_tokens\":3}}}"),
            Sse.data(
                "{\"type\":\"content_block_delta\",\"delta\":{\"type\":\"text_delta\",\"text\":\"a\"}}"),
            Sse.data("{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"}}"),
            Sse.data("{\"type\":\"message_stop\"}"),
            Sse.data("{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\"}}"),
            "event: error\ndata: x\n\n",
            "error: {\"error\":1}\n\n",
            "{\"error\":{\"code\":500}}\n",
            "{\"choices\":[{\"message\":{\"content\":\"whole\"}}]}",
            "<html>",
            ": comment\n\n",
            "data: cut off");
    return events.list().ofMaxSize(12).map(list -> String.join("", list));
  }
}
