package io.llmrelay.catalog;

import java.util.List;

/** A backend, seen as the models that it serves. */
public interface ModelServer {

  /** Returns the backend's configured name. */
  String name();

  /** Returns the known provider to which it belongs, or {@code null}. */
  String provider();

  /** Returns the configured models; empty if the backend accepts any name. */
  List<String> models();

  /** Returns the model of requests that name none, or {@code null}. */
  String defaultModel();

  /** Returns whether the configuration names the model. */
  default boolean lists(String model) {
    return models().contains(model) || model.equals(defaultModel());
  }

  /** Returns whether the backend accepts models that its configuration does not name. */
  default boolean passesOn() {
    return models().isEmpty();
  }
}
