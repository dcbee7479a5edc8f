package io.llmrelay.config;

import io.llmrelay.chat.Hedge;
import java.util.List;

/** Starts the next candidate beside one that has sent no content. By default never. */
public class HedgeOptions {
  public static final Hedge DEFAULT_AFTER = Hedge.OFF;
  public static final double DEFAULT_MAX_RATIO = 0.1;

  private Hedge after = DEFAULT_AFTER;
  private double maxRatio = DEFAULT_MAX_RATIO;
  private List<String> only = List.of();

  public HedgeOptions() {}

  public HedgeOptions(HedgeOptions other) {
    after = other.after;
    maxRatio = other.maxRatio;
    only = other.only;
  }

  /** Returns when the next candidate starts, unless a request has a {@code hedge} of its own. */
  public Hedge getAfter() {
    return after;
  }

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

  public HedgeOptions setMaxRatio(double maxRatio) {
    this.maxRatio = maxRatio;
    return this;
  }

  /** Returns the aliases or models that are asked for, and the backends, with hedges; empty: all. */
  public List<String> getOnly() {
    return only;
  }

  public HedgeOptions setOnly(List<String> only) {
    this.only = List.copyOf(only);
    return this;
  }
}
