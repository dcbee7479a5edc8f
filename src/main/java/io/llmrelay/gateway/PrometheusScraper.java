package io.llmrelay.gateway;

import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.vertx.micrometer.backends.BackendRegistries;

/** Reads the default Prometheus registry. No other class of the gateway refers to Micrometer. */
final class PrometheusScraper {
  private PrometheusScraper() {}

  /** Returns all meters in a format; {@code null} if there is no Prometheus registry. */
  static String scrape(String contentType) {
    return BackendRegistries.getDefaultNow() instanceof PrometheusMeterRegistry registry
        ? registry.scrape(contentType)
        : null;
  }
}
