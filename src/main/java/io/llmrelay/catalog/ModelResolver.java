package io.llmrelay.catalog;

import io.llmrelay.chat.CandidateName;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Resolves model names to backends.
 *
 * <p>A model id may contain slashes ({@code openai/gpt-oss-20b}), so its first segment can coincide
 * with the name of an unrelated backend. A name resolves to the first of these that exists:
 *
 * <ol>
 *   <li>the backends that list the whole name, as a model, their default model or a catalogue
 *       alias; after them {@code backend/model}, if that backend lists or knows the model as well;
 *   <li>{@code backend/model}, if that backend lists the model or the catalogue knows it there;
 *   <li>the backends that accept any name and whose provider has the whole name in the catalogue;
 *   <li>{@code backend/model}, if that backend accepts any name.
 * </ol>
 *
 * @param <S> the type of the backends
 */
public final class ModelResolver<S extends ModelServer> {
  /** A backend and the id of a model there; {@code null} for a backend without a default model. */
  public record Match<S>(S backend, String model) {}

  private final Map<String, S> backends = new LinkedHashMap<>();
  private final Catalog catalog;

  /**
   * Creates a resolver.
   *
   * @param backends the backends in order of preference
   */
  public ModelResolver(Collection<S> backends, Catalog catalog) {
    backends.forEach(backend -> this.backends.put(backend.name(), backend));
    this.catalog = catalog;
  }

  /** Returns whether a configured candidate names a backend or a model of one. */
  public boolean resolves(String candidate) {
    return backends.containsKey(candidate) || !find(candidate).isEmpty();
  }

  /** Returns the backend and model that a candidate names, or {@code null}. */
  public Match<S> candidate(String name) {
    S backend = backends.get(name);
    if (backend != null) {
      return new Match<>(backend, backend.defaultModel());
    }
    List<Match<S>> found = find(name);
    return found.isEmpty() ? null : found.get(0);
  }

  /** Returns the backends that are known to serve a model, in order of preference. */
  public List<Match<S>> find(String name) {
    List<Match<S>> whole = new ArrayList<>();
    boolean listed = false;
    for (S backend : backends.values()) {
      String id = idOf(name, backend);
      listed |= id != null;
      if (id != null || (backend.acceptsAnyModel() && inCatalog(backend, name))) {
        whole.add(new Match<>(backend, id == null ? name : id));
      }
    }
    S prefix = prefixBackend(name);
    Match<S> qualified = prefix == null ? null : qualified(prefix, name);
    if (qualified == null) {
      return whole;
    }
    String model = qualified.model();
    boolean known = prefix.lists(model) || inCatalog(prefix, model);
    if (known && !listed) {
      return List.of(qualified);
    }
    if (known || whole.isEmpty()) {
      whole.add(qualified);
    }
    return whole;
  }

  /** Returns the backend whose name precedes the first slash, or {@code null}. */
  public S prefixBackend(String name) {
    CandidateName split = CandidateName.parse(name);
    return split.model() == null ? null : backends.get(split.backend());
  }

  /**
   * Returns the id by which a backend serves a model: the name itself if the backend lists it,
   * otherwise the provider's id of the model if the name is an alias in the catalogue; {@code null}
   * if it is neither.
   */
  public String idOf(String model, S backend) {
    if (backend.lists(model)) {
      return model;
    }
    String id = catalog.idOf(model, backend.provider());
    return id != null && (backend.acceptsAnyModel() || backend.lists(id)) ? id : null;
  }

  private Match<S> qualified(S backend, String name) {
    String requested = CandidateName.parse(name).model();
    String id = idOf(requested, backend);
    if (id == null && (requested.isBlank() || !backend.acceptsAnyModel())) {
      return null;
    }
    return new Match<>(backend, id == null ? requested : id);
  }

  private boolean inCatalog(S backend, String model) {
    return inCatalog(backend.name(), model) || inCatalog(backend.provider(), model);
  }

  /**
   * Returns whether the catalogue has an entry for this provider, not only one for all providers.
   */
  private boolean inCatalog(String provider, String model) {
    return provider != null
        && catalog.find(provider, model).map(Model::provider).filter(provider::equals).isPresent();
  }
}
