package io.llmrelay.config;

import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import com.fasterxml.jackson.databind.annotation.JsonSerialize;
import io.llmrelay.chat.RelayHints.Prefer;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * One backend: an account at a provider, or a self-hosted server.
 *
 * <p>If the {@linkplain #getProvider() provider} is a {@link KnownProvider}, every other option has
 * a default: dialect, base URL, default model, and the key from the provider's environment
 * variable.
 */
public class BackendOptions {
  /**
   * The default limit of connections: enough for thousands of streams, each of which uses one until
   * it ends. Providers limit requests and tokens per minute, not connections. An open TLS
   * connection takes some tens of KiB, so 4096 take one or two hundred MiB, and they stay well
   * below the 28,000 local ports that Linux has by default for one remote address.
   */
  public static final int DEFAULT_MAX_CONNECTIONS = 4096;

  /** The built-in wire formats. */
  public static final List<String> DIALECTS =
      List.of(
          "openai",
          "openai-responses",
          "anthropic",
          "gemini",
          "ollama",
          "cloudflare",
          "cohere",
          "bedrock");

  /** The most keys of a backend. */
  public static final int MAX_KEYS = 64;

  /** How one of several keys is chosen by default. */
  public static final Prefer DEFAULT_PREFER_KEY = Prefer.WEIGHT;

  /** The value of {@code api-key} for a server that requires none. */
  public static final String NO_KEY = "none";

  /** The values of {@code http-version}. */
  public static final List<String> HTTP_VERSIONS = List.of("auto", "1.1", "2");

  /** The default version of HTTP: HTTP/2 where the server agrees to it. */
  public static final String DEFAULT_HTTP_VERSION = "auto";

  /** The default number of warm connections: none. */
  public static final int DEFAULT_WARM_CONNECTIONS = 0;

  /** The most warm connections of a lane. */
  public static final int MAX_WARM_CONNECTIONS = 1_000;

  /** The default lifetime of a connection. */
  public static final Duration DEFAULT_CONNECTION_LIFETIME = Duration.ofMinutes(5);

  /** The default time until a silent connection is pinged. */
  public static final Duration DEFAULT_PING_INTERVAL = Duration.ofSeconds(10);

  /** The value of {@code proxy} for a backend that is reached without the environment's proxy. */
  public static final String NO_PROXY = "none";

  static final String MASK = "***";

  private String node;
  private String provider;
  private String dialect;
  private String baseUrl;
  private String apiKey;
  private String apiKeyFile;
  private List<ApiKeyOptions> apiKeys = List.of();
  private Prefer preferKey = DEFAULT_PREFER_KEY;
  private List<String> models = List.of();
  private String defaultModel;
  private Map<String, String> headers = new LinkedHashMap<>();
  private int maxConnections = DEFAULT_MAX_CONNECTIONS;
  private String httpVersion = DEFAULT_HTTP_VERSION;
  private int warmConnections = DEFAULT_WARM_CONNECTIONS;

  @JsonDeserialize(using = Binding.OptionalDurationReader.class)
  @JsonSerialize(using = Binding.OptionalDurationWriter.class)
  private Duration connectionLifetime = DEFAULT_CONNECTION_LIFETIME;

  @JsonDeserialize(using = Binding.OptionalDurationReader.class)
  @JsonSerialize(using = Binding.OptionalDurationWriter.class)
  private Duration pingInterval = DEFAULT_PING_INTERVAL;

  private String proxy;
  private BackendTlsOptions tls;
  private ProbeOptions probe;
  private boolean adaptiveConcurrency;
  private UnknownFields unknownFields;
  private BudgetOptions budget;

  /** Creates options with the defaults. */
  public BackendOptions() {}

  /** Creates a copy of other options. */
  public BackendOptions(BackendOptions other) {
    node = other.node;
    provider = other.provider;
    dialect = other.dialect;
    baseUrl = other.baseUrl;
    apiKey = other.apiKey;
    apiKeyFile = other.apiKeyFile;
    apiKeys = other.apiKeys.stream().map(ApiKeyOptions::new).toList();
    preferKey = other.preferKey;
    models = other.models;
    defaultModel = other.defaultModel;
    headers = new LinkedHashMap<>(other.headers);
    maxConnections = other.maxConnections;
    httpVersion = other.httpVersion;
    warmConnections = other.warmConnections;
    connectionLifetime = other.connectionLifetime;
    pingInterval = other.pingInterval;
    proxy = other.proxy;
    tls = other.tls == null ? null : new BackendTlsOptions(other.tls);
    probe = other.probe == null ? null : new ProbeOptions(other.probe);
    adaptiveConcurrency = other.adaptiveConcurrency;
    unknownFields = other.unknownFields;
    budget = other.budget == null ? null : new BudgetOptions(other.budget);
  }

  /**
   * Reads options from JSON as {@link #toJson} writes it.
   *
   * @throws ConfigException if the JSON has unknown keys or invalid values
   */
  public BackendOptions(JsonObject json) {
    this(ConfigReader.read(json, BackendOptions.class));
  }

  /** Returns these options as JSON. The key is included, so the result must not be logged. */
  public JsonObject toJson() {
    return ConfigReader.toJson(this);
  }

  /**
   * Returns the name of the nodes that send requests to the backend; requests at other nodes of the
   * cluster are passed on to them. {@code null}, the default, for every node.
   */
  public String getNode() {
    return node;
  }

  /** Sets the name of the nodes that send requests to the backend. */
  public BackendOptions setNode(String node) {
    this.node = node;
    return this;
  }

  /**
   * Returns the provider, which determines prices in the catalogue and, for a {@link
   * KnownProvider}, defaults. Unless set, it is the known provider at the base URL's host; without
   * a base URL, or for a provider without a fixed host, the known provider with the name of the
   * backend.
   */
  public String getProvider() {
    return provider;
  }

  /**
   * Sets the provider, which determines prices in the catalogue and, for a {@link KnownProvider},
   * defaults.
   */
  public BackendOptions setProvider(String provider) {
    this.provider = provider;
    return this;
  }

  /** Returns the wire format, one of {@link #DIALECTS}. */
  public String getDialect() {
    return dialect;
  }

  /** Sets the wire format, one of {@link #DIALECTS}. */
  public BackendOptions setDialect(String dialect) {
    this.dialect = dialect;
    return this;
  }

  /** Returns the base URL as in the provider's own SDKs: {@code https://api.openai.com/v1}. */
  public String getBaseUrl() {
    return baseUrl;
  }

  /** Sets the base URL as in the provider's own SDKs: {@code https://api.openai.com/v1}. */
  public BackendOptions setBaseUrl(String baseUrl) {
    this.baseUrl = baseUrl;
    return this;
  }

  /** Returns the key; {@code null} without one. */
  public String getApiKey() {
    return NO_KEY.equals(apiKey) ? null : apiKey;
  }

  /** Sets the key; {@link #NO_KEY} also disables the provider's environment variable. */
  public BackendOptions setApiKey(String apiKey) {
    this.apiKey = apiKey == null || apiKey.isBlank() ? null : apiKey;
    return this;
  }

  /**
   * Returns the file that contains the key and nothing else, read at startup. A relative path is
   * resolved against the configuration file's folder.
   */
  public String getApiKeyFile() {
    return apiKeyFile;
  }

  /** Sets the file that contains the key and nothing else, read at startup. */
  public BackendOptions setApiKeyFile(String apiKeyFile) {
    this.apiKeyFile = apiKeyFile;
    return this;
  }

  /**
   * Returns the keys of a backend that has several; empty, the default, for one with the key of
   * {@link #getApiKey} or without any. Each has cooldowns, refusals and a budget of its own, and
   * the backend is skipped only while none of them can be used.
   */
  public List<ApiKeyOptions> getApiKeys() {
    return apiKeys;
  }

  /** Sets the keys of a backend that has several. */
  public BackendOptions setApiKeys(List<ApiKeyOptions> apiKeys) {
    this.apiKeys = apiKeys.stream().filter(Objects::nonNull).toList();
    return this;
  }

  /** Returns how one of several keys is chosen: by weight, least busy or in order. */
  public Prefer getPreferKey() {
    return preferKey;
  }

  /** Sets how one of several keys is chosen: by weight, least busy or in order. */
  public BackendOptions setPreferKey(Prefer preferKey) {
    this.preferKey = preferKey;
    return this;
  }

  /** Returns a copy with one of the keys as its only one. */
  public BackendOptions forKey(ApiKeyOptions key) {
    return new BackendOptions(this).setApiKeys(List.of()).setApiKey(key.getApiKey());
  }

  /**
   * Returns what happens to fields of a request that the relay does not know. Unless set, {@code
   * forward} for the openai dialect and {@code drop} for the others.
   */
  public UnknownFields getUnknownFields() {
    if (unknownFields != null) {
      return unknownFields;
    }
    return "openai".equals(dialect) ? UnknownFields.FORWARD : UnknownFields.DROP;
  }

  /** Returns the same for requests in the form of the backend's own API, which are forwarded. */
  public UnknownFields unknownFieldsOfOwnForm() {
    return unknownFields == null ? UnknownFields.FORWARD : unknownFields;
  }

  /** Sets what happens to fields of a request that the relay does not know. */
  public BackendOptions setUnknownFields(UnknownFields unknownFields) {
    this.unknownFields = unknownFields;
    return this;
  }

  /** Returns the models that the backend serves; if empty, any model name is passed on. */
  public List<String> getModels() {
    return models;
  }

  /** Sets the models that the backend serves. */
  public BackendOptions setModels(List<String> models) {
    this.models = List.copyOf(models);
    return this;
  }

  /** Returns the model for requests without one; by default the first of {@link #getModels}. */
  public String getDefaultModel() {
    return defaultModel != null || models.isEmpty() ? defaultModel : models.get(0);
  }

  /** Sets the model for requests without one. */
  public BackendOptions setDefaultModel(String defaultModel) {
    this.defaultModel = defaultModel;
    return this;
  }

  /** Returns the headers added to every request. */
  public Map<String, String> getHeaders() {
    return headers;
  }

  /** Sets the headers added to every request. */
  public BackendOptions setHeaders(Map<String, String> headers) {
    this.headers = new LinkedHashMap<>(headers);
    return this;
  }

  /**
   * Returns the maximum number of requests open at a time, whatever the number of connections that
   * carry them; further ones wait up to the connect timeout.
   */
  public int getMaxConnections() {
    return maxConnections;
  }

  /** Sets the maximum number of requests open at a time. */
  public BackendOptions setMaxConnections(int maxConnections) {
    this.maxConnections = maxConnections;
    return this;
  }

  /**
   * Returns the version of HTTP, one of {@link #HTTP_VERSIONS}. {@code auto}, the default, is
   * HTTP/2 where an https server agrees to it by ALPN, and HTTP/1.1 otherwise. {@code 2} is spoken
   * to an http server without asking (prior knowledge).
   */
  public String getHttpVersion() {
    return httpVersion;
  }

  /** Sets the version of HTTP, one of {@link #HTTP_VERSIONS}. */
  public BackendOptions setHttpVersion(String httpVersion) {
    this.httpVersion = httpVersion;
    return this;
  }

  /**
   * Returns how many HTTP/2 connections each lane opens at its start and keeps open while the
   * backend is at rest; 0, the default, for none.
   */
  public int getWarmConnections() {
    return warmConnections;
  }

  /** Sets how many HTTP/2 connections each lane keeps open. */
  public BackendOptions setWarmConnections(int warmConnections) {
    this.warmConnections = warmConnections;
    return this;
  }

  /**
   * Returns the age at which a connection takes no more requests, so that the next one follows a
   * change of the DNS; zero for never. Requests that it carries are not interrupted.
   */
  public Duration getConnectionLifetime() {
    return connectionLifetime;
  }

  /** Sets the age at which a connection takes no more requests; zero for never. */
  public BackendOptions setConnectionLifetime(Duration connectionLifetime) {
    this.connectionLifetime = connectionLifetime;
    return this;
  }

  /**
   * Returns how long an HTTP/2 connection may be silent before it is pinged; zero for never. One
   * that stays silent for as long again is closed.
   */
  public Duration getPingInterval() {
    return pingInterval;
  }

  /** Sets how long an HTTP/2 connection may be silent before it is pinged; zero for never. */
  public BackendOptions setPingInterval(Duration pingInterval) {
    this.pingInterval = pingInterval;
    return this;
  }

  /**
   * Returns the {@linkplain ProxyUrl URL of the proxy}, or {@link #NO_PROXY}. By default the one
   * that the environment names; {@code null} for none.
   */
  public String getProxy() {
    return NO_PROXY.equals(proxy) ? null : proxy;
  }

  /** Sets the URL of the proxy, or {@link #NO_PROXY}; {@code null} for that of the environment. */
  public BackendOptions setProxy(String proxy) {
    this.proxy = proxy;
    return this;
  }

  /** Returns the TLS files; {@code null}, the default, for the authorities of the JDK. */
  public BackendTlsOptions getTls() {
    return tls;
  }

  /** Sets the TLS files; {@code null} for the authorities of the JDK. */
  public BackendOptions setTls(BackendTlsOptions tls) {
    this.tls = tls;
    return this;
  }

  /** Returns the probes of the backend at rest; {@code null}, the default, for none. */
  public ProbeOptions getProbe() {
    return probe;
  }

  /** Sets the probes of the backend at rest; {@code null} for none. */
  public BackendOptions setProbe(ProbeOptions probe) {
    this.probe = probe;
    return this;
  }

  /**
   * Returns whether the number of concurrent requests is adapted, up to {@link
   * #getMaxConnections()}: it grows while the first chunks are as fast as ever, and shrinks when
   * they take more than half as long again. For servers of one's own.
   */
  public boolean isAdaptiveConcurrency() {
    return adaptiveConcurrency;
  }

  /**
   * Sets whether the number of concurrent requests is adapted, up to {@link #getMaxConnections()}:
   * it grows while the first chunks are as fast as ever, and shrinks when they take more than half
   * as long again.
   */
  public BackendOptions setAdaptiveConcurrency(boolean adaptiveConcurrency) {
    this.adaptiveConcurrency = adaptiveConcurrency;
    return this;
  }

  /** Returns the budget; {@code null}, the default, for no limit. */
  public BudgetOptions getBudget() {
    return budget;
  }

  /** Sets the budget. */
  public BackendOptions setBudget(BudgetOptions budget) {
    this.budget = budget;
    return this;
  }

  /** Returns whether {@code api-key} is set, {@link #NO_KEY} included. */
  boolean hasApiKeySetting() {
    return apiKey != null;
  }

  /** Returns whether {@code proxy} is set, {@link #NO_PROXY} included. */
  boolean hasProxySetting() {
    return proxy != null;
  }

  void resolvePaths(Path folder) {
    if (tls != null) {
      tls.resolvePaths(folder);
    }
  }

  /** Returns a copy with the key, the header values and the proxy's user masked. */
  public BackendOptions masked() {
    BackendOptions masked = new BackendOptions(this);
    masked.apiKey = getApiKey() == null ? apiKey : MASK;
    masked.apiKeys = apiKeys.stream().map(ApiKeyOptions::masked).toList();
    masked.headers.replaceAll((name, value) -> MASK);
    masked.proxy = proxy == null ? null : ProxyUrl.masked(proxy);
    return masked;
  }

  /** Returns these options as JSON with the key and the header values masked. */
  @Override
  public String toString() {
    return "BackendOptions" + masked().toJson().encode();
  }
}
