package io.llmrelay.config;

/** The meters that are recorded. */
public class MetricsOptions {
  private boolean olderNames;

  public MetricsOptions() {}

  public MetricsOptions(MetricsOptions other) {
    olderNames = other.olderNames;
  }

  /**
   * Returns whether meters are also recorded under the names of OpenTelemetry's conventions up to
   * 1.41: {@code gen_ai.client.operation.*} and {@code gen_ai.client.token.usage}. By default not.
   */
  public boolean isOlderNames() {
    return olderNames;
  }

  public MetricsOptions setOlderNames(boolean olderNames) {
    this.olderNames = olderNames;
    return this;
  }
}
