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
 * <p>A sandbox is one server with any number of backends, distinguished by path prefix: {@code
 * backend("primary")} is the base URL of one of them. The first of these that applies determines
 * the response:
 *
 * <ol>
 *   <li>the script of the backend, set by {@link #script} or {@link SandboxOptions#setScenarios};
 *   <li>a model name that begins with {@code mock-}, parsed as a {@link Scenario}; an invalid one
 *       gets a 404 that lists the known scenarios;
 *   <li>for any other model, a healthy answer that names the backend.
 * </ol>
 *
 * <pre>{@code
 * Sandbox sandbox = Sandbox.start(vertx).await();
 * sandbox.script("primary", Scenario.http(503), Scenario.ok()); // one 503, then healthy
 * String baseUrl = sandbox.backend("primary"); // http://127.0.0.1:PORT/primary/v1
 * }</pre>
 *
 * <p>The routes are {@code POST …/chat/completions}, {@code POST …/messages}, {@code GET …/models}
 * and {@code GET /health}, each with or without {@code /v1} before it. Requests that the vendor
 * rejects (no model, no messages, Anthropic without {@code max_tokens}) are rejected with its
 * error. All methods may be called from any thread.
 */
public final class Sandbox {

  /** The name of the backend without a path prefix. */
  public static final String DEFAULT_BACKEND = "sandbox";

  private static final Pattern ROUTE =
      Pattern.compile("/*(.*?)(?:/?v1)?/(chat/completions|messages|models)");

  private final Vertx vertx;
  private final SandboxOptions options;
  private final HttpServer server;

  /** The clock of the scenarios in model names that depend on time. */
  private final Script modelClock = new Script(List.of(Scenario.ok()));

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
      http.setSsl(true).setKeyCertOptions(selfSigned());
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

  /** Starts a sandbox; fails if the port is in use or a configured scenario is invalid. */
  public static Future<Sandbox> start(Vertx vertx, SandboxOptions options) {
    try {
      Sandbox sandbox = new Sandbox(vertx, new SandboxOptions(options));
      return sandbox.server.listen().map(sandbox);
    } catch (IllegalArgumentException e) {
      return Future.failedFuture(e);
    }
  }

  /** Closes the server and its connections; open calls end neither completed nor aborted. */
  public Future<Void> close() {
    log.list(call -> true).forEach(call -> call.end(Outcome.CLOSED));
    return server.close();
  }

  /** Returns the port on which the server listens. */
  public int port() {
    return server.actualPort();
  }

  /** Returns {@code http://127.0.0.1:PORT}, or {@code https}. */
  public String baseUrl() {
    return (options.isTls() ? "https://" : "http://") + options.getHost() + ":" + port();
  }

  /** Returns the base URL for an OpenAI client, {@code …/v1}, of {@link #DEFAULT_BACKEND}. */
  public String openAiBaseUrl() {
    return baseUrl() + "/v1";
  }

  /** Returns the base URL for an Anthropic client, without {@code /v1}. */
  public String anthropicBaseUrl() {
    return baseUrl();
  }

  /** Returns the OpenAI base URL of a backend, {@code http://127.0.0.1:PORT/NAME/v1}. */
  public String backend(String name) {
    return anthropicBackend(name) + "/v1";
  }

  /** Returns the Anthropic base URL of a backend, {@code http://127.0.0.1:PORT/NAME}. */
  public String anthropicBackend(String name) {
    return baseUrl() + "/" + name;
  }

  /**
   * Sets the scenarios of a backend: one per request, the last one repeated. The script replaces
   * the previous one and overrides model names.
   */
  public Sandbox script(String backend, Scenario... scenarios) {
    scripts.put(backend, new Script(Arrays.asList(scenarios)));
    return this;
  }

  /** Removes the script of a backend, so that model names choose the scenario again. */
  public Sandbox unscript(String backend) {
    scripts.remove(backend);
    return this;
  }

  /** Returns the calls, oldest first: the last 10,000, or fewer with large bodies. */
  public List<SandboxCall> calls() {
    return log.list(call -> true);
  }

  /** Returns the calls of a backend or for a model, oldest first. */
  public List<SandboxCall> calls(String backendOrModel) {
    return log.list(
        call -> backendOrModel.equals(call.backend()) || backendOrModel.equals(call.model()));
  }

  /** Clears the calls; the next one has number 1. */
  public Sandbox clearCalls() {
    log.clear();
    lastNumber.set(0);
    return this;
  }

  /** Sets a handler of each call, invoked on an event loop when its response begins. */
  public Sandbox callHandler(Handler<SandboxCall> handler) {
    callHandler = handler == null ? call -> {} : handler;
    return this;
  }

  /** Returns the number of open connections, including idle ones. */
  public int openConnections() {
    return connections.get();
  }

  /** Returns the number of calls whose response has not ended. */
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
        String message = "Invalid URL (" + request.method() + " " + request.path() + ")";
        send(request, 404, OpenAiFormat.body(SandboxError.invalid(404, null, message)));
      }
    }
  }

  private void models(HttpServerRequest request) {
    boolean anthropic = request.getHeader("anthropic-version") != null;
    SandboxRequest received = SandboxRequest.of(request, "", anthropic, 0, Buffer.buffer());
    SandboxError wrongKey = received.checkKey(options.getRequiredKey());
    if (wrongKey == null) {
      send(request, 200, ModelList.of(anthropic));
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
    request.exceptionHandler(e -> {}); // The client disconnected before the end of its request.
    request.handler(
        part -> {
          if (body.length() <= SandboxRequest.MAX_BODY) {
            body.appendBuffer(part);
          }
        });
    request.endHandler(
        v -> {
          long number = lastNumber.incrementAndGet();
          respond(request, SandboxRequest.of(request, backend, anthropic, number, body));
        });
  }

  private void respond(HttpServerRequest request, SandboxRequest received) {
    Scenario scenario = choose(received);
    SandboxCall call = new SandboxCall(received, scenario);
    log.add(call);
    active.incrementAndGet();
    call.ended().onComplete(ended -> active.decrementAndGet());
    ScriptedResponse response = ScriptedResponse.of(received, scenario, options);
    new ResponseWriter(vertx, call, request, response, timers).start();
    callHandler.handle(call);
  }

  private Scenario choose(SandboxRequest request) {
    SandboxError error = request.check(options.getRequiredKey());
    if (error != null) {
      return Scenario.error(error);
    }
    Script script = scripts.get(request.backend());
    if (script != null) {
      return script.next();
    }
    if (!request.model().startsWith(Scenario.MODEL_PREFIX)) {
      return Scenario.ok();
    }
    try {
      return modelClock.current(Scenario.of(request.model()));
    } catch (IllegalArgumentException e) {
      return Scenario.error(SandboxError.invalid(404, "model_not_found", e.getMessage()));
    }
  }

  private static KeyCertOptions selfSigned() {
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
