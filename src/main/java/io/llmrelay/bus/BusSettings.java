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
 * @param openTimeout how long another node may take to accept a stream before a further one is
 *     asked as well
 */
public record BusSettings(
    int window, Duration pingInterval, Duration pingTimeout, Duration openTimeout) {
  public static final int DEFAULT_WINDOW = 32;
  public static final Duration DEFAULT_PING_INTERVAL = Duration.ofMillis(250);
  public static final Duration DEFAULT_PING_TIMEOUT = Duration.ofSeconds(5);

  public static final Duration DEFAULT_OPEN_TIMEOUT = Duration.ofMillis(300);

  public static final BusSettings DEFAULT =
      new BusSettings(DEFAULT_WINDOW, DEFAULT_PING_INTERVAL, DEFAULT_PING_TIMEOUT);

  /** Creates settings with the default of {@code openTimeout}. */
  public BusSettings(int window, Duration pingInterval, Duration pingTimeout) {
    this(window, pingInterval, pingTimeout, DEFAULT_OPEN_TIMEOUT);
  }
}
