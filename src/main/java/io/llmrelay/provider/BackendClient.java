package io.llmrelay.provider;

import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.EmbeddingRequest;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.LlmRequest;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.config.BackendTlsOptions;
import io.llmrelay.config.ConfigException;
import io.llmrelay.config.ProxyUrl;
import io.llmrelay.provider.error.ErrorClassifier;
import io.llmrelay.provider.wire.ClientChannel;
import io.llmrelay.provider.wire.InterimResponses;
import io.netty.handler.codec.http2.Http2Exception;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.ConnectionPoolTooBusyException;
import io.vertx.core.http.Http2Settings;
import io.vertx.core.http.HttpClientAgent;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpConnectOptions;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.HostAndPort;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import io.vertx.core.shareddata.LocalMap;
import java.net.ConnectException;
import java.net.URI;
import java.net.UnknownHostException;
import java.time.Clock;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import java.util.regex.Pattern;
import javax.net.ssl.SSLException;

/**
 * The HTTP side of one backend: address, dialect, headers and connection pools.
 *
 * <p>With HTTP/1.1, streams and probes have separate pools, so that a probe succeeds even if all
 * connections for streams are in use. Probes use new connections, and so does the retry of a
 * request that was lost with a pooled one. With HTTP/2 all share the connections of one {@link
 * Http2Pool}.
 */
final class BackendClient {
  /** Limit for a TCP connect, which occupies the pool even after its request has timed out. */
  private static final int TCP_CONNECT_MS = 10_000;

  private static final int KEEP_ALIVE_SECONDS = 30;

  /** The longest response head, in bytes; security headers alone may fill the usual 8 KiB. */
  private static final int MAX_HEAD = 32 * 1024;

  private static final int PROBE_CONNECTIONS = 2;

  /** Headers of a connection, which HTTP/2 does not allow. */
  private static final List<String> HTTP_1_HEADERS =
      List.of("connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade");

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
  private final HttpClientAgent http2Client;
  private final Http2Pool http2;
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
    streams = client(options.getMaxConnections(), keepAlive);
    freshStreams = client(options.getMaxConnections(), false);
    probes = client(PROBE_CONNECTIONS, false);
    boolean tls = "https".equals(base.getScheme());
    boolean only2 = "2".equals(options.getHttpVersion());
    boolean may2 = only2 || (tls && "auto".equals(options.getHttpVersion()));
    http2Client = may2 ? http2Client(tls, only2) : null;
    http2 = may2 ? http2Pool(keepAlive, only2) : null;
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

  private HttpClientAgent client(int connections, boolean keepAlive) {
    return vertx
        .httpClientBuilder()
        .with(
            clientOptions()
                .setKeepAlive(keepAlive)
                .setKeepAliveTimeout(KEEP_ALIVE_SECONDS)
                .setMaxHeaderSize(MAX_HEAD))
        .with(
            new PoolOptions()
                .setHttp1MaxSize(connections)
                // The queue also holds requests whose connection is being established.
                .setMaxWaitQueueSize(2 * connections)
                .setMaxLifetimeUnit(TimeUnit.SECONDS)
                .setMaxLifetime((int) options.getConnectionLifetime().toSeconds()))
        .withConnectHandler(
            connection -> {
              // A lost connection fails its request; without a handler Vert.x would log it as well.
              connection.exceptionHandler(e -> {});
              ClientChannel.readOnceAtATime(connection);
              InterimResponses.drop(connection);
            })
        .build();
  }

  private HttpClientOptions clientOptions() {
    HttpClientOptions client =
        new HttpClientOptions()
            .setConnectTimeout(TCP_CONNECT_MS)
            .setDecompressionSupported(true)
            .setVerifyHost(true);
    if (options.getProxy() != null) {
      client.setProxyOptions(ProxyUrl.options(options.getProxy()));
    }
    BackendTlsOptions tls = options.getTls();
    if (tls != null && tls.getCa() != null) {
      client.setTrustOptions(new PemTrustOptions().addCertPath(tls.getCa()));
    }
    if (tls != null && tls.getCertificate() != null) {
      client.setKeyCertOptions(
          new PemKeyCertOptions().setCertPath(tls.getCertificate()).setKeyPath(tls.getKey()));
    }
    return client;
  }

  private HttpClientAgent http2Client(boolean tls, boolean only2) {
    HttpClientOptions client =
        clientOptions()
            .setProtocolVersion(HttpVersion.HTTP_2)
            .setHttp2ClearTextUpgrade(false)
            .setInitialSettings(
                new Http2Settings()
                    .setInitialWindowSize(Http2Connection.STREAM_WINDOW)
                    .setMaxHeaderListSize(MAX_HEAD));
    if (tls) {
      client
          .setUseAlpn(true)
          .setAlpnVersions(
              only2
                  ? List.of(HttpVersion.HTTP_2)
                  : List.of(HttpVersion.HTTP_2, HttpVersion.HTTP_1_1));
    }
    return vertx.httpClientBuilder().with(client).build();
  }

  private Http2Pool http2Pool(boolean keepAlive, boolean only2) {
    RequestOptions target = request(HttpMethod.GET, "/");
    return new Http2Pool(
        vertx,
        http2Client,
        new HttpConnectOptions()
            .setSsl(target.isSsl())
            .setHost(target.getHost())
            .setPort(target.getPort()),
        new Http2Pool.Settings(
            options.getWarmConnections(),
            options.getConnectionLifetime().toMillis(),
            options.getPingInterval().toMillis(),
            keepAlive ? TimeUnit.SECONDS.toMillis(KEEP_ALIVE_SECONDS) : 0,
            !only2));
  }

  /** Opens the connections that are kept warm. */
  void start() {
    if (http2 != null) {
      http2.start();
    }
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
   * A request that has a connection and is not sent yet.
   *
   * @param http2 its connection; {@code null} with HTTP/1.1
   */
  record Opened(HttpClientRequest request, Http2Connection http2) {}

  /**
   * Acquires a connection for a request, which names its model.
   *
   * @param freshSince a time of {@link System#nanoTime} since which the connection must be new;
   *     {@code null} for any connection
   * @param abandoned returns whether the request is not wanted any more
   */
  Future<Opened> open(
      LlmRequest llmRequest, long connectMs, Long freshSince, BooleanSupplier abandoned) {
    RequestOptions request = request(llmRequest);
    if (speaksHttp2(request) && open > options.getMaxConnections()) {
      return Future.failedFuture(new ConnectionPoolTooBusyException("max-connections"));
    }
    return connect(
        freshSince == null ? streams : freshStreams, request, connectMs, freshSince, abandoned);
  }

  /** Records that the server wants HTTP/1.1; returns whether that is possible. */
  boolean requireHttp1() {
    return http2.requireHttp1();
  }

  private RequestOptions request(LlmRequest llmRequest) {
    if (llmRequest instanceof EmbeddingRequest) {
      return request(HttpMethod.POST, dialect.embeddings().path(llmRequest.model(), options))
          .setHeaders(acceptJson());
    }
    return request(HttpMethod.POST, dialect.path((ChatRequest) llmRequest, options));
  }

  private MultiMap acceptJson() {
    return HttpHeaders.headers().addAll(headers).set("accept", "application/json");
  }

  /** Returns the API whose events an answer is to have as they are; {@code null} for none. */
  String receivedFormat(LlmRequest llmRequest) {
    return llmRequest instanceof ChatRequest chat && dialect.sendsAsReceived(chat)
        ? dialect.receivedFormat()
        : null;
  }

  /** Creates a reader for the response to a request. */
  Dialect.Reader reader(LlmRequest llmRequest, Answer answer) {
    return llmRequest instanceof EmbeddingRequest embed
        ? new VectorReader(answer, dialect.embeddings().fields(), embed.inputs().size())
        : dialect.reader(answer, options);
  }

  /** Encodes a request, which names its model. */
  EncodedRequest encode(LlmRequest llmRequest) {
    return llmRequest instanceof EmbeddingRequest embed
        ? dialect.embeddings().encode(embed, llmRequest.model(), options)
        : encode((ChatRequest) llmRequest, llmRequest.model());
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
  EncodedRequest encodeAfter(int status, Buffer error, LlmRequest llmRequest) {
    boolean refused =
        (status == 400 || status == 422) && NAMES_STREAM_OPTIONS.matcher(error.toString()).find();
    return refused && llmRequest instanceof ChatRequest chat
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

  /** Acquires a connection for a path of the server and returns the request, not sent yet. */
  Future<HttpClientRequest> path(String path, long connectMs) {
    return connect(probes, request(HttpMethod.GET, "/").setURI(path), connectMs);
  }

  private Future<HttpClientRequest> connect(
      HttpClientAgent http1, RequestOptions request, long connectMs) {
    return connect(http1, request, connectMs, null, () -> false).map(Opened::request);
  }

  private Future<Opened> connect(
      HttpClientAgent http1,
      RequestOptions request,
      long connectMs,
      Long freshSince,
      BooleanSupplier abandoned) {
    if (!speaksHttp2(request)) {
      return connectHttp1(http1, request, connectMs).map(acquired -> new Opened(acquired, null));
    }
    long begin = System.nanoTime();
    return http2
        .acquire(connectMs, freshSince, abandoned)
        .compose(
            connection -> requestHttp2(connection, request),
            cause -> {
              long rest = connectMs - TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begin);
              return cause instanceof Http2Pool.Http1Only && !abandoned.getAsBoolean()
                  ? connectHttp1(http1, request, Math.max(1, rest))
                      .map(acquired -> new Opened(acquired, null))
                  : Future.failedFuture(cause);
            });
  }

  private boolean speaksHttp2(RequestOptions request) {
    return http2 != null
        && !http2.isHttp1()
        && request.getHost().equals(base.getHost())
        && request.isSsl() == "https".equals(base.getScheme());
  }

  private static Future<Opened> requestHttp2(Http2Connection connection, RequestOptions options) {
    MultiMap headers = HttpHeaders.headers().addAll(options.getHeaders());
    HTTP_1_HEADERS.forEach(headers::remove);
    String host = headers.get(HttpHeaders.HOST);
    headers.remove(HttpHeaders.HOST);
    return connection
        .request(options.setHeaders(headers))
        .map(
            request -> {
              if (host != null) {
                request.authority(HostAndPort.parseAuthority(host, -1));
              }
              return new Opened(request, connection);
            });
  }

  /**
   * Acquires a connection within a time limit. The client's own limit leaves its timer behind
   * wherever a new connection is made (Vert.x 5.1).
   */
  private Future<HttpClientRequest> connectHttp1(
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
    // By a proxy an http server is asked for the absolute URI.
    boolean absolute = request.getURI().startsWith("http:");
    String uri = absolute ? request.getURI() : request.absoluteURI();
    dialect.sign(request.getMethod().name(), uri, body, options).forEach(request::putHeader);
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

  /** Returns the failure of a request on which the backend did not begin. */
  Failure refused() {
    return Failure.of(FailureKind.UNAVAILABLE, "the backend refused the HTTP/2 stream");
  }

  private String reason(Throwable cause) {
    if (cause instanceof UnknownHostException) {
      return "the host name is unknown";
    }
    if (cause instanceof SSLException || cause.getCause() instanceof SSLException) {
      return "the TLS handshake failed";
    }
    if (cause instanceof ConnectException) {
      return options.getProxy() == null
          ? "the connection was refused"
          : "the proxy refused the connection";
    }
    if (cause instanceof Http2Exception || cause instanceof IllegalStateException) {
      return "the server does not speak HTTP/2 as agreed";
    }
    return "the connection was lost before an answer came";
  }

  Future<Void> close() {
    if (http2 != null) {
      http2.close();
    }
    Future<Void> closed = http2 == null ? Future.succeededFuture() : http2Client.close();
    return Future.join(streams.close(), freshStreams.close(), probes.close(), closed).mapEmpty();
  }
}
