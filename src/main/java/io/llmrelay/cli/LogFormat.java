package io.llmrelay.cli;

import io.llmrelay.observe.LogLine;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.logging.Formatter;
import java.util.logging.LogRecord;

/**
 * Formats a log record as one line: time, level, logger, message; a stack trace follows indented.
 * Control characters become question marks, so that a message cannot forge another record.
 */
public final class LogFormat extends Formatter {
  private static final DateTimeFormatter SECONDS =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss.").withZone(ZoneId.systemDefault());

  private volatile Second last = new Second(Instant.EPOCH);

  /** The text of a second; one serves many records. */
  private static final class Second {
    private final long epochSecond;
    private final String text;

    Second(Instant time) {
      epochSecond = time.getEpochSecond();
      text = SECONDS.format(time);
    }
  }

  @Override
  public String format(LogRecord record) {
    StringBuilder text = new StringBuilder(600);
    appendTime(text, record.getInstant());
    text.append(' ')
        .append(record.getLevel().getName())
        .append(' ')
        .append(record.getLoggerName())
        .append(": ");
    LogLine line = line(record);
    if (line == null) {
      appendPrintable(text, formatMessage(record));
    } else {
      line.appendTo(text);
    }
    if (record.getThrown() != null) {
      StringWriter trace = new StringWriter();
      record.getThrown().printStackTrace(new PrintWriter(trace, true));
      for (String each : trace.toString().lines().toList()) {
        text.append(System.lineSeparator()).append("    ");
        appendPrintable(text, each.strip());
      }
    }
    return text.append(System.lineSeparator()).toString();
  }

  private void appendTime(StringBuilder text, Instant time) {
    Second second = last;
    if (second.epochSecond != time.getEpochSecond()) {
      second = new Second(time);
      last = second;
    }
    int millis = time.getNano() / 1_000_000;
    text.append(second.text)
        .append((char) ('0' + millis / 100))
        .append((char) ('0' + millis / 10 % 10))
        .append((char) ('0' + millis % 10));
  }

  /** Returns the line that is a record's only parameter, {@code null} if there is none. */
  static LogLine line(LogRecord record) {
    Object[] parameters = record.getParameters();
    boolean only = parameters != null && parameters.length == 1;
    return only && parameters[0] instanceof LogLine line ? line : null;
  }

  private static void appendPrintable(StringBuilder text, String message) {
    for (int i = 0; i < message.length(); i++) {
      char c = message.charAt(i);
      boolean ends = Character.isISOControl(c) || c == '\u2028' || c == '\u2029';
      text.append(ends ? '?' : c);
    }
  }
}
