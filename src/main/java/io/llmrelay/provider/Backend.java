package io.llmrelay.provider;

import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.config.ConfigException;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.ConnectionPoolTooBusyException;
import io.vertx.core.http.HttpClientAgent;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.shareddata.LocalMap;
import java.net.ConnectException;
import java.net.URI;
import java.net.UnknownHostException;
import java.time.Clock;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;
import javax.net.ssl.SSLException;

/**
 * One backend as its verticle needs it: where it is, what it speaks, and the HTTP clients.
 *
 * <p>Streams and probes have clients of their own, so that a backend whose connections are all in
 * use still answers a probe. A probe gets a connection of its own, as does a request that was lost
 * with a pooled one.
 */
final class Backend {
  /** Ends a TCP connect nobody waits for any more, which holds a place in the pool until then. */
  private static final int TCP_CONNECT_MS = 10_000;

  private static final int KEEP_ALIVE_SECONDS = 30;

  /** Longest response head, in bytes; security policies alone fill the usual 8 KiB. */
  private static final int MAX_HEAD = 32 * 1024;

  private static final int PROBE_CONNECTIONS = 2;

  /** Map of the backends of this process that are known to refuse {@code stream_options}. */
  private static final String WITHOUT_STREAM_OPTIONS = "llmrelay.without-stream-options";

  private static final Pattern NAMES_STREAM_OPTIONS =
      Pattern.compile("stream[_ -]?options|include[_ -]?usage", Pattern.CASE_INSENSITIVE);

  private final String name;
  private final BackendOptions options;
  private final Dialect dialect;
  private final ErrorClassifier errors;
  private final URI base;
  private final String path;
  private final MultiMap headers;
  private final HttpClientAgent streams;
  private final HttpClientAgent freshStreams;
  private final HttpClientAgent probes;
  private final LocalMap<String, Boolean> withoutStreamOptions;

  /** The requests whose answers are complete and whose bodies have not ended, oldest first. */
  private final Set<Exchange> ending = new LinkedHashSet<>();

  /** The streams that run. */
  private int open;

  /**
   * @throws IllegalArgumentException if the options cannot be right; the message has no secret
   * @throws ConfigException if they cannot work with the dialect
   */
  Backend(Vertx vertx, String name, BackendOptions options, boolean keepAlive) {
    this(vertx, name, options, Dialects.of(options.getDialect()), keepAlive);
  }

  Backend(Vertx vertx, String name, BackendOptions options, Dialect dialect, boolean keepAlive) {
    this.name = name;
    this.options = options;
    this.dialect = dialect;
    errors = new ErrorClassifier(options, Clock.systemUTC());
    base = base(name, options.getBaseUrl());
    String problem = dialect.problem(options);
    if (problem != null) {
      throw new ConfigException(List.of("backend " + name + ": " + problem));
    }
    path = base.getRawPath().replaceAll("/+$", "");
    headers = headers(name, dialect, options);
    streams = client(vertx, options.getMaxConnections(), keepAlive);
    freshStreams = client(vertx, options.getMaxConnections(), false);
    probes = client(vertx, PROBE_CONNECTIONS, false);
    withoutStreamOptions = vertx.sharedData().getLocalMap(WITHOUT_STREAM_OPTIONS);
  }

  private static URI base(String name, String url) {
    URI uri = url == null ? null : URI.create(url);
    if (uri == null
        || uri.getHost() == null
        || !("http".equals(uri.getScheme()) || "https".equals(uri.getScheme()))) {
      throw new IllegalArgumentException("backend " + name + ": the base URL must be http(s)://…");
    }
    return uri;
  }

  private static MultiMap headers(String name, Dialect dialect, BackendOptions options) {
    MultiMap headers =
        HttpHeaders.headers()
            .add("content-type", "application/json")
            .add("accept", "text/event-stream")
            .add("user-agent", "vertx-llm-relay");
    try {
      dialect.headers(options).forEach(headers::set);
      options.getHeaders().forEach(headers::set);
      return headers;
    } catch (IllegalArgumentException e) {
      // Its message would show the value.
      throw new IllegalArgumentException(
          "backend " + name + ": the key or a header has a character no header may have");
    }
  }

  private static HttpClientAgent client(Vertx vertx, int connections, boolean keepAlive) {
    return vertx
        .httpClientBuilder()
        .with(
            new HttpClientOptions()
                .setConnectTimeout(TCP_CONNECT_MS)
                .setKeepAlive(keepAlive)
                .setKeepAliveTimeout(KEEP_ALIVE_SECONDS)
                .setMaxHeaderSize(MAX_HEAD)
                .setDecompressionSupported(true)
                .setVerifyHost(true))
        // Connections being made count as waiting, so as many again may wait for a free one.
        .with(new PoolOptions().setHttp1MaxSize(connections).setMaxWaitQueueSize(2 * connections))
        // A lost connection fails its request; Vert.x would log it as an error besides.
        .withConnectHandler(connection -> connection.exceptionHandler(e -> {}))
        .build();
  }

  String name() {
    return name;
  }

  BackendOptions options() {
    return options;
  }

  Dialect dialect() {
    return dialect;
  }

  ErrorClassifier errors() {
    return errors;
  }

  /** A stream begins: the connection of one that is complete is not waited for. */
  void begin() {
    open++;
    if (open + ending.size() > options.getMaxConnections() && !ending.isEmpty()) {
      ending.iterator().next().reset();
    }
  }

  /** A stream is over. */
  void end() {
    open--;
  }

  /** The answer is complete, and the end of its body is waited for until {@link #ended}. */
  void ending(Exchange exchange) {
    ending.add(exchange);
  }

  void ended(Exchange exchange) {
    ending.remove(exchange);
  }

  /**
   * A request for a stream, on a connection and not sent yet.
   *
   * @param fresh whether the connection must not have served another request
   */
  Future<HttpClientRequest> chat(String model, long connectMs, boolean fresh) {
    return (fresh ? freshStreams : streams)
        .request(request(HttpMethod.POST, dialect.chatPath(model, options), connectMs));
  }

  /** The body of a request for a stream, with what the backend is known to take. */
  Buffer encode(ChatRequest chat, String model) {
    return refusesStreamOptions()
        ? dialect.encodeWithoutStreamOptions(chat, model, options)
        : dialect.encode(chat, model, options);
  }

  /** Whether the backend is known to refuse {@code stream_options}. */
  boolean refusesStreamOptions() {
    return !withoutStreamOptions.isEmpty() && withoutStreamOptions.containsKey(key());
  }

  /** The body to send instead if this error refuses {@code stream_options}, or {@code null}. */
  Buffer encodeAfter(int status, Buffer error, ChatRequest chat, String model) {
    boolean refused =
        (status == 400 || status == 422) && NAMES_STREAM_OPTIONS.matcher(error.toString()).find();
    return refused ? dialect.encodeWithoutStreamOptions(chat, model, options) : null;
  }

  /** Remembers that the backend, which had refused {@code stream_options}, serves without them. */
  void servedWithoutStreamOptions() {
    withoutStreamOptions.putIfAbsent(key(), true);
  }

  private String key() {
    return name + " " + options.getBaseUrl();
  }

  /** The same on a connection for probes: its answer must be short. */
  Future<HttpClientRequest> cheapChat(String model, long connectMs) {
    return probes.request(request(HttpMethod.POST, dialect.chatPath(model, options), connectMs));
  }

  /** A request for the list of models, on a connection and not sent yet. */
  Future<HttpClientRequest> models(long connectMs) {
    MultiMap json = HttpHeaders.headers().addAll(headers).set("accept", "application/json");
    return probes.request(
        request(HttpMethod.GET, dialect.modelsPath(options), connectMs).setHeaders(json));
  }

  private RequestOptions request(HttpMethod method, String suffix, long connectMs) {
    boolean here = suffix.startsWith("/");
    URI at = here ? base : URI.create(suffix);
    String uri = here ? path + suffix : at.getRawPath();
    String more = uri.contains("?") ? "&" : "?";
    boolean ssl = "https".equals(at.getScheme());
    return new RequestOptions()
        .setMethod(method)
        .setSsl(ssl)
        .setHost(at.getHost())
        .setPort(at.getPort() >= 0 ? at.getPort() : ssl ? 443 : 80)
        .setURI(at.getRawQuery() == null ? uri : uri + more + at.getRawQuery())
        .setHeaders(headers)
        .setConnectTimeout(connectMs)
        .setFollowRedirects(false);
  }

  /** Adds to a request what depends on all of it; nothing may change any more. */
  void sign(HttpClientRequest request, Buffer body) {
    dialect
        .sign(request.getMethod().name(), request.absoluteURI(), body, options)
        .forEach(request::putHeader);
  }

  /** What a request that got no connection, or lost it before the head, failed of. */
  Failure unreachable(Throwable cause) {
    if (cause instanceof ConnectionPoolTooBusyException) {
      return Failure.of(
          FailureKind.SATURATED,
          "all "
              + options.getMaxConnections()
              + " connections (max-connections) are in use, and too many requests wait for one");
    }
    if (cause instanceof TimeoutException
        || cause instanceof io.netty.channel.ConnectTimeoutException) {
      return Failure.of(FailureKind.TIMEOUT, "no connection within the connect timeout");
    }
    return Failure.of(FailureKind.NETWORK, reason(cause));
  }

  private static String reason(Throwable cause) {
    if (cause instanceof UnknownHostException) {
      return "the host name is unknown";
    }
    if (cause instanceof SSLException || cause.getCause() instanceof SSLException) {
      return "the TLS handshake failed";
    }
    if (cause instanceof ConnectException) {
      return "the connection was refused";
    }
    return "the connection was lost before an answer came";
  }

  Future<Void> close() {
    return Future.join(streams.close(), freshStreams.close(), probes.close()).mapEmpty();
  }
}
