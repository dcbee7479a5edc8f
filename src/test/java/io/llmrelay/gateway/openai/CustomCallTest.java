package io.llmrelay.gateway.openai;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.chat.Block;
import io.llmrelay.chat.BlockKind;
import io.llmrelay.chat.ChatEvent;
import io.llmrelay.chat.CustomCall;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Calls of custom tools have the form of OpenAI's API, beside calls of functions. */
class CustomCallTest {
  private static final Block CUSTOM =
      new Block(0, BlockKind.TOOL_CALL, "a", "shell", CustomCall.extra());
  private static final Block FUNCTION = new Block(1, BlockKind.TOOL_CALL, "b", "f", null);

  @Test
  void inAStream() {
    ChunkEncoder encoder = new ChunkEncoder("id", 1, "m", false);
    Buffer out = Buffer.buffer();
    encoder.append(out, new ChatEvent.BlockStart(CUSTOM));
    encoder.append(out, new ChatEvent.Chunk(CUSTOM, Buffer.buffer("ls \"")));
    encoder.append(out, new ChatEvent.BlockStart(FUNCTION));
    encoder.append(out, new ChatEvent.Chunk(FUNCTION, Buffer.buffer("{}")));
    List<String> calls =
        out.toString()
            .lines()
            .filter(line -> line.startsWith("data: "))
            .map(line -> new JsonObject(line.substring("data: ".length())))
            .map(event -> event.getJsonArray("choices").getJsonObject(0).getJsonObject("delta"))
            .map(delta -> delta.getJsonArray("tool_calls").getJsonObject(0).encode())
            .toList();
    assertThat(calls)
        .containsExactly(
            "{\"index\":0,\"id\":\"a\",\"type\":\"custom\",\"custom\":{\"name\":\"shell\",\"input\":\"\"}}",
            "{\"index\":0,\"custom\":{\"input\":\"ls \\\"\"}}",
            "{\"index\":1,\"id\":\"b\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"\"}}",
            "{\"index\":1,\"function\":{\"arguments\":\"{}\"}}");
  }
}
