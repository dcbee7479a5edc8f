package io.llmrelay.gateway;

import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.vertx.micrometer.backends.BackendRegistries;

/** The only class that knows Micrometer; it is loaded when the first scrape comes. */
final class PrometheusPage {
  static final String CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

  private PrometheusPage() {}

  /** All meters of the default registry, {@code null} if that is none of Prometheus. */
  static String scrape() {
    return BackendRegistries.getDefaultNow() instanceof PrometheusMeterRegistry registry
        ? registry.scrape()
        : null;
  }
}
