package io.llmrelay.gateway.openai;

import io.llmrelay.chat.Block;
import io.llmrelay.chat.BlockKind;
import io.llmrelay.chat.ChatEvent;
import io.vertx.core.buffer.Buffer;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Encodes chunks as events of OpenAI's API. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@State(Scope.Thread)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class ChunkEncoderBenchmark {
  private final ChunkEncoder encoder =
      new ChunkEncoder("chatcmpl-0123456789abcdef", 1767225600, "gpt-4o-mini", false);
  private final ChatEvent.Chunk plain = chunk(" sixteen letters");
  private final ChatEvent.Chunk escaped = chunk("say \"hi\"\n\tagain");

  private static ChatEvent.Chunk chunk(String text) {
    return new ChatEvent.Chunk(Block.of(0, BlockKind.TEXT), Buffer.buffer(text));
  }

  private Buffer encode(ChatEvent.Chunk chunk) {
    Buffer out = Buffer.buffer(256);
    encoder.append(out, chunk);
    return out;
  }

  @Benchmark
  public Buffer plainChunk() {
    return encode(plain);
  }

  @Benchmark
  public Buffer chunkWithEscapes() {
    return encode(escaped);
  }
}
