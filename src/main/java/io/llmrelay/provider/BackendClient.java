package io.llmrelay.provider;

import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.EmbeddingRequest;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.LlmRequest;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.config.ConfigException;
import io.llmrelay.provider.error.ErrorClassifier;
import io.llmrelay.provider.wire.ClientChannel;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.Promise;
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
 * The HTTP side of one backend: address, dialect, headers and connection pools.
 *
 * <p>Streams and probes have separate pools, so that a probe succeeds even if all connections for
 * streams are in use. Probes use new connections, and so does the retry of a request that was lost
 * with a pooled one.
 */
final class BackendClient {
  /** Limit for a TCP connect, which occupies the pool even after its request has timed out. */
  private static final int TCP_CONNECT_MS = 10_000;

  private static final int KEEP_ALIVE_SECONDS = 30;

  /** The longest response head, in bytes; security headers alone may fill the usual 8 KiB. */
  private static final int MAX_HEAD = 32 * 1024;

  private static final int PROBE_CONNECTIONS = 2;

  /**
   * The name of the local map with the backends that are known to reject {@code stream_options}.
   */
  private static final String WITHOUT_STREAM_OPTIONS = "llmrelay.without-stream-options";

  private static final Pattern NAMES_STREAM_OPTIONS =
      Pattern.compile("stream[_ -]?options|include[_ -]?usage", Pattern.CASE_INSENSITIVE);

  private final Vertx vertx;
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

  /** The requests whose answers are complete but whose bodies have not ended, oldest first. */
  private final Set<Exchange> ending = new LinkedHashSet<>();

  /** The number of open streams. */
  private int open;

  /**
   * Creates a client.
   *
   * @throws IllegalArgumentException if the options are invalid; the message contains no secret
   * @throws ConfigException if the dialect cannot work with the options
   */
  BackendClient(Vertx vertx, String name, BackendOptions options, boolean keepAlive) {
    this(vertx, name, options, Dialects.of(options.getDialect()), keepAlive);
  }

  BackendClient(
      Vertx vertx, String name, BackendOptions options, Dialect dialect, boolean keepAlive) {
    this.vertx = vertx;
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
      // The message of the cause contains the value.
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
        // The queue also holds requests whose connection is being established, hence the factor.
        .with(new PoolOptions().setHttp1MaxSize(connections).setMaxWaitQueueSize(2 * connections))
        .withConnectHandler(
            connection -> {
              // A lost connection fails its request; without a handler Vert.x would log it as well.
              connection.exceptionHandler(e -> {});
              ClientChannel.readOnceAtATime(connection);
            })
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

  /** Counts a new stream. If connections run out, resets the oldest request in {@link #ending}. */
  void begin() {
    open++;
    if (open + ending.size() > options.getMaxConnections() && !ending.isEmpty()) {
      ending.iterator().next().reset();
    }
  }

  /** Stops counting a stream, which has ended. */
  void end() {
    open--;
  }

  /**
   * Records that the answer of a request is complete, until {@link #ended} reports its body's end.
   */
  void ending(Exchange exchange) {
    ending.add(exchange);
  }

  void ended(Exchange exchange) {
    ending.remove(exchange);
  }

  /**
   * Acquires a connection for a request, which names its model, and returns the request, not sent
   * yet.
   *
   * @param fresh whether to use a new connection
   */
  Future<HttpClientRequest> open(LlmRequest asked, long connectMs, boolean fresh) {
    return connect(fresh ? freshStreams : streams, request(asked), connectMs);
  }

  private RequestOptions request(LlmRequest asked) {
    if (asked instanceof EmbeddingRequest) {
      return request(HttpMethod.POST, dialect.embeddings().path(asked.model(), options))
          .setHeaders(acceptJson());
    }
    return request(HttpMethod.POST, dialect.path((ChatRequest) asked, options));
  }

  private MultiMap acceptJson() {
    return HttpHeaders.headers().addAll(headers).set("accept", "application/json");
  }

  /** Returns the API whose events an answer is to have as they are; {@code null} for none. */
  String receivedFormat(LlmRequest asked) {
    return asked instanceof ChatRequest chat && dialect.sendsAsReceived(chat)
        ? dialect.receivedFormat()
        : null;
  }

  /** Creates a reader for the response to a request. */
  Dialect.Reader reader(LlmRequest asked, Answer answer) {
    return asked instanceof EmbeddingRequest embed
        ? new VectorReader(answer, dialect.embeddings().fields(), embed.inputs().size())
        : dialect.reader(answer, options);
  }

  /** Encodes a request, which names its model. */
  EncodedRequest encode(LlmRequest asked) {
    return asked instanceof EmbeddingRequest embed
        ? dialect.embeddings().encode(embed, asked.model(), options)
        : encode((ChatRequest) asked, asked.model());
  }

  /** Encodes a chat request, without {@code stream_options} if the backend rejects them. */
  EncodedRequest encode(ChatRequest chat, String model) {
    return refusesStreamOptions()
        ? dialect.encodeWithoutStreamOptions(chat, model, options)
        : dialect.encode(chat, model, options);
  }

  /** Returns whether the backend is known to reject {@code stream_options}. */
  boolean refusesStreamOptions() {
    return !withoutStreamOptions.isEmpty() && withoutStreamOptions.containsKey(key());
  }

  /**
   * Returns the body for a retry if this error rejects {@code stream_options}, else {@code null}.
   */
  EncodedRequest encodeAfter(int status, Buffer error, LlmRequest asked) {
    boolean refused =
        (status == 400 || status == 422) && NAMES_STREAM_OPTIONS.matcher(error.toString()).find();
    return refused && asked instanceof ChatRequest chat
        ? dialect.encodeWithoutStreamOptions(chat, chat.model(), options)
        : null;
  }

  /** Records that the backend rejects {@code stream_options} and serves a request without them. */
  void servedWithoutStreamOptions() {
    withoutStreamOptions.putIfAbsent(key(), true);
  }

  private String key() {
    return name + " " + options.getBaseUrl();
  }

  /** Acquires a connection for a request that counts tokens, and returns it, not sent yet. */
  Future<HttpClientRequest> count(String model, long connectMs) {
    return connect(
        streams, request(HttpMethod.POST, dialect.tokenCounter().path(model, options)), connectMs);
  }

  /** Acquires a connection of the probes for a chat request; its response must be short. */
  Future<HttpClientRequest> cheapChat(String model, long connectMs) {
    return connect(probes, request(HttpMethod.POST, dialect.chatPath(model, options)), connectMs);
  }

  /** Acquires a connection for the list of models and returns the request, not sent yet. */
  Future<HttpClientRequest> models(long connectMs) {
    RequestOptions request =
        request(HttpMethod.GET, dialect.modelsPath(options)).setHeaders(acceptJson());
    return connect(probes, request, connectMs);
  }

  /**
   * Acquires a connection within a time limit. The client's own limit leaves its timer behind
   * wherever a new connection is made (Vert.x 5.1).
   */
  private Future<HttpClientRequest> connect(
      HttpClientAgent client, RequestOptions request, long connectMs) {
    Future<HttpClientRequest> acquired = client.request(request);
    if (acquired.isComplete()) {
      return acquired;
    }
    Promise<HttpClientRequest> inTime = Promise.promise();
    long timer =
        vertx.setTimer(
            connectMs,
            id -> inTime.tryFail(new TimeoutException("no connection within the time limit")));
    acquired.onComplete(
        (connected, cause) -> {
          vertx.cancelTimer(timer);
          if (connected == null) {
            inTime.tryFail(cause);
          } else if (!inTime.tryComplete(connected)) {
            connected.exceptionHandler(e -> {}).reset();
          }
        });
    return inTime.future();
  }

  private RequestOptions request(HttpMethod method, String suffix) {
    boolean relative = suffix.startsWith("/");
    URI target = relative ? base : URI.create(suffix);
    String uri = relative ? path + suffix : target.getRawPath();
    String separator = uri.contains("?") ? "&" : "?";
    boolean ssl = "https".equals(target.getScheme());
    return new RequestOptions()
        .setMethod(method)
        .setSsl(ssl)
        .setHost(target.getHost())
        .setPort(target.getPort() >= 0 ? target.getPort() : ssl ? 443 : 80)
        .setURI(target.getRawQuery() == null ? uri : uri + separator + target.getRawQuery())
        .setHeaders(headers)
        .setFollowRedirects(false);
  }

  /** Adds the headers that depend on the whole request, which must not change afterwards. */
  void sign(HttpClientRequest request, Buffer body) {
    dialect
        .sign(request.getMethod().name(), request.absoluteURI(), body, options)
        .forEach(request::putHeader);
  }

  /** Returns the failure of a request that got no connection, or lost it before the head. */
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
