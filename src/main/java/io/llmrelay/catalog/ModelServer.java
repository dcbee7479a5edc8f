package io.llmrelay.catalog;

import java.util.List;

/** A backend with the models that it serves. */
public interface ModelServer {

  /** Returns the backend's configured name. */
  String name();

  /** Returns the name of the backend's provider in the catalogue, or {@code null}. */
  String provider();

  /** Returns the configured models; empty if the backend accepts any name. */
  List<String> models();

  /** Returns the model that serves requests without a model, or {@code null}. */
  String defaultModel();

  /** Returns whether the configuration lists the model. */
  default boolean lists(String model) {
    return models().contains(model) || model.equals(defaultModel());
  }

  /** Returns whether the backend accepts models that its configuration does not list. */
  default boolean acceptsAnyModel() {
    return models().isEmpty();
  }
}
