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
 * <p>A model id may contain slashes itself ({@code openai/gpt-oss-20b}), so that its first part can
 * be the name of a backend that has nothing to do with it. What is known decides, in this order:
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
   * @param backends in the order in which those that serve the same model are preferred
   */
  public ModelResolver(Collection<S> backends, Catalog catalog) {
    backends.forEach(backend -> this.backends.put(backend.name(), backend));
    this.catalog = catalog;
  }

  /** Whether a candidate of the configuration names a backend or a model of one. */
  public boolean resolves(String candidate) {
    return backends.containsKey(candidate) || !find(candidate).isEmpty();
  }

  /** Returns the backend and model of a candidate, {@code null} if there is none. */
  public Match<S> candidate(String name) {
    S backend = backends.get(name);
    if (backend != null) {
      return new Match<>(backend, backend.defaultModel());
    }
    List<Match<S>> found = find(name);
    return found.isEmpty() ? null : found.get(0);
  }

  /** Returns who is known to serve a model, preferred first. */
  public List<Match<S>> find(String name) {
    List<Match<S>> whole = new ArrayList<>();
    boolean listed = false;
    for (S backend : backends.values()) {
      String id = idOf(name, backend);
      listed |= id != null;
      if (id != null || (backend.passesOn() && inCatalog(backend, name))) {
        whole.add(new Match<>(backend, id == null ? name : id));
      }
    }
    S prefix = prefix(name);
    Match<S> qualified = prefix == null ? null : qualified(prefix, name);
    if (qualified == null) {
      return whole;
    }
    String model = qualified.model();
    boolean sure = prefix.lists(model) || inCatalog(prefix, model);
    if (sure && !listed) {
      return List.of(qualified);
    }
    if (sure || whole.isEmpty()) {
      whole.add(qualified);
    }
    return whole;
  }

  /** Returns the backend whose name stands before the first slash, {@code null} if none does. */
  public S prefix(String name) {
    CandidateName split = CandidateName.parse(name);
    return split.model() == null ? null : backends.get(split.backend());
  }

  /**
   * The name by which a backend serves a model: the model's own where the backend lists it, else
   * its provider's id for the alias of the catalogue that it is; {@code null} where it is neither.
   */
  public String idOf(String model, S backend) {
    if (backend.lists(model)) {
      return model;
    }
    String id = catalog.idOf(model, backend.provider());
    return id != null && (backend.passesOn() || backend.lists(id)) ? id : null;
  }

  private Match<S> qualified(S backend, String name) {
    String asked = CandidateName.parse(name).model();
    String id = idOf(asked, backend);
    if (id == null && (asked.isBlank() || !backend.passesOn())) {
      return null;
    }
    return new Match<>(backend, id == null ? asked : id);
  }

  private boolean inCatalog(S backend, String model) {
    return inCatalog(backend.name(), model) || inCatalog(backend.provider(), model);
  }

  /** Whether an entry says that this provider has the model, rather than what it is anywhere. */
  private boolean inCatalog(String provider, String model) {
    return provider != null
        && catalog.find(provider, model).map(Model::provider).filter(provider::equals).isPresent();
  }
}
