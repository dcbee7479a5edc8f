package io.llmrelay.config;

import com.fasterxml.jackson.annotation.JsonCreator;
import io.vertx.core.json.JsonObject;

/** One of several keys of a backend, with a weight and limits of its own. */
public class ApiKeyOptions {
  /** The default of {@link #getWeight}. */
  public static final int DEFAULT_WEIGHT = 1;

  private String name;
  private String apiKey;
  private String apiKeyFile;
  private int weight = DEFAULT_WEIGHT;
  private BudgetOptions budget;
  private Integer maxConnections;

  /** Creates options with the defaults. */
  public ApiKeyOptions() {}

  /** Creates the options of a key that has defaults for all else. */
  @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
  public ApiKeyOptions(String apiKey) {
    setApiKey(apiKey);
  }

  /** Creates a copy of other options. */
  public ApiKeyOptions(ApiKeyOptions other) {
    name = other.name;
    apiKey = other.apiKey;
    apiKeyFile = other.apiKeyFile;
    weight = other.weight;
    budget = other.budget == null ? null : new BudgetOptions(other.budget);
    maxConnections = other.maxConnections;
  }

  /**
   * Creates options from JSON as {@link #toJson} writes it.
   *
   * @throws ConfigException if a key is unknown or a value has the wrong form
   */
  public ApiKeyOptions(JsonObject json) {
    this(ConfigReader.read(json, ApiKeyOptions.class));
  }

  /** Returns these options as JSON. The key is included, so the result must not be logged. */
  public JsonObject toJson() {
    return ConfigReader.toJson(this);
  }

  /**
   * Returns the name, which stands for the key in trails, logs and metrics; by default {@code
   * key-1} for the first of the backend, and so on.
   */
  public String getName() {
    return name;
  }

  /** Sets the name, which stands for the key in trails, logs and metrics. */
  public ApiKeyOptions setName(String name) {
    this.name = name;
    return this;
  }

  /** Returns the key. */
  public String getApiKey() {
    return apiKey;
  }

  /** Sets the key. */
  public final ApiKeyOptions setApiKey(String apiKey) {
    this.apiKey = apiKey == null || apiKey.isBlank() ? null : apiKey;
    return this;
  }

  /** Returns the file that contains the key and nothing else, read at startup. */
  public String getApiKeyFile() {
    return apiKeyFile;
  }

  /** Sets the file that contains the key and nothing else, read at startup. */
  public ApiKeyOptions setApiKeyFile(String apiKeyFile) {
    this.apiKeyFile = apiKeyFile;
    return this;
  }

  /** Returns the share of requests relative to the weights of the backend's other keys. */
  public int getWeight() {
    return weight;
  }

  /** Sets the share of requests relative to the weights of the backend's other keys. */
  public ApiKeyOptions setWeight(int weight) {
    this.weight = weight;
    return this;
  }

  /**
   * Returns what may be used with this key, in addition to the budget of the backend; {@code null},
   * the default, for no limit.
   */
  public BudgetOptions getBudget() {
    return budget;
  }

  /** Sets what may be used with this key, in addition to the budget of the backend. */
  public ApiKeyOptions setBudget(BudgetOptions budget) {
    this.budget = budget;
    return this;
  }

  /**
   * Returns the most requests that are open with this key at a time, over all lanes, within {@link
   * BackendOptions#getMaxConnections}; {@code null}, the default, for no further limit.
   */
  public Integer getMaxConnections() {
    return maxConnections;
  }

  /** Sets the most requests that are open with this key at a time. */
  public ApiKeyOptions setMaxConnections(Integer maxConnections) {
    this.maxConnections = maxConnections;
    return this;
  }

  /** Returns the options as JSON with the key masked. */
  @Override
  public String toString() {
    return "ApiKeyOptions" + masked().toJson().encode();
  }

  ApiKeyOptions masked() {
    ApiKeyOptions masked = new ApiKeyOptions(this);
    masked.apiKey = apiKey == null ? null : BackendOptions.MASK;
    return masked;
  }
}
