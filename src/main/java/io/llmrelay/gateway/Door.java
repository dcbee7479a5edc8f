package io.llmrelay.gateway;

import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import java.util.function.Supplier;

/**
 * Where every request comes in, and is known of until its answer is complete.
 *
 * <p>Without keys everybody on this machine may come in, but not a web page: any page in a browser
 * can send requests to a loopback address, and would spend money by it. Browsers say so by the
 * {@code Origin} header, or, where a page only loads something, by {@code Sec-Fetch-Site}; a page
 * that is of one origin with the server by its name is refused by {@link HostCheck}.
 */
final class Door {
  private static final String FETCH_SITE = "sec-fetch-site";
  private static final String TYPED_IN = "none";

  private final Admission admission;
  private final Connections connections;
  private final Supplier<HostCheck> hosts;
  private final boolean keys;

  /**
   * A door.
   *
   * @param hosts by which hosts the server is known; asked for each request
   * @param keys whether keys, where there are any, guard some of it
   */
  Door(Admission admission, Connections connections, Supplier<HostCheck> hosts, boolean keys) {
    this.admission = admission;
    this.connections = connections;
    this.hosts = hosts;
    this.keys = keys;
  }

  /** Lets in whoever asks for a host of ours. */
  void open(RoutingContext ctx) {
    enter(ctx, null);
    ApiError foreign = foreignHost(ctx.request());
    if (foreign == null) {
      ctx.next();
    } else {
      foreign.send(ctx.response());
    }
  }

  /** With keys any host will do: a page that guesses no key learns and spends nothing. */
  private ApiError foreignHost(HttpServerRequest request) {
    return keys && !admission.isOpen() ? null : hosts.get().check(request);
  }

  /** Lets in who has a key and has not reached its limits. */
  void guarded(RoutingContext ctx) {
    if (admission.isOpen()) {
      enter(ctx, null);
      ApiError refusal = foreignHost(ctx.request());
      if (refusal == null && isWebPage(ctx.request())) {
        refusal = ApiError.webPage();
      }
      if (refusal == null) {
        ctx.next();
      } else {
        refusal.send(ctx.response());
      }
      return;
    }
    Allowance allowance = admission.find(ctx.request().getHeader(HttpHeaders.AUTHORIZATION));
    ApiError refusal =
        allowance == null ? ApiError.invalidKey() : allowance.enter(System.nanoTime());
    if (refusal != null) {
      enter(ctx, null);
      if (allowance == null) {
        ctx.response().putHeader("www-authenticate", "Bearer");
      }
      refusal.send(ctx.response());
      return;
    }
    enter(ctx, allowance);
    ctx.next();
  }

  /** For what no browser has any business with. */
  void noWebPage(RoutingContext ctx) {
    String site = ctx.request().getHeader(FETCH_SITE);
    if (ctx.request().getHeader(HttpHeaders.ORIGIN) != null
        || (site != null && !site.equals(TYPED_IN))) {
      ApiError.webPage().send(ctx.response());
    } else {
      ctx.next();
    }
  }

  /** A program that is built of web pages has an origin of its own kind, and is none. */
  private static boolean isWebPage(HttpServerRequest request) {
    String origin = request.getHeader(HttpHeaders.ORIGIN);
    if (origin != null) {
      return origin.startsWith("http") || origin.equals("null");
    }
    String site = request.getHeader(FETCH_SITE);
    return site != null && !site.equals(TYPED_IN) && !site.equals("same-origin");
  }

  /**
   * Vert.x calls a response's own end handler only for a complete answer; the context's end
   * handlers are called once for a response that is cut off, too.
   */
  private void enter(RoutingContext ctx, Allowance allowance) {
    HttpServerRequest request = ctx.request();
    Visit visit = Visit.begin(ctx, connections.begin(request), allowance, admission.bodies());
    if (request.response().closed()) {
      visit.end();
    } else {
      ctx.addEndHandler(ended -> visit.end());
    }
  }
}
