package io.llmrelay.config;

import io.netty.util.NetUtil;
import java.math.BigInteger;
import java.net.URI;
import java.util.Locale;
import java.util.Map;

/**
 * The proxy that the environment names for a URL: {@code HTTPS_PROXY}, {@code HTTP_PROXY} and the
 * exceptions of {@code NO_PROXY}, in capital or small letters. Loopback addresses are never reached
 * by it.
 *
 * <p>{@code NO_PROXY} is a list of host names (each stands for its subdomains too, with a leading
 * dot for these alone), addresses, networks such as {@code 10.0.0.0/8}, each possibly with a port,
 * or {@code *}.
 */
final class ProxyEnvironment {
  private final Map<String, String> env;

  ProxyEnvironment(Map<String, String> env) {
    this.env = env;
  }

  /** Returns the proxy's URL; {@code null} for none. */
  String proxy(URI target) {
    String host = target.getHost();
    if (host == null || LocalHost.is(host)) {
      return null;
    }
    boolean tls = "https".equals(target.getScheme());
    String proxy = value(tls ? "HTTPS_PROXY" : "HTTP_PROXY");
    int port = target.getPort() >= 0 ? target.getPort() : tls ? 443 : 80;
    if (proxy == null || isException(host.toLowerCase(Locale.ROOT), port)) {
      return null;
    }
    return proxy.contains("://") ? proxy : "http://" + proxy;
  }

  private String value(String name) {
    String value = env.getOrDefault(name, env.get(name.toLowerCase(Locale.ROOT)));
    return value == null || value.isBlank() ? null : value.strip();
  }

  private boolean isException(String host, int port) {
    String exceptions = value("NO_PROXY");
    if (exceptions == null) {
      return false;
    }
    for (String exception : exceptions.toLowerCase(Locale.ROOT).split("[,\\s]+")) {
      int colon = exception.lastIndexOf(':');
      boolean hasPort = colon > 0 && exception.indexOf(':') == colon;
      if (hasPort && !exception.substring(colon + 1).equals(Integer.toString(port))) {
        continue;
      }
      if (matches(hasPort ? exception.substring(0, colon) : exception, host)) {
        return true;
      }
    }
    return false;
  }

  private static boolean matches(String exception, String host) {
    if (exception.isEmpty()) {
      return false;
    }
    if (exception.contains("/")) {
      return isIn(exception, host);
    }
    String name = exception.startsWith("*.") ? exception.substring(1) : exception;
    return name.equals("*")
        || name.equals(host)
        || host.endsWith(name.startsWith(".") ? name : "." + name);
  }

  private static boolean isIn(String network, String host) {
    int slash = network.indexOf('/');
    byte[] first = NetUtil.createByteArrayFromIpAddressString(network.substring(0, slash));
    byte[] address = NetUtil.createByteArrayFromIpAddressString(host);
    String length = network.substring(slash + 1);
    if (first == null
        || address == null
        || first.length != address.length
        || !length.matches("\\d{1,3}")) {
      return false;
    }
    int hostBits = Math.max(0, first.length * 8 - Integer.parseInt(length));
    return new BigInteger(1, first)
        .shiftRight(hostBits)
        .equals(new BigInteger(1, address).shiftRight(hostBits));
  }
}
