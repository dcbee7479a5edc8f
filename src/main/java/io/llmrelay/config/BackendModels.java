package io.llmrelay.config;

import io.llmrelay.catalog.Catalog;
import io.llmrelay.catalog.ModelResolver;
import io.llmrelay.catalog.ModelServer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The models of a configured backend. */
record BackendModels(String name, String provider, List<String> models, String defaultModel)
    implements ModelServer {

  static ModelResolver<BackendModels> resolver(
      Map<String, BackendOptions> backends, Catalog catalog) {
    List<BackendModels> all = new ArrayList<>();
    backends.forEach(
        (name, backend) ->
            all.add(
                new BackendModels(
                    name, backend.getProvider(), backend.getModels(), backend.getDefaultModel())));
    return new ModelResolver<>(all, catalog);
  }
}
