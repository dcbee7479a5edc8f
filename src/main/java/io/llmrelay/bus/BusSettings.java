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
    int window, Duration pingInterval, Duration pingTimeout, Duration openTimeout) {}
