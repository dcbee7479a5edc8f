package io.llmrelay.config;

import io.vertx.core.json.JsonObject;
import java.time.Duration;

/**
 * Probes of a backend at rest, so that an outage is known before a request meets it. A probe is
 * sent only if no attempt has proved or disproved the backend's health for the interval.
 */
public class ProbeOptions {
  /** The default interval. */
  public static final Duration DEFAULT_INTERVAL = Duration.ofMinutes(1);

  /** The default kind: the list of models. */
  public static final Kind DEFAULT_KIND = Kind.MODELS;

  /** The shortest interval. */
  public static final Duration MIN_INTERVAL = Duration.ofSeconds(1);

  /** What a probe requests. */
  public enum Kind {
    /** The list of models, which costs nothing. */
    MODELS,
    /** A chat answer of one token, by the default model. */
    COMPLETION,
    /** A path of the server, such as that of its own health check. */
    PATH
  }

  private Duration interval = DEFAULT_INTERVAL;
  private Kind kind = DEFAULT_KIND;
  private String path;

  /** Creates options with the defaults. */
  public ProbeOptions() {}

  /** Creates a copy of other options. */
  public ProbeOptions(ProbeOptions other) {
    interval = other.interval;
    kind = other.kind;
    path = other.path;
  }

  /**
   * Reads options from JSON as {@link #toJson} writes it.
   *
   * @throws ConfigException if a key is unknown or a value has the wrong form
   */
  public ProbeOptions(JsonObject json) {
    this(ConfigReader.read(json, ProbeOptions.class));
  }

  /** Returns these options as JSON. */
  public JsonObject toJson() {
    return ConfigReader.toJson(this);
  }

  /** Returns how long a backend is at rest before it is probed. */
  public Duration getInterval() {
    return interval;
  }

  /** Sets how long a backend is at rest before it is probed. */
  public ProbeOptions setInterval(Duration interval) {
    this.interval = interval;
    return this;
  }

  /** Returns what a probe requests. */
  public Kind getKind() {
    return kind;
  }

  /** Sets what a probe requests. */
  public ProbeOptions setKind(Kind kind) {
    this.kind = kind;
    return this;
  }

  /**
   * Returns the path, from the root of the server, that {@link Kind#PATH} requests by GET; any
   * answer from 200 to 299 is healthy.
   */
  public String getPath() {
    return path;
  }

  /** Sets the path for {@link Kind#PATH}. */
  public ProbeOptions setPath(String path) {
    this.path = path;
    return this;
  }
}
