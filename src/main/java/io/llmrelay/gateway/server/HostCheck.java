package io.llmrelay.gateway.server;

import io.netty.util.NetUtil;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.net.HostAndPort;
import java.net.InetAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.UnknownHostException;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Refuses requests for hosts that are not this server's, where no key is required. A web page whose
 * host name was made to resolve to this machine (DNS rebinding) is same-origin with the server and
 * sends no {@code Origin} header, but it sends its own host name.
 *
 * <p>Known hosts are the listening address, {@code localhost}, loopback addresses and configured
 * names. A server that listens on the wildcard address is known by any IP address. Ports are
 * ignored.
 */
public final class HostCheck {
  private final Set<String> names = new HashSet<>();
  private final boolean anyAddress;

  /** The authority of the last request for a known host; most requests have the same. */
  private String lastKnown;

  /**
   * @param host the address or name the server listens on
   * @param more further names or addresses
   */
  public HostCheck(String host, List<String> more) {
    InetAddress address = address(host);
    anyAddress = address != null && address.isAnyLocalAddress();
    names.add("localhost");
    names.add(canonical(host));
    more.forEach(name -> names.add(canonical(name)));
  }

  /** Returns an error for a request to an unknown host; {@code null} if the host is known. */
  GatewayError check(HttpServerRequest request) {
    if (request.version() == HttpVersion.HTTP_2) {
      HostAndPort authority = request.authority();
      return authority != null && isKnown(authority.host()) ? null : GatewayError.unknownHost();
    }
    List<String> hosts = request.headers().getAll(HttpHeaders.HOST);
    if (hosts.size() > 1 || (hosts.isEmpty() && request.version() == HttpVersion.HTTP_1_1)) {
      return GatewayError.missingHost();
    }
    // HTTP/1.0 needs no Host header; browsers always send one.
    boolean known = hosts.isEmpty() || isKnownAuthority(hosts.get(0));
    return known && isKnownTarget(request.uri()) ? null : GatewayError.unknownHost();
  }

  /** Checks the host of a request target in absolute form. */
  private boolean isKnownTarget(String uri) {
    if (uri.startsWith("/") || uri.equals("*")) {
      return true;
    }
    try {
      String authority = new URI(uri).getRawAuthority();
      return authority == null || isKnownAuthority(authority);
    } catch (URISyntaxException e) {
      return false;
    }
  }

  private boolean isKnownAuthority(String authority) {
    if (authority.equals(lastKnown)) {
      return true;
    }
    HostAndPort parsed = HostAndPort.parseAuthority(authority, -1);
    boolean known = parsed != null && isKnown(parsed.host());
    lastKnown = known ? authority : lastKnown;
    return known;
  }

  private boolean isKnown(String host) {
    if (names.contains(canonical(host))) {
      return true;
    }
    InetAddress address = address(host);
    return address != null && (anyAddress || address.isLoopbackAddress());
  }

  private static String canonical(String host) {
    InetAddress address = address(host);
    if (address != null) {
      return address.getHostAddress();
    }
    String name = host.toLowerCase(Locale.ROOT);
    return name.endsWith(".") ? name.substring(0, name.length() - 1) : name;
  }

  /** Returns the address of an IP literal; {@code null} for a name. */
  private static InetAddress address(String host) {
    byte[] bytes = NetUtil.createByteArrayFromIpAddressString(host);
    try {
      return bytes == null ? null : InetAddress.getByAddress(bytes);
    } catch (UnknownHostException e) {
      throw new IllegalStateException("four or sixteen bytes are an address", e);
    }
  }
}
