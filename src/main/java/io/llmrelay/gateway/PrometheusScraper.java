package io.llmrelay.gateway;

import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.vertx.micrometer.backends.BackendRegistries;

/** Reads the default Prometheus registry. No other class of the gateway refers to Micrometer. */
final class PrometheusScraper {
  static final String CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

  private PrometheusScraper() {}

  /** Returns all meters in the text format; {@code null} if there is no Prometheus registry. */
  static String scrape() {
    return BackendRegistries.getDefaultNow() instanceof PrometheusMeterRegistry registry
        ? registry.scrape()
        : null;
  }
}
