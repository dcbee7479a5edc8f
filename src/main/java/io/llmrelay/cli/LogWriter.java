package io.llmrelay.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.logging.ErrorManager;
import java.util.logging.Formatter;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;

/**
 * Writes log records to standard error on a thread of its own, so that a slow terminal or a full
 * pipe never blocks the threads that log. At most {@value #CAPACITY} records wait; further ones are
 * dropped, and a record says how many as soon as it can be written.
 */
public final class LogWriter extends Handler {
  static final int CAPACITY = 8_192;

  private static final long FLUSH_MS = 1_000;
  private static final long BATCH_MS = 10;

  /** The most characters of a write, but for its last record. */
  private static final int BATCH_CHARACTERS = 16_384;

  private final BlockingQueue<LogRecord> queue = new ArrayBlockingQueue<>(CAPACITY);
  private final LongAdder dropped = new LongAdder();
  private final OutputStream out;
  private final Thread writer = new Thread(this::write, "log-writer");
  private volatile boolean idle = true;

  /** Creates a handler for standard error in the text format, as the log manager does. */
  public LogWriter() {
    this(new FileOutputStream(FileDescriptor.err), new LogFormat());
  }

  LogWriter(OutputStream out, Formatter formatter) {
    this.out = out;
    setFormatter(formatter);
    setLevel(Level.ALL);
    writer.setDaemon(true);
    writer.start();
  }

  @Override
  public void publish(LogRecord record) {
    if (isLoggable(record) && !queue.offer(record)) {
      dropped.increment();
    }
  }

  /**
   * Collects what is waiting into one write. It waits for some more first, so that a busy relay
   * wakes this thread a hundred times a second and not with each record; but not if more were
   * waiting than one write takes.
   */
  private void write() {
    StringBuilder text = new StringBuilder();
    boolean behind = false;
    try {
      while (true) {
        idle = queue.isEmpty();
        LogRecord record = queue.take();
        idle = false;
        if (!behind) {
          Thread.sleep(BATCH_MS);
        }
        while (record != null) {
          append(text, record);
          record = text.length() < BATCH_CHARACTERS ? queue.poll() : null;
        }
        behind = text.length() >= BATCH_CHARACTERS;
        appendDropped(text);
        write(text);
        text.setLength(0);
      }
    } catch (InterruptedException closed) {
      Thread.currentThread().interrupt();
    }
  }

  private void append(StringBuilder text, LogRecord record) {
    try {
      text.append(getFormatter().format(record));
    } catch (RuntimeException e) {
      reportError("a log record could not be formatted", e, ErrorManager.FORMAT_FAILURE);
    }
  }

  private void appendDropped(StringBuilder text) {
    long count = dropped.sumThenReset();
    if (count > 0) {
      LogRecord record =
          new LogRecord(
              Level.WARNING,
              count + " log records were dropped: standard error is read too slowly");
      record.setLoggerName(LogWriter.class.getName());
      append(text, record);
    }
  }

  private void write(StringBuilder text) {
    try {
      out.write(text.toString().getBytes(StandardCharsets.UTF_8));
      out.flush();
    } catch (IOException e) {
      // Standard error is closed; the records have nowhere to go.
    }
  }

  /** Waits until everything is written, for at most a second. */
  @Override
  public void flush() {
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(FLUSH_MS);
    try {
      while (!(queue.isEmpty() && idle) && System.nanoTime() - deadline < 0) {
        Thread.sleep(1);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    flush();
    writer.interrupt();
  }
}
