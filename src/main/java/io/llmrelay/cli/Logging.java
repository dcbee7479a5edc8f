package io.llmrelay.cli;

import io.llmrelay.config.LoggingOptions;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.Logger;

/** The configuration of {@code java.util.logging}, unless a file of the user's replaces it. */
final class Logging {
  private static final String CONFIG_FILE = "java.util.logging.config.file";
  private static final String MANAGER = "java.util.logging.manager";

  private Logging() {}

  /** Configures the log before anything is logged. */
  static void configure() {
    if (System.getProperty(CONFIG_FILE) != null) {
      return;
    }
    System.getProperties().putIfAbsent(MANAGER, LastingLogManager.class.getName());
    try (InputStream in = Main.class.getResourceAsStream("logging.properties")) {
      LogManager.getLogManager().readConfiguration(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    LastingLogManager.configured = true;
  }

  /** Applies format and level. */
  static void apply(LoggingOptions options) {
    if (System.getProperty(CONFIG_FILE) != null) {
      return;
    }
    Logger root = Logger.getLogger("");
    root.setLevel(level(options.getLevel()));
    boolean json = options.getFormat() == LoggingOptions.Format.JSON;
    for (Handler handler : root.getHandlers()) {
      if (handler instanceof LogWriter) {
        handler.setFormatter(json ? new JsonLogFormat() : new LogFormat());
      }
    }
  }

  private static Level level(LoggingOptions.Level level) {
    return switch (level) {
      case ERROR -> Level.SEVERE;
      case WARNING -> Level.WARNING;
      case INFO -> Level.INFO;
      case DEBUG -> Level.FINE;
    };
  }

  /** Waits until the records so far are written, for at most a second. */
  static void flush() {
    for (Handler handler : Logger.getLogger("").getHandlers()) {
      handler.flush();
    }
  }

  /**
   * A log manager that does not close its handlers when the process begins to shut down: requests
   * in flight end after that, and are logged.
   */
  public static final class LastingLogManager extends LogManager {
    private static volatile boolean configured;

    @Override
    public void reset() {
      if (!configured) {
        super.reset();
      }
    }
  }
}
