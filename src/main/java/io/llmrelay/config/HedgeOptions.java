package io.llmrelay.config;

import io.llmrelay.chat.Hedge;
import io.vertx.core.json.JsonObject;
import java.util.List;

/** Starts the next candidate beside one that has sent no content. By default never. */
public class HedgeOptions {
  /** The default of {@link #getAfter}. */
  public static final Hedge DEFAULT_AFTER = Hedge.OFF;

  /** The default of {@link #getMaxRatio}. */
  public static final double DEFAULT_MAX_RATIO = 0.1;

  private Hedge after = DEFAULT_AFTER;
  private double maxRatio = DEFAULT_MAX_RATIO;
  private List<String> only = List.of();

  /** Creates options with the defaults. */
  public HedgeOptions() {}

  /** Creates a copy of other options. */
  public HedgeOptions(HedgeOptions other) {
    after = other.after;
    maxRatio = other.maxRatio;
    only = other.only;
  }

  /**
   * Creates options from JSON as {@link #toJson} writes it.
   *
   * @throws ConfigException if a key is unknown or a value has the wrong form
   */
  public HedgeOptions(JsonObject json) {
    this(ConfigReader.read(json, HedgeOptions.class));
  }

  /** Returns these options as JSON. */
  public JsonObject toJson() {
    return ConfigReader.toJson(this);
  }

  /** Returns when the next candidate starts, unless a request has a {@code hedge} of its own. */
  public Hedge getAfter() {
    return after;
  }

  /** Sets when the next candidate starts, unless a request has a {@code hedge} of its own. */
  public HedgeOptions setAfter(Hedge after) {
    this.after = after;
    return this;
  }

  /**
   * Returns the most hedges as a share of the requests that may be hedged, 0 to 1; with 0 there are
   * none, whatever a request says.
   */
  public double getMaxRatio() {
    return maxRatio;
  }

  /** Sets the most hedges as a share of the requests that may be hedged, 0 to 1. */
  public HedgeOptions setMaxRatio(double maxRatio) {
    this.maxRatio = maxRatio;
    return this;
  }

  /**
   * Returns the aliases or models that are asked for, and the backends, with hedges; empty: all.
   */
  public List<String> getOnly() {
    return only;
  }

  /** Sets the aliases or models that are asked for, and the backends, with hedges. */
  public HedgeOptions setOnly(List<String> only) {
    this.only = List.copyOf(only);
    return this;
  }
}
