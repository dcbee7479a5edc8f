package io.llmrelay.observe.impl;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The meters of one name, by the values of its labels. Each is looked up in the registry once;
 * their number is bounded by the label values. Every meter has every label, as Prometheus requires;
 * a missing value is {@link #NONE}.
 */
final class Family<M extends Meter> {
  static final String NONE = "none";

  private final Map<List<String>, M> meters = new ConcurrentHashMap<>();
  private final Meter.MeterProvider<M> provider;
  private final String[] labels;

  Family(Meter.MeterProvider<M> provider, String... labels) {
    this.provider = provider;
    this.labels = labels;
  }

  /** Returns the meter with these values, in the order of the labels. */
  M with(String... values) {
    if (values.length != labels.length) {
      throw new IllegalArgumentException(labels.length + " labels, " + values.length + " values");
    }
    String[] complete = values.clone();
    for (int i = 0; i < complete.length; i++) {
      complete[i] = complete[i] == null ? NONE : complete[i];
    }
    List<String> key = Arrays.asList(complete);
    M known = meters.get(key);
    return known != null ? known : meters.computeIfAbsent(key, this::create);
  }

  /** Returns the meter with these values, which is looked up when it is first needed. */
  Lazy<M> lazy(String... values) {
    return new Lazy<>(this, values);
  }

  /** A meter of one name and values; one that is never needed is never registered. */
  static final class Lazy<M extends Meter> {
    private final Family<M> family;
    private final String[] values;
    private M meter;

    private Lazy(Family<M> family, String[] values) {
      this.family = family;
      this.values = values;
    }

    /** Returns the meter. Threads may look it up at the same time, and get the same one. */
    M get() {
      M known = meter;
      if (known == null) {
        known = family.with(values);
        meter = known;
      }
      return known;
    }
  }

  private M create(List<String> values) {
    Tag[] tags = new Tag[labels.length];
    Arrays.setAll(tags, i -> Tag.of(labels[i], values.get(i)));
    return provider.withTags(Tags.of(tags));
  }
}
