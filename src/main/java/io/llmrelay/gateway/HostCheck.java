package io.llmrelay.gateway;

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
 * Refuses requests for hosts that a server is not known by, where no key is asked for: a web page
 * whose name its owner makes resolve to this machine (DNS rebinding) is of one origin with the
 * server, and no {@code Origin} header gives it away; the host it asks for does.
 *
 * <p>Known are the address it listens at, {@code localhost}, loopback addresses and configured
 * names; a server that listens at every address is known by any. Ports do not matter.
 */
final class HostCheck {
  private final Set<String> names = new HashSet<>();
  private final boolean anyAddress;

  /**
   * A check for a server.
   *
   * @param listening what it listens at
   * @param configured more names, or addresses
   */
  HostCheck(String listening, List<String> configured) {
    InetAddress address = address(listening);
    anyAddress = address != null && address.isAnyLocalAddress();
    names.add("localhost");
    names.add(canonical(listening));
    configured.forEach(name -> names.add(canonical(name)));
  }

  /** The error for a request that is not for this server, or {@code null}. */
  ApiError check(HttpServerRequest request) {
    if (request.version() == HttpVersion.HTTP_2) {
      HostAndPort authority = request.authority();
      return authority != null && isKnown(authority.host()) ? null : ApiError.foreignHost();
    }
    List<String> hosts = request.headers().getAll(HttpHeaders.HOST);
    if (hosts.size() > 1 || (hosts.isEmpty() && request.version() == HttpVersion.HTTP_1_1)) {
      return ApiError.noHost();
    }
    // Browsers send a host in every request, and an absolute URL in none.
    boolean known = hosts.isEmpty() || isKnownAuthority(hosts.get(0));
    return known && isKnownTarget(request.uri()) ? null : ApiError.foreignHost();
  }

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
    HostAndPort parsed = HostAndPort.parseAuthority(authority, -1);
    return parsed != null && isKnown(parsed.host());
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

  /** The address that a literal stands for; {@code null} for a name. */
  private static InetAddress address(String host) {
    byte[] bytes = NetUtil.createByteArrayFromIpAddressString(host);
    try {
      return bytes == null ? null : InetAddress.getByAddress(bytes);
    } catch (UnknownHostException e) {
      throw new IllegalStateException("four or sixteen bytes are an address", e);
    }
  }
}
