package io.llmrelay.gateway.server;

import io.llmrelay.config.AdminOptions;
import io.llmrelay.config.GatewayKeyOptions;
import io.vertx.core.http.HttpHeaders;
import io.vertx.ext.web.RoutingContext;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Locale;

/**
 * Decides which requests to operators' endpoints may act. With a key configured, they need it.
 * Without one every client that reaches the admin address may reload, as the configuration is the
 * operator's own; actions on backends and requests at the operator's cost are possible at a
 * loopback address only.
 */
public final class OperatorAuth {
  private static final String SCHEME = "Bearer ";

  /** Whether a key is not needed if none is configured: the listening address stays the same. */
  private final boolean local;

  private volatile String sha256;

  /**
   * @param options the admin address; {@code null} if operators' endpoints are beside the API,
   *     which listens at a loopback address then
   */
  public OperatorAuth(AdminOptions options) {
    local = options == null || options.isLocal();
    sha256 = options == null ? null : options.getSha256();
  }

  /** Replaces the key, for later requests. */
  public void update(AdminOptions next) {
    sha256 = next.getSha256();
  }

  /** Returns whether a key is configured. */
  public boolean hasKey() {
    return sha256 != null;
  }

  /** Passes requests on that have the key, if one is configured. */
  public void requireKey(RoutingContext ctx) {
    String current = sha256;
    if (current == null || hasKey(ctx, current)) {
      ctx.next();
    } else {
      ctx.response().putHeader("www-authenticate", "Bearer");
      ctx.fail(
          GatewayError.rejected(
              401, "invalid_admin_key", "send gateway.admin.key: Authorization: Bearer KEY"));
    }
  }

  /** Passes requests on that have the key or, without one, came to a loopback address. */
  public void requireOperator(RoutingContext ctx) {
    if (sha256 == null && !local) {
      ctx.fail(
          GatewayError.rejected(
              403,
              "admin_key_not_configured",
              "this needs gateway.admin.key, since the admin address is no loopback address"));
    } else {
      requireKey(ctx);
    }
  }

  private static boolean hasKey(RoutingContext ctx, String sha256) {
    String header = ctx.request().getHeader(HttpHeaders.AUTHORIZATION);
    if (header == null || !header.regionMatches(true, 0, SCHEME, 0, SCHEME.length())) {
      return false;
    }
    String hash = GatewayKeyOptions.sha256(header.substring(SCHEME.length()).strip());
    return MessageDigest.isEqual(bytes(hash), bytes(sha256.toLowerCase(Locale.ROOT)));
  }

  private static byte[] bytes(String hex) {
    return hex.getBytes(StandardCharsets.US_ASCII);
  }
}
