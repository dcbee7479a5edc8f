package io.llmrelay.config;

import java.time.Duration;

/** Validates the settings of a backend's connections and probes. */
final class ConnectionCheck {
  private final OptionsCheck check;
  private final Problems problems;

  ConnectionCheck(OptionsCheck check, Problems problems) {
    this.check = check;
    this.problems = problems;
  }

  /**
   * Adds a problem for each invalid setting.
   *
   * @param path the backend's key, such as {@code backends.openai}
   */
  void check(String path, BackendOptions backend) {
    check.oneOf(path + ".http-version", backend.getHttpVersion(), BackendOptions.HTTP_VERSIONS);
    int warm = backend.getWarmConnections();
    check.range(path + ".warm-connections", warm, 0, BackendOptions.MAX_WARM_CONNECTIONS);
    if (warm > 0 && backend.getHttpVersion().equals("1.1")) {
      problems.add(path + ".warm-connections", "needs HTTP/2: http-version must not be 1.1");
    }
    zeroOrAtLeastASecond(path + ".connection-lifetime", backend.getConnectionLifetime());
    zeroOrAtLeastASecond(path + ".ping-interval", backend.getPingInterval());
    if (backend.getProxy() != null) {
      proxy(path + ".proxy", backend.getProxy());
    }
    if (backend.getTls() != null) {
      tls(path + ".tls", backend);
    }
    if (backend.getProbe() != null) {
      probe(path + ".probe", backend);
    }
  }

  private void zeroOrAtLeastASecond(String path, Duration value) {
    if (value.isNegative() || (!value.isZero() && value.compareTo(Duration.ofSeconds(1)) < 0)) {
      problems.add(path, "must be 0s or at least 1s");
    }
  }

  private void proxy(String path, String url) {
    try {
      ProxyUrl.options(url);
    } catch (IllegalArgumentException e) {
      problems.add(path, ProxyUrl.RULE);
    }
  }

  private void tls(String path, BackendOptions backend) {
    if (backend.getBaseUrl() != null && backend.getBaseUrl().startsWith("http:")) {
      problems.add(path, "needs a base-url with https");
    }
    TlsFiles.check(path, backend.getTls(), problems);
  }

  private void probe(String path, BackendOptions backend) {
    ProbeOptions probe = backend.getProbe();
    if (probe.getKind() == ProbeOptions.Kind.COMPLETION && backend.getDefaultModel() == null) {
      problems.add(path + ".kind", "is completion, which needs a default-model");
    }
    if (probe.getInterval().compareTo(ProbeOptions.MIN_INTERVAL) < 0) {
      problems.add(path + ".interval", "must be at least 1s");
    }
    boolean byPath = probe.getKind() == ProbeOptions.Kind.PATH;
    if (byPath != (probe.getPath() != null)) {
      problems.add(path + ".path", byPath ? "is missing: kind is path" : "needs kind: path");
    } else if (byPath && !probe.getPath().matches("/[\\x21-\\x7e&&[^#]]*")) {
      problems.add(path + ".path", "must begin with / and have no spaces, such as /health");
    }
  }
}
