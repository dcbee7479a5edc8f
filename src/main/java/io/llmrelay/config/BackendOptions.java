package io.llmrelay.config;

import io.vertx.core.json.JsonObject;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One backend: an account at one provider, or a server of one's own.
 *
 * <p>Where the {@linkplain #getProvider() provider} is a {@link KnownProvider}, all else has a
 * default: dialect, base URL, default model, and the key from the provider's environment variable.
 */
public class BackendOptions {
  /**
   * Enough for a node with thousands of streams, each of which holds a connection for its whole
   * length: providers limit requests and tokens by the minute, not connections. A connection takes
   * some tens of KiB with TLS, so all of them take one or two hundred MiB, and only while they are
   * open; and they are a fraction of the 28,000 ports a Linux host has for one remote address.
   */
  public static final int DEFAULT_MAX_CONNECTIONS = 4096;

  /** The wire formats that are built in. */
  public static final List<String> DIALECTS =
      List.of("openai", "anthropic", "gemini", "ollama", "cloudflare", "cohere", "bedrock");

  /** What {@code api-key} may say where a server wants none. */
  public static final String NO_KEY = "none";

  private static final String MASK = "***";

  private String provider;
  private String dialect;
  private String baseUrl;
  private String apiKey;
  private String apiKeyFile;
  private List<String> models = List.of();
  private String defaultModel;
  private Map<String, String> headers = new LinkedHashMap<>();
  private int maxConnections = DEFAULT_MAX_CONNECTIONS;
  private BudgetOptions budget;

  public BackendOptions() {}

  public BackendOptions(BackendOptions other) {
    provider = other.provider;
    dialect = other.dialect;
    baseUrl = other.baseUrl;
    apiKey = other.apiKey;
    apiKeyFile = other.apiKeyFile;
    models = other.models;
    defaultModel = other.defaultModel;
    headers = new LinkedHashMap<>(other.headers);
    maxConnections = other.maxConnections;
    budget = other.budget == null ? null : new BudgetOptions(other.budget);
  }

  /**
   * Options as {@link #toJson} writes them.
   *
   * @throws ConfigException where there is something else in it
   */
  public BackendOptions(JsonObject json) {
    this(ConfigReader.read(json, BackendOptions.class));
  }

  /** These options with their key: not for logs. */
  public JsonObject toJson() {
    return ConfigReader.toJson(this);
  }

  /**
   * The provider whose models the catalogue prices; a {@link KnownProvider}'s defaults apply. Where
   * it is not given, it is the known provider at the base URL's host, or the one the backend is
   * named after if there is no base URL or such a provider can be anywhere.
   */
  public String getProvider() {
    return provider;
  }

  public BackendOptions setProvider(String provider) {
    this.provider = provider;
    return this;
  }

  /** The wire format it speaks, one of {@link #DIALECTS}. */
  public String getDialect() {
    return dialect;
  }

  public BackendOptions setDialect(String dialect) {
    this.dialect = dialect;
    return this;
  }

  /** Where it is, as the provider's own SDKs have it: {@code https://api.openai.com/v1}. */
  public String getBaseUrl() {
    return baseUrl;
  }

  public BackendOptions setBaseUrl(String baseUrl) {
    this.baseUrl = baseUrl;
    return this;
  }

  /** The key, or {@code null} for a server that wants none. */
  public String getApiKey() {
    return NO_KEY.equals(apiKey) ? null : apiKey;
  }

  /** The key; {@link #NO_KEY} where the provider's environment variable should not apply either. */
  public BackendOptions setApiKey(String apiKey) {
    this.apiKey = apiKey == null || apiKey.isBlank() ? null : apiKey;
    return this;
  }

  /**
   * A file with nothing but the key in it, read at the start. A relative path starts at the
   * configuration file's folder.
   */
  public String getApiKeyFile() {
    return apiKeyFile;
  }

  public BackendOptions setApiKeyFile(String apiKeyFile) {
    this.apiKeyFile = apiKeyFile;
    return this;
  }

  /** The models it serves; empty means that any model name is passed on. */
  public List<String> getModels() {
    return models;
  }

  public BackendOptions setModels(List<String> models) {
    this.models = List.copyOf(models);
    return this;
  }

  /** The model of a request that names none; by default the first of {@link #getModels}. */
  public String getDefaultModel() {
    return defaultModel != null || models.isEmpty() ? defaultModel : models.get(0);
  }

  public BackendOptions setDefaultModel(String defaultModel) {
    this.defaultModel = defaultModel;
    return this;
  }

  /** Headers sent with every request. */
  public Map<String, String> getHeaders() {
    return headers;
  }

  public BackendOptions setHeaders(Map<String, String> headers) {
    this.headers = new LinkedHashMap<>(headers);
    return this;
  }

  /** Most connections at a time; a request beyond it waits within the connect timeout. */
  public int getMaxConnections() {
    return maxConnections;
  }

  public BackendOptions setMaxConnections(int maxConnections) {
    this.maxConnections = maxConnections;
    return this;
  }

  /** What may be spent at it; {@code null}, the default, for as much as it takes. */
  public BudgetOptions getBudget() {
    return budget;
  }

  public BackendOptions setBudget(BudgetOptions budget) {
    this.budget = budget;
    return this;
  }

  /** Whether {@code api-key} says anything at all, be it that there is no key. */
  boolean saysKey() {
    return apiKey != null;
  }

  /** These options with the key and the headers' values hidden. */
  public BackendOptions masked() {
    BackendOptions masked = new BackendOptions(this);
    masked.apiKey = getApiKey() == null ? apiKey : MASK;
    masked.headers.replaceAll((name, value) -> MASK);
    return masked;
  }

  /** With the key and the headers' values hidden. */
  @Override
  public String toString() {
    return "BackendOptions" + masked().toJson().encode();
  }
}
