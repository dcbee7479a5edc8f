package io.llmrelay.bus;

import java.time.Duration;

/**
 * How endpoints behave.
 *
 * @param window chunk frames a producer may be ahead of its consumer
 * @param pingInterval how often a peer with open streams is asked whether it is still there; a
 *     process that is gone is found out by the first ping that cannot be sent
 * @param pingTimeout how long it may be silent, which a busy or halted process is, too; also the
 *     wait for the reply to an opening request
 */
public record BusSettings(int window, Duration pingInterval, Duration pingTimeout) {
  public static final int DEFAULT_WINDOW = 32;
  public static final Duration DEFAULT_PING_INTERVAL = Duration.ofMillis(250);
  public static final Duration DEFAULT_PING_TIMEOUT = Duration.ofSeconds(5);

  public static final BusSettings DEFAULT =
      new BusSettings(DEFAULT_WINDOW, DEFAULT_PING_INTERVAL, DEFAULT_PING_TIMEOUT);
}
