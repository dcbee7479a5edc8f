package io.llmrelay.config;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Predicate;

/**
 * Completes the backends of a configuration: adds defaults of known providers, keys from files and
 * environment variables, the environment's proxy, and backends for providers whose variables are
 * set. Idempotent.
 *
 * <p>A key from an environment variable is used for the provider's own host only. A backend that is
 * named after a provider but has another base URL gets its configured key, or none.
 */
final class BackendResolver {
  private final Map<String, String> env;
  private final Path folder;
  private final Predicate<BackendOptions> here;
  private final Problems problems;

  /**
   * @param env the environment variables
   * @param folder the base of relative key file paths
   * @param here whether this node sends the requests to a backend, and therefore needs its key
   * @param problems collects the problems
   */
  BackendResolver(
      Map<String, String> env, Path folder, Predicate<BackendOptions> here, Problems problems) {
    this.env = env;
    this.folder = folder;
    this.here = here;
    this.problems = problems;
  }

  /**
   * Completes the backends in place.
   *
   * @param discover whether to append backends for providers whose environment variables are set
   */
  void resolve(Map<String, BackendOptions> backends, boolean discover) {
    backends.forEach(this::complete);
    if (!discover) {
      return;
    }
    for (KnownProvider known : KnownProvider.values()) {
      if (!known.isConfiguredBy(env)) {
        continue;
      }
      boolean isListed =
          backends.containsKey(known.id())
              || backends.values().stream().anyMatch(b -> known.id().equals(b.getProvider()));
      if (!isListed) {
        BackendOptions backend = new BackendOptions();
        complete(known.id(), backend);
        backends.put(known.id(), backend);
      }
    }
  }

  private void complete(String name, BackendOptions backend) {
    String path = "backends." + name;
    backend.resolvePaths(folder);
    KnownProvider known = provider(name, backend);
    boolean atProvidersHost =
        known != null
            && (backend.getBaseUrl() == null || KnownProvider.ofUrl(backend.getBaseUrl()) == known);
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
    // The key of a backend that other nodes serve may be missing here.
    Problems ofKey = here.test(backend) ? problems : new Problems(problems.source());
    if (!backend.getApiKeys().isEmpty()) {
      keys(path, backend);
    } else if (backend.getApiKeyFile() != null) {
      readKey(path, backend, ofKey);
    } else if (!backend.hasApiKeySetting() && atProvidersHost && known.keyVariable() != null) {
      backend.setApiKey(UrlTemplate.value(env, known.keyVariable()));
      if (!backend.hasApiKeySetting() && !known.signsRequests(env)) {
        ofKey.add(
            path,
            "has no key: set %s, or give api-key or api-key-file (api-key: none for no key)"
                .formatted(known.keyVariable()));
      }
    }
    if (!backend.hasProxySetting() && backend.getBaseUrl() != null) {
      backend.setProxy(environmentsProxy(path, backend.getBaseUrl()));
    }
  }

  private String environmentsProxy(String path, String url) {
    String proxy;
    try {
      proxy = new ProxyEnvironment(env).proxy(URI.create(url));
      if (proxy != null) {
        ProxyUrl.options(proxy);
      }
      return proxy;
    } catch (IllegalArgumentException e) {
      if (ProxyUrl.RULE.equals(e.getMessage())) {
        problems.add(path + ".proxy", "as HTTPS_PROXY or HTTP_PROXY has it, " + ProxyUrl.RULE);
      }
      return null;
    }
  }

  private static KnownProvider provider(String name, BackendOptions backend) {
    if (backend.getProvider() != null) {
      return KnownProvider.of(backend.getProvider());
    }
    KnownProvider byName = KnownProvider.of(name);
    if (backend.getBaseUrl() == null) {
      return byName;
    }
    KnownProvider byHost = KnownProvider.ofUrl(backend.getBaseUrl());
    return byHost == null && byName != null && !byName.hasFixedHost() ? byName : byHost;
  }

  /** Reads the files of several keys, and names those that have no name by their position. */
  private void keys(String path, BackendOptions backend) {
    if (backend.hasApiKeySetting() || backend.getApiKeyFile() != null) {
      problems.add(path + ".api-keys", "and a single key are both given; list all keys here");
    }
    for (int i = 0; i < backend.getApiKeys().size(); i++) {
      ApiKeyOptions key = backend.getApiKeys().get(i);
      String keyPath = path + ".api-keys[" + i + "]";
      if (key.getName() == null) {
        key.setName("key-" + (i + 1));
      }
      if (key.getApiKeyFile() != null && key.getApiKey() != null) {
        problems.add(keyPath + ".api-key-file", "and api-key are both given; give one of the two");
      } else if (key.getApiKeyFile() != null) {
        String file = key.getApiKeyFile();
        key.setApiKey(read(keyPath + ".api-key-file", file, problems)).setApiKeyFile(null);
      }
    }
  }

  private void readKey(String path, BackendOptions backend, Problems ofKey) {
    String key = path + ".api-key-file";
    if (backend.hasApiKeySetting()) {
      ofKey.add(key, "and api-key are both given; give one of the two");
      return;
    }
    backend.setApiKey(read(key, backend.getApiKeyFile(), ofKey)).setApiKeyFile(null);
  }

  /** Returns the content of a key file; {@code null} if it has none, which is a problem. */
  private String read(String path, String file, Problems ofKey) {
    try {
      String key = Files.readString(folder.resolve(file)).strip();
      if (!key.isEmpty()) {
        return key;
      }
      ofKey.add(path, "names an empty file");
    } catch (IOException | InvalidPathException e) {
      ofKey.add(path, UnreadableFile.problem(folder, file));
    }
    return null;
  }
}
