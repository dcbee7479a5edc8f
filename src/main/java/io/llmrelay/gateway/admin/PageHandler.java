package io.llmrelay.gateway.admin;

import io.llmrelay.gateway.server.GatewayError;
import io.vertx.core.Handler;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Map;

/**
 * Serves a file of the status page from memory. The files are named here, so that no path leads to
 * another resource; and unlike the static handler of Vert.x Web this needs neither a writable
 * folder for the cache of resources nor an opened package on the module path.
 */
public final class PageHandler implements Handler<RoutingContext> {
  private static final String FOLDER = "/io/llmrelay/gateway/page/";

  /** Everything comes from this server; no inline script or style attribute in the HTML. */
  private static final String POLICY =
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
          + " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

  /** The files of the page by their paths. */
  public static final Map<String, String> FILES =
      Map.of(
          "/", "index.html",
          "/page/page.css", "page.css",
          "/page/page.js", "page.js",
          "/page/views.js", "views.js",
          "/page/playground.js", "playground.js",
          "/page/charts.js", "charts.js",
          "/page/icon.svg", "icon.svg",
          "/page/lib/preact.js", "lib/preact.js",
          "/page/lib/uplot.js", "lib/uplot.js",
          "/page/lib/uplot.css", "lib/uplot.css");

  private static final Map<String, String> TYPES =
      Map.of(
          "html", "text/html; charset=utf-8",
          "css", "text/css; charset=utf-8",
          "js", "text/javascript; charset=utf-8",
          "svg", "image/svg+xml");

  private final String type;
  private final Buffer content;

  /**
   * Reads a file.
   *
   * @param file one of the values of {@link #FILES}
   */
  public PageHandler(String file) {
    type = TYPES.get(file.substring(file.lastIndexOf('.') + 1));
    content = read(file);
  }

  /** Returns the content of a file; {@code null} if this build has no such file. */
  private static Buffer read(String file) {
    try (InputStream in = PageHandler.class.getResourceAsStream(FOLDER + file)) {
      return in == null ? null : Buffer.buffer(in.readAllBytes());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void handle(RoutingContext ctx) {
    if (content == null) {
      ctx.fail(GatewayError.unknownUrl(ctx.request()));
      return;
    }
    HttpServerResponse response = ctx.response();
    response
        .putHeader(HttpHeaders.CONTENT_TYPE, type)
        .putHeader(HttpHeaders.CACHE_CONTROL, "no-cache")
        .putHeader("content-security-policy", POLICY)
        .putHeader("x-content-type-options", "nosniff")
        .putHeader("x-frame-options", "DENY")
        .putHeader("referrer-policy", "no-referrer")
        .putHeader("cross-origin-resource-policy", "same-origin");
    response.end(content);
  }
}
