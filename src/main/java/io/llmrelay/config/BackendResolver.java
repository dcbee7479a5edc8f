package io.llmrelay.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Map;

/**
 * Fills in what a configuration may leave out of its backends: what is known of the provider, keys
 * from files and from the environment, and whole backends for the keys and URLs the environment
 * holds. Resolving twice changes nothing.
 *
 * <p>A key from the environment goes only to the provider's own host: a backend that has the
 * provider's name but a base URL elsewhere gets the key that is configured for it, or none.
 */
public final class BackendResolver {
  private final Map<String, String> env;
  private final Path folder;
  private final Problems problems;

  /**
   * A resolver for one configuration.
   *
   * @param folder where relative paths of key files start
   */
  public BackendResolver(Map<String, String> env, Path folder, Problems problems) {
    this.env = env;
    this.folder = folder;
    this.problems = problems;
  }

  /** Completes these backends in place, and adds discovered ones behind them. */
  public void resolve(Map<String, BackendOptions> backends, boolean discover) {
    backends.forEach(this::complete);
    if (!discover) {
      return;
    }
    for (KnownProvider known : KnownProvider.values()) {
      if (!known.isIn(env)) {
        continue;
      }
      boolean there =
          backends.containsKey(known.id())
              || backends.values().stream().anyMatch(b -> known.id().equals(b.getProvider()));
      if (!there) {
        BackendOptions backend = new BackendOptions();
        complete(known.id(), backend);
        backends.put(known.id(), backend);
      }
    }
  }

  private void complete(String name, BackendOptions backend) {
    String path = "backends." + name;
    KnownProvider known = provider(name, backend);
    boolean atHome =
        known != null
            && (backend.getBaseUrl() == null || KnownProvider.at(backend.getBaseUrl()) == known);
    if (known != null) {
      backend.setProvider(known.id());
      if (backend.getDialect() == null) {
        backend.setDialect(known.dialect());
      }
      if (backend.getBaseUrl() == null) {
        backend.setBaseUrl(known.baseUrl(backend.getDialect(), env));
      }
      if (backend.getDefaultModel() == null) {
        backend.setDefaultModel(known.defaultModel());
      }
    }
    if (backend.getApiKeyFile() != null) {
      readKey(path, backend);
    } else if (!backend.saysKey() && atHome && known.keyVariable() != null) {
      backend.setApiKey(UrlTemplate.value(env, known.keyVariable()));
      if (!backend.saysKey() && !known.signs(env)) {
        problems.add(
            path,
            "has no key: set %s, or give api-key or api-key-file (api-key: none for no key)"
                .formatted(known.keyVariable()));
      }
    }
  }

  private static KnownProvider provider(String name, BackendOptions backend) {
    if (backend.getProvider() != null) {
      return KnownProvider.of(backend.getProvider());
    }
    KnownProvider named = KnownProvider.of(name);
    if (backend.getBaseUrl() == null) {
      return named;
    }
    KnownProvider there = KnownProvider.at(backend.getBaseUrl());
    return there == null && named != null && named.isAnywhere() ? named : there;
  }

  private void readKey(String path, BackendOptions backend) {
    String at = path + ".api-key-file";
    if (backend.saysKey()) {
      problems.add(at, "and api-key are both given; give one of the two");
      return;
    }
    try {
      Path file = folder.resolve(backend.getApiKeyFile());
      backend.setApiKey(Files.readString(file).strip()).setApiKeyFile(null);
      if (!backend.saysKey()) {
        problems.add(at, "names an empty file");
      }
    } catch (IOException | InvalidPathException e) {
      problems.add(at, Unreadable.complaint(folder, backend.getApiKeyFile()));
    }
  }
}
