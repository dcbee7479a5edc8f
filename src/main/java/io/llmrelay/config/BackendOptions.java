package io.llmrelay.config;

import io.vertx.core.json.JsonObject;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

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

  /** The value of {@code api-key} for a server that requires none. */
  public static final String NO_KEY = "none";

  private static final String MASK = "***";

  private String node;
  private String provider;
  private String dialect;
  private String baseUrl;
  private String apiKey;
  private String apiKeyFile;
  private List<String> models = List.of();
  private String defaultModel;
  private Map<String, String> headers = new LinkedHashMap<>();
  private int maxConnections = DEFAULT_MAX_CONNECTIONS;
  private boolean adaptiveConcurrency;
  private UnknownFields unknownFields;
  private BudgetOptions budget;

  public BackendOptions() {}

  public BackendOptions(BackendOptions other) {
    node = other.node;
    provider = other.provider;
    dialect = other.dialect;
    baseUrl = other.baseUrl;
    apiKey = other.apiKey;
    apiKeyFile = other.apiKeyFile;
    models = other.models;
    defaultModel = other.defaultModel;
    headers = new LinkedHashMap<>(other.headers);
    maxConnections = other.maxConnections;
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

  public BackendOptions setProvider(String provider) {
    this.provider = provider;
    return this;
  }

  /** Returns the wire format, one of {@link #DIALECTS}. */
  public String getDialect() {
    return dialect;
  }

  public BackendOptions setDialect(String dialect) {
    this.dialect = dialect;
    return this;
  }

  /** Returns the base URL as in the provider's own SDKs: {@code https://api.openai.com/v1}. */
  public String getBaseUrl() {
    return baseUrl;
  }

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

  public BackendOptions setApiKeyFile(String apiKeyFile) {
    this.apiKeyFile = apiKeyFile;
    return this;
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

  public BackendOptions setUnknownFields(UnknownFields unknownFields) {
    this.unknownFields = unknownFields;
    return this;
  }

  /** Returns the models that the backend serves; if empty, any model name is passed on. */
  public List<String> getModels() {
    return models;
  }

  public BackendOptions setModels(List<String> models) {
    this.models = List.copyOf(models);
    return this;
  }

  /** Returns the model for requests without one; by default the first of {@link #getModels}. */
  public String getDefaultModel() {
    return defaultModel != null || models.isEmpty() ? defaultModel : models.get(0);
  }

  public BackendOptions setDefaultModel(String defaultModel) {
    this.defaultModel = defaultModel;
    return this;
  }

  /** Returns the headers added to every request. */
  public Map<String, String> getHeaders() {
    return headers;
  }

  public BackendOptions setHeaders(Map<String, String> headers) {
    this.headers = new LinkedHashMap<>(headers);
    return this;
  }

  /** Returns the maximum number of connections; further requests wait up to the connect timeout. */
  public int getMaxConnections() {
    return maxConnections;
  }

  public BackendOptions setMaxConnections(int maxConnections) {
    this.maxConnections = maxConnections;
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

  public BackendOptions setAdaptiveConcurrency(boolean adaptiveConcurrency) {
    this.adaptiveConcurrency = adaptiveConcurrency;
    return this;
  }

  /** Returns the budget; {@code null}, the default, for no limit. */
  public BudgetOptions getBudget() {
    return budget;
  }

  public BackendOptions setBudget(BudgetOptions budget) {
    this.budget = budget;
    return this;
  }

  /** Returns whether {@code api-key} is set, {@link #NO_KEY} included. */
  boolean hasApiKeySetting() {
    return apiKey != null;
  }

  /** Returns a copy with the key and the header values masked. */
  public BackendOptions masked() {
    BackendOptions masked = new BackendOptions(this);
    masked.apiKey = getApiKey() == null ? apiKey : MASK;
    masked.headers.replaceAll((name, value) -> MASK);
    return masked;
  }

  /** Returns these options as JSON with the key and the header values masked. */
  @Override
  public String toString() {
    return "BackendOptions" + masked().toJson().encode();
  }
}
