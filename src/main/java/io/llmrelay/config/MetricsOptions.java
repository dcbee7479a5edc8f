package io.llmrelay.config;

import io.vertx.core.json.JsonObject;

/** The meters that are recorded. */
public class MetricsOptions {
  private boolean olderNames;

  /** Creates options with the defaults. */
  public MetricsOptions() {}

  /** Creates a copy of other options. */
  public MetricsOptions(MetricsOptions other) {
    olderNames = other.olderNames;
  }

  /**
   * Creates options from JSON as {@link #toJson} writes it.
   *
   * @throws ConfigException if a key is unknown or a value has the wrong form
   */
  public MetricsOptions(JsonObject json) {
    this(ConfigReader.read(json, MetricsOptions.class));
  }

  /** Returns these options as JSON. */
  public JsonObject toJson() {
    return ConfigReader.toJson(this);
  }

  /**
   * Returns whether meters are also recorded under the names of OpenTelemetry's conventions up to
   * 1.41: {@code gen_ai.client.operation.*} and {@code gen_ai.client.token.usage}. By default not.
   */
  public boolean isOlderNames() {
    return olderNames;
  }

  /**
   * Sets whether meters are also recorded under the names of OpenTelemetry's conventions up to
   * 1.41: {@code gen_ai.client.operation.*} and {@code gen_ai.client.token.usage}.
   */
  public MetricsOptions setOlderNames(boolean olderNames) {
    this.olderNames = olderNames;
    return this;
  }
}
