package io.llmrelay.provider;

import io.llmrelay.chat.Chunks;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.provider.error.ErrorClassifier;
import io.llmrelay.provider.wire.EventDecoder;
import io.llmrelay.provider.wire.SseDecoder;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.Blackhole;

/** From bytes to events, and from an event's payload to a chunk. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@State(Scope.Thread)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class ReadingBenchmark {
  private static final int MANY = 16;
  private static final String OPENAI =
      "{\"id\":\"chatcmpl-0123456789abcdef\",\"object\":\"chat.completion.chunk\","
          + "\"created\":1767225600,\"model\":\"gpt-4o-mini\",\"choices\":[{\"index\":0,"
          + "\"delta\":{\"content\":\" sixteen letters\"},\"finish_reason\":null}]}";
  private static final String ANTHROPIC =
      "{\"type\":\"content_block_delta\",\"index\":0,"
          + "\"delta\":{\"type\":\"text_delta\",\"text\":\" sixteen letters\"}}";

  private final Buffer oneEvent = Buffer.buffer("data: " + OPENAI + "\n\n");
  private final Buffer manyEvents = Buffer.buffer(("data: " + OPENAI + "\n\n").repeat(MANY));
  private final Parser openAi = new Parser("openai", null, OPENAI);
  private final Parser anthropic = new Parser("anthropic", "content_block_delta", ANTHROPIC);

  /** A dialect's reader and what it reads. */
  private static final class Parser {
    private final Answer answer;
    private final Dialect.Reader reader;
    private final String name;
    private final byte[] payload;

    Parser(String dialect, String name, String payload) {
      BackendOptions options = new BackendOptions().setDialect(dialect);
      this.answer = new Answer(new ErrorClassifier(options, Clock.systemUTC()));
      this.reader = Dialects.of(dialect).reader(answer, options);
      this.name = name;
      this.payload = payload.getBytes(StandardCharsets.UTF_8);
    }

    void read(Blackhole sink) throws IOException {
      reader.event(name, payload, 0, payload.length);
      answer.drain((Chunks chunks) -> sink.consume(chunks));
    }
  }

  /** Consumes every event. */
  private record Events(Blackhole sink) implements EventDecoder.Handler {
    @Override
    public void event(String name, byte[] bytes, int from, int to) {
      sink.consume(to);
    }

    @Override
    public void stray(byte[] bytes, int from, int to) {
      throw new IllegalStateException("there is nothing stray here");
    }
  }

  /** The decoder of one stream. */
  @State(Scope.Thread)
  public static class Decoder {
    private SseDecoder decoder;

    SseDecoder of(Blackhole sink) {
      if (decoder == null) {
        decoder = new SseDecoder(new Events(sink));
      }
      return decoder;
    }
  }

  @Benchmark
  public void sseOneEventPerRead(Decoder decoder, Blackhole sink) {
    decoder.of(sink).read(oneEvent);
  }

  @Benchmark
  @OperationsPerInvocation(MANY)
  public void sseManyEventsPerRead(Decoder decoder, Blackhole sink) {
    decoder.of(sink).read(manyEvents);
  }

  @Benchmark
  public void openAiChunk(Blackhole sink) throws IOException {
    openAi.read(sink);
  }

  @Benchmark
  public void anthropicChunk(Blackhole sink) throws IOException {
    anthropic.read(sink);
  }
}
