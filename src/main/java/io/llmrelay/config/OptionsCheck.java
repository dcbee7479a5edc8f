package io.llmrelay.config;

import io.llmrelay.catalog.Catalog;
import io.llmrelay.catalog.ModelResolver;
import io.llmrelay.chat.CandidateName;
import io.llmrelay.chat.Durations;
import io.llmrelay.chat.RelayHints;
import io.llmrelay.chat.Timeouts;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Validates options after defaults are applied: ranges, references to backends and models, and keys
 * and headers that HTTP can carry. The syntax of values is checked when they are read.
 */
final class OptionsCheck {
  private static final Pattern BACKEND_NAME = Pattern.compile("[A-Za-z0-9_-]{1,64}");
  private static final Pattern HEADER_NAME = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]+");
  private static final Pattern HEADER_VALUE = Pattern.compile("[\\t\\x20-\\x7e]*");
  private static final Pattern KEY = Pattern.compile("[\\x21-\\x7e]+");
  private static final Pattern BUS_PREFIX = Pattern.compile("[A-Za-z0-9_.-]{1,64}");

  private static final int MAX_WEIGHT = 1_000_000;
  private static final int MAX_TIER = 100;

  private static final Set<RelayHints.Prefer> KEY_PREFERENCES =
      EnumSet.of(RelayHints.Prefer.WEIGHT, RelayHints.Prefer.LEAST_BUSY, RelayHints.Prefer.ORDER);

  private final RelayOptions options;

  /** Whether no section is missing because of a problem, so that references can be checked. */
  private final boolean whole;

  private final Problems problems;

  private OptionsCheck(RelayOptions options, boolean whole, Problems problems) {
    this.options = options;
    this.whole = whole;
    this.problems = problems;
  }

  /**
   * Adds the problems of options.
   *
   * @param whole whether they are all that was given; otherwise they are checked without references
   *     from one section to another
   */
  static void check(RelayOptions options, boolean whole, Problems problems) {
    OptionsCheck check = new OptionsCheck(options, whole, problems);
    options.getBackends().forEach(check::backend);
    check.catalog();
    if (!options.getFallback().equals(List.copyOf(options.getBackends().keySet()))) {
      check.candidates("fallback", options.getFallback());
    }
    options.getAliases().forEach(check::alias);
    if (options.getGateway() != null) {
      new GatewayCheck(check, problems).check(options.getGateway());
    }
    if (options.getCluster() != null) {
      new ClusterCheck(check, problems).check(options.getCluster());
    }
    check.timeouts();
    check.overload();
    check.retries();
    check.limits();
    check.circuit();
    check.queueAndCooldowns();
    check.busAndLatch();
    check.hedgeAndResume();
    if (options.getStateFile() != null) {
      check.notBlank("state-file", options.getStateFile());
    }
    if (options.getShutdownGrace().isNegative()
        || options.getShutdownGrace().compareTo(Duration.ofHours(1)) > 0) {
      check.problems.add("shutdown-grace", "must be from 0s to 1h");
    }
    if (options.getLanes() != null) {
      check.range("lanes", options.getLanes(), 1, RelayOptions.MAX_LANES);
    }
  }

  static void requireBackend(RelayOptions options, Problems problems) {
    if (options.getBackends().isEmpty()) {
      problems.add(
          "",
          "has no backend: name one under backends, or set one of "
              + Arrays.stream(KnownProvider.values())
                  .map(KnownProvider::variables)
                  .filter(Objects::nonNull)
                  .collect(Collectors.joining(", "))
              + (options.isDiscover() ? "" : " and discover: true"));
    }
  }

  private void backend(String name, BackendOptions backend) {
    String path = "backends." + name;
    if (!BACKEND_NAME.matcher(name).matches()) {
      problems.add(path, "is not a valid name: letters, digits, - and _ are allowed, at most 64");
    }
    if (backend.getNode() != null) {
      if (whole && options.getCluster() == null) {
        problems.add(path + ".node", "needs the section cluster, whose nodes it refers to");
      }
      ClusterCheck.name(path + ".node", backend.getNode(), problems);
    }
    oneOf(path + ".provider", backend.getProvider(), KnownProvider.ids());
    if (backend.getDialect() == null) {
      problems.add(path, "needs a dialect: " + String.join(", ", BackendOptions.DIALECTS));
    }
    oneOf(path + ".dialect", backend.getDialect(), BackendOptions.DIALECTS);
    baseUrl(path, backend.getBaseUrl(), KnownProvider.of(backend.getProvider()));
    if (backend.getApiKey() != null && !KEY.matcher(backend.getApiKey()).matches()) {
      problems.add(path + ".api-key", "must be one line of visible ASCII characters");
    }
    keys(path, backend);
    for (int i = 0; i < backend.getModels().size(); i++) {
      notBlank(path + ".models[" + i + "]", backend.getModels().get(i));
    }
    String defaultModel = backend.getDefaultModel();
    if (!backend.getModels().isEmpty() && !backend.getModels().contains(defaultModel)) {
      problems.add(path + ".default-model", "must be one of the backend's models");
    } else if (backend.getModels().isEmpty() && defaultModel != null) {
      notBlank(path + ".default-model", defaultModel);
    }
    backend.getHeaders().forEach((header, value) -> header(path + ".headers", header, value));
    range(path + ".max-connections", backend.getMaxConnections(), 1, 65_536);
    new ConnectionCheck(this, problems).check(path, backend);
    if (backend.getBudget() != null) {
      budget(path + ".budget", backend.getBudget());
    }
  }

  private void keys(String path, BackendOptions backend) {
    if (!KEY_PREFERENCES.contains(backend.getPreferKey())) {
      problems.add(path + ".prefer-key", "must be weight, least-busy or order");
    }
    if (!backend.getApiKeys().isEmpty() && backend.getNode() != null) {
      problems.add(path + ".api-keys", "must be a single api-key for a backend of certain nodes");
    }
    if (backend.getApiKeys().size() > BackendOptions.MAX_KEYS) {
      problems.add(path + ".api-keys", "must be at most " + BackendOptions.MAX_KEYS);
    }
    Set<String> names = new HashSet<>();
    Set<String> keys = new HashSet<>();
    for (int i = 0; i < backend.getApiKeys().size(); i++) {
      String keyPath = path + ".api-keys[" + i + "]";
      ApiKeyOptions key = backend.getApiKeys().get(i);
      if (key == null || (key.getApiKey() == null && key.getApiKeyFile() == null)) {
        problems.add(keyPath, "needs a key: give api-key or api-key-file");
        continue;
      }
      if (!BACKEND_NAME.matcher(key.getName()).matches()) {
        problems.add(
            keyPath + ".name",
            "is not a valid name: letters, digits, - and _ are allowed, at most 64");
      } else if (!names.add(key.getName())) {
        problems.add(keyPath + ".name", "is the name of an earlier key");
      }
      if (key.getApiKey() != null && !KEY.matcher(key.getApiKey()).matches()) {
        problems.add(keyPath + ".api-key", "must be one line of visible ASCII characters");
      } else if (key.getApiKey() != null && !keys.add(key.getApiKey())) {
        problems.add(keyPath, "is the same key as an earlier one");
      }
      range(keyPath + ".weight", key.getWeight(), 0, MAX_WEIGHT);
      if (key.getMaxConnections() != null) {
        range(keyPath + ".max-connections", key.getMaxConnections(), 1, 65_536);
      }
      if (key.getBudget() != null) {
        budget(keyPath + ".budget", key.getBudget());
      }
    }
  }

  void budget(String path, BudgetOptions budget) {
    atLeast(path + ".daily-usd", budget.getDailyUsd(), 0.01);
    atLeast(path + ".monthly-usd", budget.getMonthlyUsd(), 0.01);
    atLeast(path + ".requests-per-minute", budget.getRequestsPerMinute(), 1);
    atLeast(path + ".requests-per-day", budget.getRequestsPerDay(), 1);
    atLeast(path + ".tokens-per-minute", budget.getTokensPerMinute(), 1);
    atLeast(path + ".tokens-per-day", budget.getTokensPerDay(), 1);
    fraction(path + ".warn-at", budget.getWarnAt());
  }

  private void baseUrl(String path, String url, KnownProvider known) {
    if (url == null) {
      String variable = known == null ? null : known.urlVariable();
      String otherwise =
          known == null
              ? ", or a known provider: " + String.join(", ", KnownProvider.ids())
              : variable == null ? "" : ", or the environment variable " + variable;
      problems.add(path, "needs a base-url" + otherwise);
      return;
    }
    boolean valid;
    try {
      URI uri = URI.create(url);
      valid =
          ("http".equals(uri.getScheme()) || "https".equals(uri.getScheme()))
              && uri.getHost() != null
              && uri.getPort() <= 65_535
              && uri.getRawUserInfo() == null
              && uri.getRawQuery() == null
              && uri.getRawFragment() == null;
    } catch (IllegalArgumentException e) {
      valid = false;
    }
    if (!valid) {
      problems.add(
          path + ".base-url",
          "must be an http or https URL with a host, without user, query or fragment,"
              + " such as https://api.openai.com/v1");
    }
  }

  private void header(String path, String name, String value) {
    if (!HEADER_NAME.matcher(name).matches()) {
      problems.add(path + "." + name, "is not a header name");
    } else if (!HEADER_VALUE.matcher(value).matches()) {
      problems.add(path + "." + name, "must be one line of ASCII characters");
    }
  }

  private void alias(String name, AliasOptions alias) {
    String path = "aliases." + name;
    if (name.isBlank()) {
      problems.add(path, "must not be an empty name");
    }
    if (alias == null || alias.getCandidates().isEmpty()) {
      problems.add(path, "must list at least one candidate: backend/model or backend");
      return;
    }
    List<String> names = new ArrayList<>();
    for (int i = 0; i < alias.getCandidates().size(); i++) {
      CandidateOptions candidate = alias.getCandidates().get(i);
      String entryPath = path + "[" + i + "]";
      if (candidate.getCandidate() == null) {
        problems.add(entryPath, "needs a candidate: backend/model or backend");
        return;
      }
      names.add(candidate.getCandidate());
      range(entryPath + ".weight", candidate.getWeight(), 0, MAX_WEIGHT);
      range(entryPath + ".tier", candidate.getTier(), 1, MAX_TIER);
    }
    candidates(path, name, names);
    if (includes(name, name, options.getAliases().size())) {
      problems.add(path, "must not contain itself by way of another alias");
    }
    if (alias.getShadow() != null) {
      shadow(path + ".shadow", name, alias.getShadow());
    }
  }

  private void shadow(String path, String alias, ShadowOptions shadow) {
    if (shadow.getCandidate() == null) {
      problems.add(path, "needs a candidate: backend/model or backend");
      return;
    }
    candidates(path + ".candidate", alias, List.of(shadow.getCandidate()));
    if (options.isAlias(shadow.getCandidate())) {
      problems.add(path + ".candidate", "must not be an alias");
    }
    fraction(path + ".share", shadow.getShare());
    range(path + ".max-open", shadow.getMaxOpen(), 1, 1_000);
  }

  /** Returns whether an alias has another among its candidates, at any depth up to a limit. */
  private boolean includes(String alias, String other, int depth) {
    AliasOptions of = options.getAliases().get(alias);
    if (of == null || depth < 0) {
      return false;
    }
    for (CandidateOptions candidate : of.getCandidates()) {
      String name = candidate == null ? null : candidate.getCandidate();
      boolean nested = name != null && !name.equals(alias) && options.isAlias(name);
      if (nested && (name.equals(other) || includes(name, other, depth - 1))) {
        return true;
      }
    }
    return false;
  }

  private void candidates(String path, List<String> candidates) {
    candidates(path, null, candidates);
  }

  /**
   * @param alias the alias whose candidates they are, so that its name stands for a model
   */
  private void candidates(String path, String alias, List<String> candidates) {
    if (!whole) {
      return;
    }
    Map<String, BackendOptions> backends = options.getBackends();
    // Options with problems may not convert to a catalogue.
    Catalog catalog = problems.isEmpty() ? options.toCatalog() : Catalog.builtIn();
    ModelResolver<BackendModels> models = BackendModels.resolver(backends, catalog);
    for (int i = 0; i < candidates.size(); i++) {
      String entryPath = path.endsWith(".candidate") ? path : path + "[" + i + "]";
      String candidate = candidates.get(i);
      boolean isOtherAlias = !candidate.equals(alias) && options.isAlias(candidate);
      if (isOtherAlias || models.resolves(candidate)) {
        continue;
      }
      CandidateName split = CandidateName.parse(candidate);
      String name = split.backend();
      BackendOptions backend = backends.get(name);
      if (backend == null) {
        problems.add(
            entryPath, "names an unknown backend: " + Problems.unknown(name, backends.keySet()));
      } else if (split.model() != null) {
        problems.add(
            entryPath,
            "names a model that %s does not serve (its models: %s)"
                .formatted(name, String.join(", ", backend.getModels())));
      }
    }
  }

  private void catalog() {
    Set<String> seen = new HashSet<>();
    List<String> owners = new ArrayList<>(options.getBackends().keySet());
    owners.addAll(KnownProvider.ids());
    for (int i = 0; i < options.getCatalog().size(); i++) {
      String path = "catalog[" + i + "]";
      ModelOptions model = options.getCatalog().get(i);
      if (model.id() == null || model.id().isBlank()) {
        problems.add(path, "needs an id");
      } else if (!seen.add(model.provider() + "/" + model.id())) {
        problems.add(path, "has the id of an earlier entry");
      }
      if (whole) {
        oneOf(path + ".provider", model.provider(), owners);
      }
      if (model.contextWindow() != null) {
        range(path + ".context-window", model.contextWindow(), 1, Integer.MAX_VALUE);
      }
      if (model.maxOutput() != null) {
        range(path + ".max-output", model.maxOutput(), 1, Integer.MAX_VALUE);
      }
      if (model.price() != null) {
        price(path + ".price", model.price());
      }
      List<String> capabilities = model.capabilities() == null ? List.of() : model.capabilities();
      for (int j = 0; j < capabilities.size(); j++) {
        oneOf(path + ".capabilities[" + j + "]", capabilities.get(j), ModelOptions.CAPABILITIES);
      }
      oneOf(path + ".status", model.status(), ModelOptions.STATUSES);
      if (model.replacement() != null) {
        notBlank(path + ".replacement", model.replacement());
      }
    }
  }

  private void price(String path, ModelOptions.Price price) {
    prices(path, price.input(), price.output(), price.cachedInput());
    notNegative(path + ".cache-write", price.cacheWrite());
    List<ModelOptions.Tier> tiers = price.tiers() == null ? List.of() : price.tiers();
    for (int i = 0; i < tiers.size(); i++) {
      String entryPath = path + ".tiers[" + i + "]";
      ModelOptions.Tier tier = tiers.get(i);
      if (tier.fromInputTokens() == null && tier.from() == null) {
        problems.add(entryPath, "needs from-input-tokens or from, which say where the tier begins");
      }
      atLeast(entryPath + ".from-input-tokens", tier.fromInputTokens(), 1);
      prices(entryPath, tier.input(), tier.output(), tier.cachedInput());
    }
  }

  private void prices(String path, Double input, Double output, Double cachedInput) {
    if (input == null || output == null) {
      problems.add(path, "needs input and output, in US dollars per million tokens");
    }
    notNegative(path + ".input", input);
    notNegative(path + ".output", output);
    notNegative(path + ".cached-input", cachedInput);
  }

  private void timeouts() {
    Timeouts timeouts = options.getTimeouts();
    positive("timeouts.connect", timeouts.connect());
    positive("timeouts.head", timeouts.head());
    positive("timeouts.first-chunk", timeouts.firstChunk());
    positive("timeouts.stall", timeouts.stall());
    positive("timeouts.total", timeouts.total());
  }

  private void overload() {
    range("max-requests", options.getMaxRequests(), 1, 1_000_000);
    positive("overload.max-lag", options.getOverload().getMaxLag());
    double maxHeap = options.getOverload().getMaxHeap();
    if (!(maxHeap >= 0.5 && maxHeap <= 1)) {
      problems.add("overload.max-heap", "must be from 0.5 to 1");
    }
  }

  private void retries() {
    RetryOptions retries = options.getRetries();
    range("retries.max", retries.getMax(), 0, RelayHints.MAX_RETRIES);
    positive("retries.base-delay", retries.getBaseDelay());
    if (retries.getMaxDelay().compareTo(retries.getBaseDelay()) < 0) {
      problems.add("retries.max-delay", "must not be shorter than base-delay");
    }
  }

  /**
   * Checks that no limit is below the default of its setting. Otherwise a request that sets a value
   * would get less than one that sets none.
   */
  private void limits() {
    LimitsOptions limits = options.getLimits();
    Timeouts configured = options.getTimeouts();
    Timeouts applied = options.runTimeouts();
    Timeouts longest = limits.timeouts(configured);
    Duration first =
        applied.firstChunk() == null ? Timeouts.REASONING_FIRST_CHUNK : applied.firstChunk();
    notShorter("connect", longest.connect(), configured.connect());
    notShorter("head", longest.head(), configured.head());
    notShorter("first-chunk", longest.firstChunk(), first);
    notShorter("stall", longest.stall(), configured.stall());
    notShorter("total", longest.total(), configured.total());
    int retries = options.getRetries().getMax();
    range("limits.retries", limits.getRetries(), 0, RelayHints.MAX_RETRIES);
    if (retries <= RelayHints.MAX_RETRIES && limits.getRetries() < retries) {
      problems.add("limits.retries", "must not be less than retries.max: " + retries);
    }
    range("limits.candidates", limits.getCandidates(), 1, RelayHints.MAX_CANDIDATES);
  }

  private void notShorter(String phase, Duration limit, Duration than) {
    if (limit.compareTo(than) < 0) {
      problems.add(
          "limits.timeouts." + phase,
          "must not be shorter than the timeout of requests that set none: "
              + Durations.format(than));
    }
  }

  private void circuit() {
    CircuitOptions circuit = options.getCircuit();
    range("circuit.max-failures", circuit.getMaxFailures(), 1, 1_000_000);
    positive("circuit.reset-timeout", circuit.getResetTimeout());
    positive("circuit.trial-timeout", circuit.getTrialTimeout());
    fraction("circuit.failure-rate", circuit.getFailureRate());
    if (circuit.getWindow().compareTo(Duration.ofSeconds(1)) < 0) {
      problems.add("circuit.window", "must be at least 1s");
    }
  }

  private void queueAndCooldowns() {
    range("queue.max", options.getQueue().getMax(), 0, 1_000_000);
    positive("queue.wait", options.getQueue().getWait());
    positive("exhaustion.max", options.getExhaustion().getMax());
    if (options.getExhaustion().getMax().compareTo(ExhaustionOptions.DEFAULT_MAX) > 0) {
      problems.add("exhaustion.max", "must be at most 744h");
    }
  }

  private void busAndLatch() {
    if (!BUS_PREFIX.matcher(options.getBus().getPrefix()).matches()) {
      problems.add(
          "bus.prefix", "must consist of letters, digits, dots, - and _, at most 64 of them");
    }
    range("bus.window", options.getBus().getWindow(), 1, 65_536);
    positive("bus.ping-interval", options.getBus().getPingInterval());
    positive("bus.ping-timeout", options.getBus().getPingTimeout());
    positive("bus.open-timeout", options.getBus().getOpenTimeout());
    positiveSize("latch.max-size", options.getLatch().getMaxSize());
  }

  private void hedgeAndResume() {
    double ratio = options.getHedge().getMaxRatio();
    if (!(ratio >= 0 && ratio <= 1)) {
      problems.add("hedge.max-ratio", "must be from 0 to 1");
    }
    positiveSize("resume.max-size", options.getResume().getMaxSize());
    positiveSize("resume.max-memory", options.getResume().getMaxMemory());
    positiveSize("tracing.max-content", options.getTracing().getMaxContent());
    only("hedge.only", options.getHedge().getOnly());
    only("resume.only", options.getResume().getOnly());
  }

  /** Checks that each name is a backend, an alias or a model that is served. */
  private void only(String path, List<String> names) {
    for (int i = 0; i < names.size(); i++) {
      boolean known =
          options.getBackends().containsKey(names.get(i))
              || options.getAliases().containsKey(names.get(i));
      if (!known) {
        candidates(path, names);
        return;
      }
    }
  }

  void oneOf(String path, String name, Collection<String> known) {
    if (name != null && !known.contains(name)) {
      problems.add(path, "is unknown: " + Problems.unknown(name, known));
    }
  }

  void range(String path, int value, int min, int max) {
    if (value < min || value > max) {
      problems.add(
          path,
          "must be "
              + (max == Integer.MAX_VALUE ? "at least " + min : "from " + min + " to " + max));
    }
  }

  void atLeast(String path, Number value, double min) {
    if (value != null && !(value.doubleValue() >= min)) {
      problems.add(path, "must be at least " + (min < 1 ? "" + min : "" + (long) min));
    }
  }

  private void fraction(String path, double value) {
    if (!(value > 0 && value <= 1)) {
      problems.add(path, "must be above 0 and at most 1");
    }
  }

  private void notNegative(String path, Double value) {
    if (value != null && !(value >= 0 && value < Double.POSITIVE_INFINITY)) {
      problems.add(path, "must not be negative");
    }
  }

  void positive(String path, Duration value) {
    if (value.isZero() || value.isNegative()) {
      problems.add(path, "must be longer than 0");
    }
  }

  void positiveSize(String path, int bytes) {
    if (bytes < 1) {
      problems.add(path, "must be larger than 0");
    }
  }

  void notBlank(String path, String value) {
    if (value.isBlank()) {
      problems.add(path, "must not be empty");
    }
  }
}
