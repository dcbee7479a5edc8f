package io.llmrelay.gateway.server;

import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.HostAndPort;
import io.vertx.ext.web.RoutingContext;
import java.util.function.Supplier;

/**
 * Authenticates requests and enforces the limits of their keys. It also begins the {@link
 * RequestScope} of each request.
 *
 * <p>A gateway without keys must still refuse web pages: any page in a browser can send requests to
 * a loopback address, and would spend the operator's money. Browsers identify such requests by the
 * {@code Origin} header or, for resources that a page loads, by {@code Sec-Fetch-Site}. A page
 * whose host name resolves to this machine is same-origin and is refused by {@link HostCheck}.
 */
public final class AuthHandler {
  private static final String API_KEY = "x-api-key";
  private static final String FETCH_SITE = "sec-fetch-site";
  private static final String USER_INITIATED = "none";
  private static final String SAME_ORIGIN = "same-origin";

  private final AccessControl access;
  private final Connections connections;
  private final Supplier<HostCheck> hosts;
  private final boolean usesKeys;

  /**
   * @param hosts supplies the current host check; called for each request
   * @param usesKeys whether {@link #requireKey} guards routes of this server; if so, a request is
   *     valid for any host as long as keys are configured
   */
  public AuthHandler(
      AccessControl access, Connections connections, Supplier<HostCheck> hosts, boolean usesKeys) {
    this.access = access;
    this.connections = connections;
    this.hosts = hosts;
    this.usesKeys = usesKeys;
  }

  /** Passes requests for a known host on, without a key. */
  public void checkHost(RoutingContext ctx) {
    beginScope(ctx, null, null);
    proceed(ctx, hostError(ctx.request()));
  }

  /** Passes requests on that have a valid key and are within its limits. */
  public void requireKey(RoutingContext ctx) {
    if (access.isAnonymous()) {
      beginScope(ctx, null, null);
      GatewayError error = hostError(ctx.request());
      proceed(ctx, error == null && isWebPage(ctx.request()) ? GatewayError.webPage() : error);
      return;
    }
    HttpServerRequest request = ctx.request();
    KeyLimiter limiter =
        access.find(request.getHeader(HttpHeaders.AUTHORIZATION), request.getHeader(API_KEY));
    if (limiter == null) {
      beginScope(ctx, null, null);
      ctx.response().putHeader("www-authenticate", "Bearer");
      ctx.fail(GatewayError.invalidKey());
      return;
    }
    GatewayError error = limiter.tryAcquire();
    beginScope(ctx, limiter.name(), error == null ? limiter : null);
    proceed(ctx, error);
  }

  /** Refuses requests that a browser sends for any page, even one of the same origin. */
  public void refuseWebPages(RoutingContext ctx) {
    String site = ctx.request().getHeader(FETCH_SITE);
    boolean webPage =
        ctx.request().getHeader(HttpHeaders.ORIGIN) != null
            || (site != null && !site.equals(USER_INITIATED));
    proceed(ctx, webPage ? GatewayError.webPage() : null);
  }

  /** Refuses requests that a browser sends for pages of another origin. */
  public void refuseOtherOrigins(RoutingContext ctx) {
    HttpServerRequest request = ctx.request();
    String site = request.getHeader(FETCH_SITE);
    String origin = request.getHeader(HttpHeaders.ORIGIN);
    boolean own =
        (site == null || site.equals(USER_INITIATED) || site.equals(SAME_ORIGIN))
            && (origin == null || isOwn(origin, request.authority()));
    proceed(ctx, own ? null : GatewayError.webPage());
  }

  /** Returns whether an origin has the authority of the request; the scheme may be a proxy's. */
  private static boolean isOwn(String origin, HostAndPort authority) {
    int scheme = origin.indexOf("://");
    boolean web = origin.startsWith("http://") || origin.startsWith("https://");
    HostAndPort parsed = web ? HostAndPort.parseAuthority(origin.substring(scheme + 3), -1) : null;
    return parsed != null
        && authority != null
        && parsed.host().equalsIgnoreCase(authority.host())
        && parsed.port() == authority.port();
  }

  private static void proceed(RoutingContext ctx, GatewayError error) {
    if (error == null) {
      ctx.next();
    } else {
      ctx.fail(error);
    }
  }

  /** Returns an error for an unknown host. With keys, any host is valid: a page has no key. */
  private GatewayError hostError(HttpServerRequest request) {
    return usesKeys && !access.isAnonymous() ? null : hosts.get().check(request);
  }

  /** Returns whether a page sent the request; desktop apps have origins that are not http(s). */
  private static boolean isWebPage(HttpServerRequest request) {
    String origin = request.getHeader(HttpHeaders.ORIGIN);
    if (origin != null) {
      return origin.startsWith("http") || origin.equals("null");
    }
    String site = request.getHeader(FETCH_SITE);
    return site != null && !site.equals(USER_INITIATED) && !site.equals(SAME_ORIGIN);
  }

  /**
   * Begins the scope of a request. It ends by the context's end handler, which is called once even
   * if the connection closes early; the response's own end handler is called for complete responses
   * only.
   */
  private void beginScope(RoutingContext ctx, String keyName, KeyLimiter limiter) {
    HttpServerRequest request = ctx.request();
    RequestScope scope =
        RequestScope.begin(ctx, connections.begin(request), keyName, limiter, access.bodyMemory());
    if (request.response().closed()) {
      scope.end();
    } else {
      ctx.addEndHandler(ended -> scope.end());
    }
  }
}
