package io.llmrelay.config;

import io.vertx.core.net.ProxyOptions;
import io.vertx.core.net.ProxyType;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;

/**
 * The URL of a proxy: {@code http://user:password@host:port}, or {@code socks5} or {@code socks4}.
 */
public final class ProxyUrl {
  static final String RULE =
      "must be none or the URL of a proxy: http, socks5 or socks4 with a host and a port, such as"
          + " http://user:password@proxy.example:3128";

  private ProxyUrl() {}

  /**
   * Returns the options of a proxy.
   *
   * @throws IllegalArgumentException if the URL is not one of a proxy; the message has no part of
   *     it
   */
  public static ProxyOptions options(String url) {
    URI uri = parse(url);
    ProxyOptions proxy =
        new ProxyOptions().setType(type(uri)).setHost(uri.getHost()).setPort(uri.getPort());
    String user = uri.getRawUserInfo();
    if (user != null) {
      int colon = user.indexOf(':');
      proxy.setUsername(decode(colon < 0 ? user : user.substring(0, colon)));
      proxy.setPassword(colon < 0 ? "" : decode(user.substring(colon + 1)));
    }
    return proxy;
  }

  /** Returns the URL with its user and password masked. */
  static String masked(String url) {
    return url.replaceAll("//.*@", "//***@");
  }

  private static URI parse(String url) {
    try {
      URI uri = URI.create(url);
      if (type(uri) != null && uri.getHost() != null && uri.getPort() > 0) {
        String rest = uri.getRawPath() + (uri.getRawQuery() == null ? "" : uri.getRawQuery());
        if (rest.isEmpty() || rest.equals("/")) {
          return uri;
        }
      }
    } catch (IllegalArgumentException e) {
      // Its message has the password.
    }
    throw new IllegalArgumentException(RULE);
  }

  private static ProxyType type(URI uri) {
    String scheme = uri.getScheme() == null ? "" : uri.getScheme();
    return switch (scheme) {
      case "http" -> ProxyType.HTTP;
      case "socks5", "socks5h" -> ProxyType.SOCKS5;
      case "socks4", "socks4a" -> ProxyType.SOCKS4;
      default -> null;
    };
  }

  private static String decode(String text) {
    return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
  }
}
