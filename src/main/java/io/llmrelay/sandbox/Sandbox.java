package io.llmrelay.sandbox;

import io.llmrelay.sandbox.SandboxCall.Outcome;
import io.llmrelay.sandbox.dialect.Route;
import io.llmrelay.sandbox.dialect.SandboxDialect;
import io.llmrelay.sandbox.dialect.SandboxError;
import io.llmrelay.sandbox.dialect.SandboxRequest;
import io.llmrelay.sandbox.openai.OpenAiDialect;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import io.vertx.core.net.KeyCertOptions;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PfxOptions;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Embedded backends that speak the wire formats of the vendors over real HTTP and misbehave on
 * request: OpenAI, Anthropic, Gemini, Ollama, Bedrock (Converse), Cohere and Cloudflare.
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
 * <p>Each backend has the chat routes of all dialects, with whole answers and streams: {@code POST
 * …/chat/completions}, {@code …/responses}, {@code …/messages}, {@code
 * …/v1beta/models/MODEL:streamGenerateContent}, {@code …/api/chat}, {@code
 * …/model/MODEL/converse-stream}, {@code …/v2/chat} and {@code …/ai/run/MODEL}, those of
 * embeddings, which are never streamed, and the lists of models. {@code GET /health} is for the
 * server. A request that the vendor rejects is rejected with its status and error, such as one
 * without a model, or with a tool result without its call.
 *
 * <p>All methods may be called from any thread.
 */
public final class Sandbox {

  /** The name of the backend without a path prefix. */
  public static final String DEFAULT_BACKEND = "sandbox";

  private static final int MAX_RESETS = 1_000_000;

  private final Vertx vertx;
  private final SandboxOptions options;
  private final HttpServer server;

  /** Resolves scenarios in model names that depend on time. */
  private final Script modelClock = new Script(List.of(Scenario.ok()));

  private final Map<String, Script> scripts = new ConcurrentHashMap<>();
  private final Map<String, String> providers = new ConcurrentHashMap<>();
  private final CallLog log = new CallLog();
  private final PromptCache prompts;
  private final AtomicLong lastNumber = new AtomicLong();
  private final AtomicInteger connections = new AtomicInteger();
  private final AtomicInteger active = new AtomicInteger();
  private final AtomicInteger timers = new AtomicInteger();
  private volatile Handler<SandboxCall> callHandler = call -> {};

  private Sandbox(Vertx vertx, SandboxOptions options) {
    this.vertx = vertx;
    this.options = options;
    prompts = options.getPrefillMicros() > 0 ? new PromptCache() : null;
    options.getScenarios().forEach((backend, texts) -> scripts.put(backend, parse(backend, texts)));
    options.getProviders().forEach(this::provider);
    HttpServerOptions http = new HttpServerOptions();
    http.setHost(options.getHost()).setPort(options.getPort());
    http.setHttp2ClearTextEnabled(options.isHttp2()).setHandle100ContinueAutomatically(true);
    http.setUseAlpn(options.isHttp2() && options.isTls());
    // Tests reset more streams than a server in the open would let one client reset.
    http.setHttp2RstFloodMaxRstFramePerWindow(MAX_RESETS);
    if (options.isResetOnClose()) {
      http.setSoLinger(0);
    }
    if (options.isTls()) {
      http.setSsl(true).setKeyCertOptions(options.getCertificate() == null ? selfSigned() : own());
    }
    server = vertx.createHttpServer(http).requestHandler(this::handle);
    server.connectionHandler(
        connection -> {
          connections.incrementAndGet();
          connection.closeHandler(v -> connections.decrementAndGet());
        });
  }

  /** Parses configured scenarios; errors name the key. */
  private static Script parse(String backend, List<String> texts) {
    List<Scenario> scenarios = new ArrayList<>();
    for (String text : texts) {
      try {
        scenarios.add(Scenario.of(text));
      } catch (IllegalArgumentException e) {
        String key = "scenarios." + backend + "[" + scenarios.size() + "]";
        throw new IllegalArgumentException(key + ": " + e.getMessage(), e);
      }
    }
    return new Script(scenarios);
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
   * Returns the base URL of a backend for a client of a dialect.
   *
   * @param dialect {@code openai}, {@code openai-responses}, {@code anthropic}, {@code gemini},
   *     {@code ollama}, {@code bedrock}, {@code cohere} or {@code cloudflare}
   * @throws IllegalArgumentException if there is no such dialect
   */
  public String backend(String dialect, String name) {
    return baseUrl() + "/" + name + SandboxDialects.of(dialect).basePath();
  }

  /**
   * Sets the provider whose server a backend imitates in the dialect of OpenAI: its checks of
   * requests, its errors and the form of its answers.
   *
   * @param provider {@code openai}, {@code mistral}, {@code deepseek}, {@code groq} or {@code
   *     openrouter}
   * @throws IllegalArgumentException if there is no such provider
   */
  public Sandbox provider(String backend, String provider) {
    if (!OpenAiDialect.providers().contains(provider)) {
      throw new IllegalArgumentException(
          "providers.%s: unknown provider '%s', known: %s"
              .formatted(backend, provider, String.join(", ", OpenAiDialect.providers())));
    }
    providers.put(backend, provider);
    return this;
  }

  /**
   * Sets the scenarios of a backend: one per request, the last one repeated. The script replaces
   * the previous one and overrides model names.
   */
  public Sandbox script(String backend, Scenario... scenarios) {
    scripts.put(backend, new Script(Arrays.asList(scenarios)));
    return this;
  }

  /**
   * Sets the scenarios of the requests to a backend with one API key, which precede its script for
   * all keys.
   */
  public Sandbox scriptKey(String backend, String key, Scenario... scenarios) {
    scripts.put(scriptOfKey(backend, key), new Script(Arrays.asList(scenarios)));
    return this;
  }

  private static String scriptOfKey(String backend, String key) {
    return backend + "\n" + key;
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

  /** Removes the recorded calls; the next call has number 1. */
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
    boolean get = request.method().equals(HttpMethod.GET);
    boolean post = request.method().equals(HttpMethod.POST);
    if (get && request.path().equals("/health")) {
      send(request, 200, new JsonObject().put("status", "UP").encode());
      return;
    }
    for (SandboxDialect dialect : SandboxDialects.ALL) {
      Route route = post ? dialect.route(request.path()) : null;
      if (route != null) {
        read(request, dialect, route);
        return;
      }
      if (get && dialect.isModelList(request.path(), request.query(), request.headers())) {
        models(request, dialect);
        return;
      }
    }
    String message = "Invalid URL (" + request.method() + " " + request.path() + ")";
    SandboxDialect openAi = SandboxDialects.openAi();
    SandboxRequest received = received(request, openAi, new Route("", null, null), 0, null);
    SandboxError error = new SandboxError(404, "invalid_request_error", null, null, message);
    send(request, 404, openAi.errorBody(error, received));
  }

  private void models(HttpServerRequest request, SandboxDialect dialect) {
    String key = dialect.key(request.headers());
    SandboxError wrongKey = RequestCheck.checkKey(dialect, key, options.getRequiredKey());
    if (wrongKey == null) {
      send(request, 200, dialect.modelList(ScenarioParser.known()).encode());
    } else {
      SandboxRequest received = received(request, dialect, new Route("", null, null), 0, null);
      send(request, wrongKey.status(), dialect.errorBody(wrongKey, received));
    }
  }

  private void read(HttpServerRequest request, SandboxDialect dialect, Route route) {
    Buffer body = Buffer.buffer();
    request.exceptionHandler(e -> {}); // The client disconnected before the end of its request.
    request.handler(
        part -> {
          if (body.length() <= RequestCheck.MAX_BODY) {
            body.appendBuffer(part);
          }
        });
    request.endHandler(
        v -> {
          long number = lastNumber.incrementAndGet();
          respond(request, received(request, dialect, route, number, body));
        });
  }

  private SandboxRequest received(
      HttpServerRequest request, SandboxDialect dialect, Route route, long number, Buffer body) {
    String backend = route.backend().isEmpty() ? DEFAULT_BACKEND : route.backend();
    JsonObject json = body == null || body.length() > RequestCheck.MAX_BODY ? null : decode(body);
    return new SandboxRequest(
        request.method().name(),
        request.path(),
        request.headers(),
        backend,
        dialect,
        providers.get(backend),
        route,
        number,
        json == null ? new JsonObject() : json,
        body == null ? 0 : body.length(),
        json != null);
  }

  /** Returns null if the body is not a JSON object. */
  private static JsonObject decode(Buffer body) {
    try {
      return body.length() == 0 ? null : body.toJsonObject();
    } catch (DecodeException | ClassCastException e) {
      return null;
    }
  }

  private void respond(HttpServerRequest request, SandboxRequest received) {
    SandboxError error = RequestCheck.check(received, options.getRequiredKey());
    Scenario scenario = error == null ? choose(received) : Scenario.error(error);
    SandboxCall call = new SandboxCall(received, scenario);
    log.add(call);
    active.incrementAndGet();
    call.ended().onComplete(ended -> active.decrementAndGet());
    ScriptedResponse response =
        error == null
            ? ScriptedResponse.of(received, scenario, options, prompts)
            : ScriptedResponse.rejected(received, error);
    new ResponseWriter(vertx, call, request, response, timers).start();
    callHandler.handle(call);
  }

  private Scenario choose(SandboxRequest request) {
    Script ofKey = scripts.get(scriptOfKey(request.backend(), request.key()));
    Script script = ofKey == null ? scripts.get(request.backend()) : ofKey;
    if (script != null) {
      return script.next();
    }
    if (!request.model().startsWith(Scenario.MODEL_PREFIX)) {
      return Scenario.ok();
    }
    try {
      return modelClock.resolve(Scenario.of(request.model()));
    } catch (IllegalArgumentException e) {
      return Scenario.error(request.dialect().error("404").withMessage(e.getMessage()));
    }
  }

  private KeyCertOptions own() {
    return new PemKeyCertOptions()
        .setCertPath(options.getCertificate())
        .setKeyPath(options.getKey());
  }

  private static KeyCertOptions selfSigned() {
    try (InputStream in = Sandbox.class.getResourceAsStream("untrusted.p12")) {
      return new PfxOptions().setValue(Buffer.buffer(in.readAllBytes())).setPassword("sandbox");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void send(HttpServerRequest request, int status, String body) {
    request.response().setStatusCode(status).putHeader("content-type", "application/json");
    request.response().end(body);
  }
}
