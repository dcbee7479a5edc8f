package io.llmrelay.config;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** One backend: an account at one provider, or a server of one's own. */
public class BackendOptions {
  public static final int DEFAULT_MAX_CONNECTIONS = 256;

  private String provider;
  private String dialect;
  private String baseUrl;
  private String apiKey;
  private List<String> models = List.of();
  private String defaultModel;
  private Map<String, String> headers = new LinkedHashMap<>();
  private int maxConnections = DEFAULT_MAX_CONNECTIONS;

  /** The well-known provider whose defaults apply and whose models the catalogue prices. */
  public String getProvider() {
    return provider;
  }

  public BackendOptions setProvider(String provider) {
    this.provider = provider;
    return this;
  }

  /** The wire format it speaks. */
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
    return apiKey;
  }

  public BackendOptions setApiKey(String apiKey) {
    this.apiKey = apiKey;
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
}
