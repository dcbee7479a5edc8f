package io.llmrelay.sandbox;

import io.llmrelay.sandbox.SandboxCall.Outcome;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonObject;
import io.vertx.core.net.KeyCertOptions;
import io.vertx.core.net.PfxOptions;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Embedded backends that speak the OpenAI and Anthropic wire formats over real HTTP and misbehave
 * on request.
 *
 * <p>One sandbox is one server and any number of backends, told apart by path prefix: {@code
 * backend("primary")} is the base URL of one of them. A request is answered by the first of these
 * that applies:
 *
 * <ol>
 *   <li>the script of its backend, set by {@link #script} or {@link SandboxOptions#setScenarios};
 *   <li>a model name that begins with {@code mock-}, read as a {@link Scenario}; one that cannot be
 *       read gets a 404 that lists what there is;
 *   <li>any other model: a healthy answer that names the backend.
 * </ol>
 *
 * <pre>{@code
 * Sandbox sandbox = Sandbox.start(vertx).await();
 * sandbox.script("primary", Scenario.http(503), Scenario.ok()); // once 503, then healthy
 * String baseUrl = sandbox.backend("primary"); // http://127.0.0.1:PORT/primary/v1
 * }</pre>
 *
 * <p>Served are {@code POST …/chat/completions}, {@code POST …/messages}, {@code GET …/models} and
 * {@code GET /health}, each with or without {@code /v1} before it. Requests are checked as the
 * vendor would check them (a missing model, no messages, Anthropic without {@code max_tokens}), and
 * refused in its words. All methods may be called from any thread.
 */
public final class Sandbox {

  /** The name of the backend whose base URL has no prefix. */
  public static final String DEFAULT_BACKEND = "sandbox";

  private static final Pattern ROUTE =
      Pattern.compile("/*(.*?)(?:/?v1)?/(chat/completions|messages|models)");

  private final Vertx vertx;
  private final SandboxOptions options;
  private final HttpServer server;

  /** Only for its clock, by which scenarios of model names go up and down. */
  private final Script byModel = new Script(List.of(Scenario.ok()));

  private final Map<String, Script> scripts = new ConcurrentHashMap<>();
  private final CallLog log = new CallLog();
  private final AtomicLong lastNumber = new AtomicLong();
  private final AtomicInteger connections = new AtomicInteger();
  private final AtomicInteger active = new AtomicInteger();
  private final AtomicInteger timers = new AtomicInteger();
  private volatile Handler<SandboxCall> callHandler = call -> {};

  private Sandbox(Vertx vertx, SandboxOptions options) {
    this.vertx = vertx;
    this.options = options;
    options
        .getScenarios()
        .forEach(
            (backend, texts) ->
                scripts.put(backend, new Script(texts.stream().map(Scenario::of).toList())));
    HttpServerOptions http = new HttpServerOptions();
    http.setHost(options.getHost()).setPort(options.getPort());
    http.setHttp2ClearTextEnabled(false).setHandle100ContinueAutomatically(true);
    if (options.isResetOnClose()) {
      http.setSoLinger(0);
    }
    if (options.isTls()) {
      http.setSsl(true).setKeyCertOptions(untrusted());
    }
    server = vertx.createHttpServer(http).requestHandler(this::handle);
    server.connectionHandler(
        connection -> {
          connections.incrementAndGet();
          connection.closeHandler(v -> connections.decrementAndGet());
        });
  }

  /** Starts a sandbox on a free port of 127.0.0.1. */
  public static Future<Sandbox> start(Vertx vertx) {
    return start(vertx, new SandboxOptions());
  }

  /** Starts a sandbox; fails if the port is taken or a configured scenario cannot be read. */
  public static Future<Sandbox> start(Vertx vertx, SandboxOptions options) {
    try {
      Sandbox sandbox = new Sandbox(vertx, new SandboxOptions(options));
      return sandbox.server.listen().map(sandbox);
    } catch (IllegalArgumentException e) {
      return Future.failedFuture(e);
    }
  }

  /** Stops the server and its connections; calls under way end neither completed nor aborted. */
  public Future<Void> close() {
    log.list(call -> true).forEach(call -> call.end(Outcome.CLOSED));
    return server.close();
  }

  public int port() {
    return server.actualPort();
  }

  /** {@code http://127.0.0.1:PORT}, or {@code https}. */
  public String baseUrl() {
    return (options.isTls() ? "https://" : "http://") + options.getHost() + ":" + port();
  }

  /** The base URL an OpenAI client wants, {@code …/v1}; the backend is {@link #DEFAULT_BACKEND}. */
  public String openAiBaseUrl() {
    return baseUrl() + "/v1";
  }

  /** The base URL an Anthropic client wants, without {@code /v1}. */
  public String anthropicBaseUrl() {
    return baseUrl();
  }

  /** The OpenAI base URL of a backend, {@code http://127.0.0.1:PORT/NAME/v1}. */
  public String backend(String name) {
    return anthropicBackend(name) + "/v1";
  }

  /** The Anthropic base URL of a backend, {@code http://127.0.0.1:PORT/NAME}. */
  public String anthropicBackend(String name) {
    return baseUrl() + "/" + name;
  }

  /**
   * Sets what a backend does from now on: each request takes the next scenario, the last one stays
   * in force. It replaces the backend's former script and overrides model names.
   */
  public Sandbox script(String backend, Scenario... scenarios) {
    scripts.put(backend, new Script(Arrays.asList(scenarios)));
    return this;
  }

  /** Removes the script of a backend, so that model names choose again. */
  public Sandbox unscript(String backend) {
    scripts.remove(backend);
    return this;
  }

  /** The calls that arrived, oldest first: the last 10,000, or fewer with large bodies. */
  public List<SandboxCall> calls() {
    return log.list(call -> true);
  }

  /** The calls of that backend or for that model, oldest first. */
  public List<SandboxCall> calls(String backendOrModel) {
    return log.list(
        call -> backendOrModel.equals(call.backend()) || backendOrModel.equals(call.model()));
  }

  /** Forgets the calls; the next one is number 1 again. */
  public Sandbox clearCalls() {
    log.clear();
    lastNumber.set(0);
    return this;
  }

  /** Is told of each call as its answer begins, on an event-loop thread. */
  public Sandbox callHandler(Handler<SandboxCall> handler) {
    callHandler = handler == null ? call -> {} : handler;
    return this;
  }

  /** Connections clients hold open, idle ones included. */
  public int openConnections() {
    return connections.get();
  }

  /** Calls whose answer is under way. */
  public int activeRequests() {
    return active.get();
  }

  int pendingTimers() {
    return timers.get();
  }

  private void handle(HttpServerRequest request) {
    Matcher route = ROUTE.matcher(request.path());
    String endpoint = route.matches() ? route.group(2) : request.path();
    switch (request.method() + " " + endpoint) {
      case "GET /health" -> send(request, 200, new JsonObject().put("status", "UP"));
      case "GET models" -> models(request);
      case "POST chat/completions" -> read(request, route.group(1), false);
      case "POST messages" -> read(request, route.group(1), true);
      default -> {
        String what = "Invalid URL (" + request.method() + " " + request.path() + ")";
        send(request, 404, OpenAiFormat.body(ApiError.invalid(404, null, what)));
      }
    }
  }

  private void models(HttpServerRequest request) {
    boolean anthropic = request.getHeader("anthropic-version") != null;
    Incoming incoming = Incoming.of(request, "", anthropic, 0, Buffer.buffer());
    ApiError wrongKey = incoming.wrongKey(options.getRequiredKey());
    if (wrongKey == null) {
      send(request, 200, Models.list(anthropic));
    } else {
      send(
          request,
          wrongKey.status(),
          anthropic ? AnthropicFormat.body(wrongKey, 0) : OpenAiFormat.body(wrongKey));
    }
  }

  private void read(HttpServerRequest request, String prefix, boolean anthropic) {
    String backend = prefix.isEmpty() ? DEFAULT_BACKEND : prefix;
    Buffer body = Buffer.buffer();
    request.exceptionHandler(e -> {}); // the client left while it was still asking
    request.handler(
        part -> {
          if (body.length() <= Incoming.MAX_BODY) {
            body.appendBuffer(part);
          }
        });
    request.endHandler(
        v -> {
          long number = lastNumber.incrementAndGet();
          answer(request, Incoming.of(request, backend, anthropic, number, body));
        });
  }

  private void answer(HttpServerRequest request, Incoming incoming) {
    Scenario scenario = choose(incoming);
    SandboxCall call = new SandboxCall(incoming, scenario);
    log.add(call);
    active.incrementAndGet();
    call.ended().onComplete(ended -> active.decrementAndGet());
    Reply reply = Reply.of(incoming, scenario, options);
    new Player(vertx, call, request, reply, timers).play();
    callHandler.handle(call);
  }

  private Scenario choose(Incoming incoming) {
    ApiError refusal = incoming.refusal(options.getRequiredKey());
    if (refusal != null) {
      return Scenario.rejected(refusal);
    }
    Script script = scripts.get(incoming.backend());
    if (script != null) {
      return script.next();
    }
    if (!incoming.model().startsWith(Scenario.MODEL_PREFIX)) {
      return Scenario.ok();
    }
    try {
      return byModel.inForce(Scenario.of(incoming.model()));
    } catch (IllegalArgumentException e) {
      return Scenario.rejected(ApiError.invalid(404, "model_not_found", e.getMessage()));
    }
  }

  private static KeyCertOptions untrusted() {
    try (InputStream in = Sandbox.class.getResourceAsStream("untrusted.p12")) {
      return new PfxOptions().setValue(Buffer.buffer(in.readAllBytes())).setPassword("sandbox");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void send(HttpServerRequest request, int status, JsonObject body) {
    request.response().setStatusCode(status).putHeader("content-type", "application/json");
    request.response().end(body.encode());
  }
}
