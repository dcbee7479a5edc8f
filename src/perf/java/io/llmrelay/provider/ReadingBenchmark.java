package io.llmrelay.provider;

import io.llmrelay.chat.Chunks;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.provider.error.ErrorClassifier;
import io.llmrelay.provider.wire.EventDecoder;
import io.llmrelay.provider.wire.SseDecoder;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.io.UncheckedIOException;
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

  /** Arguments that leave the JSON as they have found it: within a string of an array. */
  private static final String OPENAI_ARGUMENTS =
      OPENAI.replace(
          "\"content\":\" sixteen letters\"",
          "\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\" sixteen letters\"}}]");

  private static final String OPENAI_ESCAPED_ARGUMENTS =
      OPENAI_ARGUMENTS.replace(" sixteen letters", "sixteen\\\", \\\"let");

  private static final String OPENAI_CALL =
      OPENAI_ARGUMENTS
          .replace(
              "\"index\":0,\"function\":{",
              "\"index\":0,\"id\":\"a\",\"function\":{\"name\":\"f\",")
          .replace(" sixteen", "{\\\"a\\\":[\\\"sixteen");

  private static final String ANTHROPIC =
      "{\"type\":\"content_block_delta\",\"index\":0,"
          + "\"delta\":{\"type\":\"text_delta\",\"text\":\" sixteen letters\"}}";

  private final Buffer oneEvent = Buffer.buffer("data: " + OPENAI + "\n\n");
  private final Buffer manyEvents = Buffer.buffer(("data: " + OPENAI + "\n\n").repeat(MANY));
  private final Parser openAi = new Parser("openai", null, OPENAI);
  private final Parser openAiCall = new Parser("openai", null, OPENAI_ARGUMENTS).after(OPENAI_CALL);
  private final Parser openAiEscapedCall =
      new Parser("openai", null, OPENAI_ESCAPED_ARGUMENTS).after(OPENAI_CALL);
  private final Parser openAiParsed =
      new Parser("openai", null, OPENAI.replace("letters", "l\u00e9tters"));
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

    /** Reads another payload first. */
    Parser after(String other) {
      byte[] bytes = other.getBytes(StandardCharsets.UTF_8);
      try {
        reader.event(name, bytes, 0, bytes.length);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      answer.drain(chunks -> {});
      return this;
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
  public void openAiToolCallChunk(Blackhole sink) throws IOException {
    openAiCall.read(sink);
  }

  @Benchmark
  public void openAiEscapedToolCallChunk(Blackhole sink) throws IOException {
    openAiEscapedCall.read(sink);
  }

  @Benchmark
  public void openAiParsedChunk(Blackhole sink) throws IOException {
    openAiParsed.read(sink);
  }

  @Benchmark
  public void anthropicChunk(Blackhole sink) throws IOException {
    anthropic.read(sink);
  }
}
