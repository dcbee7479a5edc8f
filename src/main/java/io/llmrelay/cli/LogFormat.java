package io.llmrelay.cli;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.logging.Formatter;
import java.util.logging.LogRecord;

/**
 * Formats a log record as one line: time, level, logger, message; a stack trace follows indented.
 * Control characters become question marks, so that a message cannot forge another record.
 */
public final class LogFormat extends Formatter {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss.SSS");

  @Override
  public String format(LogRecord record) {
    String time = ZonedDateTime.ofInstant(record.getInstant(), ZoneId.systemDefault()).format(TIME);
    return "%s %s %s: %s%s%n"
        .formatted(
            time,
            record.getLevel().getLocalizedName(),
            record.getLoggerName(),
            formatMessage(record).replaceAll("\\p{Cntrl}", "?"),
            trace(record.getThrown()));
  }

  private static String trace(Throwable thrown) {
    if (thrown == null) {
      return "";
    }
    StringWriter trace = new StringWriter();
    thrown.printStackTrace(new PrintWriter(trace, true));
    StringBuilder indented = new StringBuilder();
    trace
        .toString()
        .lines()
        .forEach(
            line ->
                indented
                    .append(System.lineSeparator())
                    .append("    ")
                    .append(line.strip().replaceAll("\\p{Cntrl}", "?")));
    return indented.toString();
  }
}
