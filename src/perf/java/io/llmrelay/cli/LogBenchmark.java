package io.llmrelay.cli;

import io.llmrelay.chat.Attempt;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.FinishReason;
import io.llmrelay.chat.TokenUsage;
import io.llmrelay.observe.RelayEvent;
import io.llmrelay.observe.impl.RequestLog;
import java.io.OutputStream;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** The log line of a request: on the event loop, and as text or JSON on the writer's thread. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@State(Scope.Benchmark)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class LogBenchmark {
  private final RequestLog listener = new RequestLog(true);
  private final LogFormat text = new LogFormat();
  private final JsonLogFormat json = new JsonLogFormat();
  private final RelayEvent.RequestEnd end = end();
  private LogRecord record;

  private static RelayEvent.RequestEnd end() {
    TokenUsage usage = new TokenUsage(812, 240, 0, 0, 0, TokenUsage.Source.PROVIDER);
    Attempt attempt =
        new Attempt(
            "primary",
            "gpt-6",
            Attempt.Result.SERVED,
            null,
            null,
            200,
            null,
            1,
            900,
            210,
            usage,
            0.01,
            -1,
            null,
            null);
    return new RelayEvent.RequestEnd(
        "5f0c2e11aa90-1234",
        true,
        "fast",
        "primary",
        "gpt-6",
        FinishReason.STOP,
        null,
        usage,
        0.01,
        901,
        80,
        960,
        List.of(attempt),
        Map.of(ChatRequest.CONSUMER, "my-app", ChatRequest.FRONT, "/v1/chat/completions"));
  }

  /** Keeps the records from the parent's handlers. */
  private static final class Last extends Handler {
    private LogRecord record;

    @Override
    public void publish(LogRecord next) {
      record = next;
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
  }

  @Setup
  public void setUp() {
    Logger logger = Logger.getLogger(RequestLog.NAME);
    Last last = new Last();
    logger.addHandler(last);
    logger.setUseParentHandlers(false);
    listener.onRequestEnd(end);
    record = last.record;
    logger.removeHandler(last);
    logger.addHandler(new LogWriter(OutputStream.nullOutputStream(), text));
  }

  /** What the event loop does, and the writer's thread beside it. */
  @Benchmark
  public void eventLoop() {
    listener.onRequestEnd(end);
  }

  @Benchmark
  public String text() {
    return text.format(record);
  }

  @Benchmark
  public String json() {
    return json.format(record);
  }
}
