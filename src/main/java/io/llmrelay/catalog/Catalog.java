package io.llmrelay.catalog;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The catalogue of known models, by provider and id. Immutable.
 *
 * <p>A catalogue has two layers: the data file {@code models.json} of this package, and entries of
 * the user, which take precedence. A lookup returns the model with exactly this id or, if no layer
 * has it, the model of which the id is a dated snapshot ({@code gpt-4o-mini-2024-07-18}). Other
 * similar ids do not match, since a wrong price is worse than none.
 *
 * <p>Aliases are names for one model under the ids of several providers.
 */
public final class Catalog {
  private static final String RESOURCE = "models.json";

  /** An id with a date at its end, such as {@code -2024-07-18} or {@code -20251001}. */
  private static final Pattern SNAPSHOT =
      Pattern.compile("(.+)-20\\d\\d(-?)(?:0[1-9]|1[0-2])\\2(?:0[1-9]|[12]\\d|3[01])");

  private final Map<String, List<Model>> byId = new HashMap<>();
  private final Map<String, Map<String, String>> aliases;
  private final Catalog lower;

  private Catalog(List<Model> models, Map<String, Map<String, String>> aliases, Catalog lower) {
    this.aliases = aliases;
    this.lower = lower;
    for (Model model : models) {
      List<Model> sameId = byId.computeIfAbsent(model.id(), id -> new ArrayList<>(1));
      if (withProvider(sameId, model.provider()) != null) {
        throw new IllegalArgumentException(
            "model "
                + model.id()
                + (model.provider() == null ? "" : " of " + model.provider())
                + " is listed twice");
      }
      sameId.add(model);
    }
  }

  /** Returns the built-in catalogue. The first call reads the data file and blocks. */
  public static Catalog builtIn() {
    return BuiltIn.CATALOG;
  }

  /**
   * Returns a catalogue with these entries, which take precedence over the entries of this one.
   *
   * @throws IllegalArgumentException if two of the entries describe the same model
   */
  public Catalog with(List<Model> entries) {
    return entries.isEmpty() ? this : new Catalog(entries, aliases, this);
  }

  /**
   * Returns the model with this name.
   *
   * @param provider the provider that serves it; if {@code null}, only an id that a single provider
   *     uses is found
   * @param model the id of the model, or of a dated snapshot of it
   */
  public Optional<Model> find(String provider, String model) {
    Model found = exact(provider, model);
    if (found == null && model.contains("-20")) { // Faster than the pattern, for most models.
      Matcher snapshot = SNAPSHOT.matcher(model);
      found = snapshot.matches() ? exact(provider, snapshot.group(1)) : null;
    }
    return Optional.ofNullable(found);
  }

  /** Returns the names of all aliases. */
  public Set<String> aliases() {
    return aliases.keySet();
  }

  /** Returns the provider's id of the model that an alias names, or {@code null}. */
  public String idOf(String alias, String provider) {
    Map<String, String> ids = aliases.get(alias);
    return ids == null || provider == null ? null : ids.get(provider);
  }

  /**
   * Whether two names are of one model: by an alias or, if at least one provider serves it under
   * another name, by what remains of the names without the publisher's and the tag {@code latest}.
   *
   * @param provider the provider of the first, or {@code null}
   * @param otherProvider the provider of the other, or {@code null}
   */
  public boolean isSameModel(String provider, String id, String otherProvider, String otherId) {
    return bareName(id).equals(bareName(otherId))
        || aliases.values().stream()
            .anyMatch(
                ids ->
                    id.equals(ids.get(provider == null ? "" : provider))
                        && otherId.equals(ids.get(otherProvider == null ? "" : otherProvider)));
  }

  private static String bareName(String id) {
    return id.substring(id.lastIndexOf('/') + 1)
        .toLowerCase(Locale.ROOT)
        .replaceFirst(":latest$", "");
  }

  /** Returns the entries of all layers, those of the user first. */
  Stream<Model> models() {
    Stream<Model> own = byId.values().stream().flatMap(List::stream);
    return lower == null ? own : Stream.concat(own, lower.models());
  }

  private Model exact(String provider, String id) {
    List<Model> sameId = byId.get(id);
    if (sameId != null) {
      if (provider == null) {
        return sameId.size() == 1 ? sameId.get(0) : null;
      }
      Model model = withProvider(sameId, provider);
      model = model == null ? withProvider(sameId, null) : model;
      if (model != null) {
        return model;
      }
    }
    return lower == null ? null : lower.exact(provider, id);
  }

  private static Model withProvider(List<Model> models, String provider) {
    for (Model model : models) {
      if (Objects.equals(model.provider(), provider)) {
        return model;
      }
    }
    return null;
  }

  private static final class BuiltIn {
    static final Catalog CATALOG = load();

    private static Catalog load() {
      try (InputStream in = Catalog.class.getResourceAsStream(RESOURCE)) {
        JsonObject file = new JsonObject(Buffer.buffer(in.readAllBytes()));
        List<Model> models =
            file.getJsonArray("models").stream()
                .map(entry -> Model.fromJson((JsonObject) entry))
                .toList();
        Map<String, Map<String, String>> aliases = new TreeMap<>();
        for (Map.Entry<String, Object> alias : file.getJsonObject("aliases")) {
          Map<String, String> ids = new HashMap<>();
          ((JsonObject) alias.getValue())
              .forEach(id -> ids.put(id.getKey(), (String) id.getValue()));
          aliases.put(alias.getKey(), Map.copyOf(ids));
        }
        return new Catalog(models, Collections.unmodifiableMap(aliases), null);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
