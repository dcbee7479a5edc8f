package io.llmrelay.cli;

import io.llmrelay.observe.LogLine;
import io.vertx.core.json.JsonObject;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.logging.Formatter;
import java.util.logging.Level;
import java.util.logging.LogRecord;

/**
 * Formats a log record as a JSON object on one line: {@code time} in UTC, {@code level} ({@code
 * error}, {@code warning}, {@code info} or {@code debug}), {@code logger}, then the fields of a
 * {@link LogLine}, or {@code message} and {@code stack_trace}.
 */
public final class JsonLogFormat extends Formatter {
  @Override
  public String format(LogRecord record) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("time", record.getInstant().truncatedTo(ChronoUnit.MILLIS).toString());
    fields.put("level", level(record.getLevel()));
    fields.put("logger", record.getLoggerName());
    LogLine line = LogFormat.line(record);
    if (line == null) {
      fields.put("message", formatMessage(record));
    } else {
      fields.putAll(line.fields());
    }
    if (record.getThrown() != null) {
      StringWriter trace = new StringWriter();
      record.getThrown().printStackTrace(new PrintWriter(trace, true));
      fields.put("stack_trace", trace.toString());
    }
    return new JsonObject(fields).encode() + "\n";
  }

  private static String level(Level level) {
    if (level.intValue() >= Level.SEVERE.intValue()) {
      return "error";
    }
    if (level.intValue() < Level.INFO.intValue()) {
      return "debug";
    }
    return level.getName().toLowerCase(Locale.ROOT);
  }
}
