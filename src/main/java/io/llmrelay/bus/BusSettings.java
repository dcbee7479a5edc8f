package io.llmrelay.bus;

import java.time.Duration;

/**
 * The settings of an endpoint.
 *
 * @param window the chunk frames that a producer may send before its consumer grants more credit
 * @param pingInterval the interval of pings to peers with open streams; a terminated process is
 *     detected by the first ping that cannot be sent
 * @param pingTimeout the longest silence of a peer, such as a busy or suspended process, before its
 *     streams fail; also the timeout of the reply to an opening request
 */
public record BusSettings(int window, Duration pingInterval, Duration pingTimeout) {
  public static final int DEFAULT_WINDOW = 32;
  public static final Duration DEFAULT_PING_INTERVAL = Duration.ofMillis(250);
  public static final Duration DEFAULT_PING_TIMEOUT = Duration.ofSeconds(5);

  public static final BusSettings DEFAULT =
      new BusSettings(DEFAULT_WINDOW, DEFAULT_PING_INTERVAL, DEFAULT_PING_TIMEOUT);
}
