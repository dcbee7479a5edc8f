package io.llmrelay.config;

import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.UnknownHostException;

/** Recognizes hosts that only this machine can reach. */
final class LocalHost {
  private LocalHost() {}

  /** Returns whether a host is {@code localhost} or a loopback address. */
  static boolean is(String host) {
    byte[] address = NetUtil.createByteArrayFromIpAddressString(host);
    try {
      return "localhost".equalsIgnoreCase(host)
          || (address != null && InetAddress.getByAddress(address).isLoopbackAddress());
    } catch (UnknownHostException e) {
      throw new IllegalStateException("four or sixteen bytes are an address", e);
    }
  }
}
