package io.llmrelay.bus;

import io.llmrelay.config.BusOptions;
import java.time.Duration;

/** Settings of endpoints for tests. */
public final class TestSettings {
  /** Those of an unchanged configuration. */
  public static final BusSettings DEFAULT =
      of(
          BusOptions.DEFAULT_WINDOW,
          BusOptions.DEFAULT_PING_INTERVAL,
          BusOptions.DEFAULT_PING_TIMEOUT);

  private TestSettings() {}

  public static BusSettings of(int window, Duration pingInterval, Duration pingTimeout) {
    return new BusSettings(window, pingInterval, pingTimeout, BusOptions.DEFAULT_OPEN_TIMEOUT);
  }
}
