package io.llmrelay.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class LogWriterTest {
  private static final int RECORDS = LogWriter.CAPACITY * 2;

  /** An output that accepts nothing until it is opened, as a full pipe. */
  private static final class FullPipe extends OutputStream {
    private final CountDownLatch opened = new CountDownLatch(1);
    private final CountDownLatch reached = new CountDownLatch(1);
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private volatile long writer;

    @Override
    public void write(int b) {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] data, int offset, int length) {
      writer = Thread.currentThread().getId();
      reached.countDown();
      try {
        opened.await();
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
      synchronized (bytes) {
        bytes.write(data, offset, length);
      }
    }

    /** Returns how often the thread that writes has waited or slept. */
    long rests() {
      return ManagementFactory.getThreadMXBean().getThreadInfo(writer).getWaitedCount();
    }

    List<String> lines() {
      synchronized (bytes) {
        return bytes.toString(StandardCharsets.UTF_8).lines().toList();
      }
    }
  }

  private static LogRecord record(String message) {
    LogRecord record = new LogRecord(Level.INFO, message);
    record.setLoggerName("test");
    return record;
  }

  @Test
  void fullPipeBlocksNobodyAndDroppedRecordsAreCounted() throws Exception {
    FullPipe pipe = new FullPipe();
    LogWriter writer = new LogWriter(pipe, new LogFormat());
    writer.publish(record("first"));
    pipe.reached.await();
    for (int i = 0; i < RECORDS; i++) {
      writer.publish(record("later " + i)); // Would never return if it waited for the pipe.
    }
    pipe.opened.countDown();
    await().until(() -> pipe.lines().stream().anyMatch(line -> line.contains("later 8191")));
    writer.close();

    List<String> lines = pipe.lines();
    assertThat(lines.get(0)).endsWith("INFO test: first");
    Matcher dropped =
        Pattern.compile("WARNING io.llmrelay.cli.LogWriter: (\\d+) log records were dropped: .*")
            .matcher(
                lines.stream().filter(line -> line.contains("dropped")).findAny().orElseThrow());
    assertThat(dropped.find()).isTrue();
    long written = lines.stream().filter(line -> line.contains("later ")).count();
    assertThat(written + Integer.parseInt(dropped.group(1))).isEqualTo(RECORDS);
    assertThat(written).isEqualTo(LogWriter.CAPACITY);
  }

  @Test
  void doesNotRestWhileMoreIsWaitingThanOneWriteTakes() throws Exception {
    FullPipe pipe = new FullPipe();
    LogWriter writer = new LogWriter(pipe, new LogFormat());
    writer.publish(record("first"));
    pipe.reached.await();
    for (int i = 0; i < 8_000; i++) { // Some forty writes.
      writer.publish(record("line " + i + " of a relay that answers more requests than a few"));
    }
    long before = pipe.rests();
    pipe.opened.countDown();
    await().until(() -> pipe.lines().size() == 8_001);
    assertThat(pipe.rests() - before).isLessThan(20);
    writer.close();
  }

  @Test
  void closingWritesWhatIsWaiting() {
    FullPipe pipe = new FullPipe();
    pipe.opened.countDown();
    LogWriter writer = new LogWriter(pipe, new LogFormat());
    for (int i = 0; i < 1_000; i++) {
      writer.publish(record("line " + i));
    }
    writer.close();
    assertThat(pipe.lines()).hasSize(1_000);
    assertThat(pipe.lines().get(999)).endsWith("line 999");
  }
}
