package io.llmrelay.cli.litellm;

import io.llmrelay.config.KnownProvider;
import java.net.URI;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Converts the model list: deployments at one account become one backend, and the deployments of
 * one name the candidates of an alias.
 */
final class Deployments {
  private static final String AWS_KEYS =
      "AWS keys are taken from AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, or"
          + " from AWS_BEARER_TOKEN_BEDROCK";
  private static final String GLOBAL =
      "timeouts and retries are those of the whole relay, or of a request's relay object";
  private static final String PARAMETER =
      "the relay sends what the caller sends, and adds no parameters";

  /**
   * A deployment: a model at a backend.
   *
   * @param order the lower ones come first
   * @param share the share of the requests, in relation to others; {@code null} if none is given
   */
  private record Deployment(Account account, String model, double order, Double share) {
    String name() {
      return account.name() + "/" + model;
    }
  }

  private final Notes notes;
  private final Map<String, Section> credentials = new HashMap<>();
  private final List<Account> accounts = new ArrayList<>();
  private final Map<String, List<Deployment>> groups = new LinkedHashMap<>();
  private final Map<String, Deployment> byId = new HashMap<>();

  /** The names whose deployments are all left out. */
  private final Set<String> leftOut = new HashSet<>();

  /** The accounts of names such as {@code *} and {@code groq/*}. */
  private final Map<String, Account> wildcards = new LinkedHashMap<>();

  /** By name, the name whose deployments get copies of its requests. */
  private final Map<String, String> silent = new LinkedHashMap<>();

  private final CatalogEntries catalog;
  private boolean discover;

  Deployments(Notes notes) {
    this.notes = notes;
    catalog = new CatalogEntries(notes);
  }

  void addCredentials(List<?> list) {
    for (int i = 0; i < list.size(); i++) {
      Section credential = new Section("credential_list[" + i + "]", list.get(i), notes);
      String name = credential.text("credential_name");
      Section values = credential.section("credential_values");
      credential.value("credential_info");
      credential.close();
      if (name != null) {
        credentials.put(name, values);
      }
    }
  }

  void addAll(List<?> list) {
    for (int i = 0; i < list.size(); i++) {
      Section entry = new Section("model_list[" + i + "]", list.get(i), notes);
      Section params = entry.section("litellm_params");
      Section info = entry.section("model_info");
      params.addDefaults(limits(entry));
      if (!add(entry, params, info)) {
        leftOut.add(entry.text("model_name"));
        List.of(entry, params, info).forEach(Section::leaveOut);
      }
      entry.close();
      params.close();
      info.close();
    }
    Set<String> taken = new HashSet<>();
    accounts.forEach(account -> account.chooseName(taken, accounts));
    wildcards.forEach(
        (name, account) -> {
          if (!name.equals("*") && !name.equals(account.name() + "/*")) {
            notes.changed("the name " + name, "ask for " + account.name() + "/MODEL instead");
          }
        });
  }

  /** Returns the limits of old files, beside {@code litellm_params} instead of in it. */
  private Section limits(Section entry) {
    Map<String, Object> limits = new HashMap<>();
    for (String key : List.of("rpm", "tpm")) {
      if (entry.has(key)) {
        limits.put(key, entry.value(key));
      }
    }
    return new Section("", limits, notes);
  }

  /** Adds a deployment; returns whether it is part of the result. */
  private boolean add(Section entry, Section params, Section info) {
    String name = entry.text("model_name");
    String model = params.text("model");
    String credential = params.text("litellm_credential_name");
    if (credential != null && credentials.containsKey(credential)) {
      params.addDefaults(credentials.get(credential));
    } else if (credential != null) {
      notes.lost(params.path("litellm_credential_name"), "names no entry of credential_list");
    }
    String mode = info.text("mode");
    String apiBase = params.text("api_base");
    String baseUrl = params.text("base_url");
    apiBase = apiBase == null ? baseUrl : apiBase;
    String custom = params.text("custom_llm_provider");
    if (name == null || model == null) {
      notes.lost(entry.path("litellm_params"), "has no model; the deployment is left out");
      return false;
    }
    if (model.equals("*")) {
      discover = true;
      notes.changed(
          params.path("model"),
          "discover: true, by which each known provider whose key is in the environment is a"
              + " backend");
      return true;
    }
    if (mode != null && !Set.of("chat", "completion", "responses", "embedding").contains(mode)) {
      notes.lost(info.path("mode"), "is neither chat nor embedding; the deployment is left out");
      return false;
    }
    Upstream upstream = Upstream.of(model, custom, apiBase != null);
    if (upstream == null) {
      notes.lost(
          params.path("model"),
          "the relay knows no such provider; the deployment is left out. A server with OpenAI's API"
              + " is a backend with dialect openai and its base-url");
      return false;
    }
    if (upstream.model().isBlank()) {
      notes.lost(params.path("model"), "names no model; the deployment is left out");
      return false;
    }
    Map<String, Object> settings = new LinkedHashMap<>();
    String backend = place(upstream, apiBase, params, settings);
    if (backend == null) {
      return false;
    }
    key(upstream, params, settings);
    headers(params, settings);
    budget(params, settings);
    unsupported(params, info);
    register(name, account(backend, settings), upstream.model(), params, info);
    return true;
  }

  /** Sets provider, dialect and base URL; returns the backend's name, {@code null} if left out. */
  private String place(
      Upstream upstream, String apiBase, Section params, Map<String, Object> settings) {
    String url = apiBase == null ? upstream.baseUrl() : upstream.baseUrl(apiBase);
    String region = params.text("aws_region_name");
    if ("bedrock".equals(upstream.provider())) {
      String endpoint = params.text("aws_bedrock_runtime_endpoint");
      url = endpoint != null ? endpoint : url;
      if (url == null && region != null) {
        url = "https://bedrock-runtime." + region + ".amazonaws.com";
      }
    }
    if (url != null && !isUrl(url)) {
      notes.lost(params.path("api_base"), "is no http or https URL; the deployment is left out");
      return null;
    }
    if (upstream.provider() == null && url == null) {
      notes.lost(params.path("model"), "needs an api_base; the deployment is left out");
      return null;
    }
    if (url != null && url.startsWith("${") && apiBase != null) {
      notes.changed(params.path("api_base"), "the variable's value must not end with a slash");
    }
    if (params.has("api_version")) {
      params.value("api_version");
      notes.changed(params.path("api_version"), "none: Azure's v1 API has no versions");
    }
    if (upstream.isCompatibleServer(url)) {
      String dialect = upstream.dialect();
      settings.put("dialect", dialect == null ? "openai" : dialect);
      settings.put("base-url", url);
      return "openai-compatible";
    }
    if (upstream.provider() != null) {
      settings.put("provider", upstream.provider());
    }
    if (upstream.dialect() != null) {
      settings.put("dialect", upstream.dialect());
    }
    if (url != null) {
      settings.put("base-url", url);
    }
    return upstream.name();
  }

  private static boolean isUrl(String url) {
    try {
      URI uri =
          URI.create(url.replaceAll("\\$\\{\\w+}", "x").replaceFirst("^x(?=/|$)", "http://x"));
      return ("http".equals(uri.getScheme()) || "https".equals(uri.getScheme()))
          && uri.getHost() != null
          && uri.getRawQuery() == null
          && uri.getRawUserInfo() == null;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private void key(Upstream upstream, Section params, Map<String, Object> settings) {
    String key = params.text("api_key");
    if (key != null && !key.matches("[\\x21-\\x7e]+")) {
      notes.lost(params.path("api_key"), "has characters that no key has");
      key = null;
    }
    boolean elsewhere = settings.containsKey("base-url") && !settings.containsKey("provider");
    KnownProvider known = KnownProvider.of(upstream.provider());
    boolean byDefault =
        known != null
            && !settings.containsKey("base-url")
            && ("${" + known.keyVariable() + "}").equals(key);
    if (byDefault) {
      return; // The backend takes it by itself, and shares the account with those that say nothing.
    }
    if (key != null) {
      settings.put("api-key", key);
    } else if (upstream.apiKey() != null) {
      settings.put("api-key", upstream.apiKey());
    } else if (elsewhere) {
      settings.put("api-key", "none");
      notes.changed(
          params.path("api_key"), "absent: no key is sent, where LiteLLM sends OPENAI_API_KEY");
    }
  }

  private void headers(Section params, Map<String, Object> settings) {
    Map<String, Object> headers = new LinkedHashMap<>();
    for (String key : List.of("extra_headers", "headers")) {
      params
          .texts(key)
          .forEach(
              (name, value) -> {
                if (name.matches("[!#$%&'*+.^_`|~0-9A-Za-z-]+")
                    && value.matches("[\\t\\x20-\\x7e]*")) {
                  headers.put(name, value);
                } else {
                  notes.lost(params.path(key), "has a header that HTTP does not allow");
                }
              });
    }
    if (params.has("organization")) {
      String organization = params.text("organization");
      if (organization != null) {
        headers.put("OpenAI-Organization", organization);
      }
    }
    if (!headers.isEmpty()) {
      settings.put("headers", headers);
    }
  }

  /** Sets the limits of a deployment, which give it a backend of its own. */
  private void budget(Section params, Map<String, Object> settings) {
    Map<String, Object> budget = new LinkedHashMap<>();
    Double dollars = params.number("max_budget", 0.01);
    String duration = params.text("budget_duration");
    String key = BackendDefaults.limit(duration);
    if (dollars != null && key != null) {
      budget.put(key, dollars);
      notes.changed(params.path("max_budget"), key + ", of the calendar's day or month in UTC");
    } else if (dollars != null) {
      notes.lost(params.path("max_budget"), "is neither of a day nor of a month");
    }
    Long requests = params.integer("rpm", 1);
    Long tokens = params.integer("tpm", 1);
    if (requests != null) {
      budget.put("requests-per-minute", requests);
    }
    if (tokens != null) {
      budget.put("tokens-per-minute", tokens);
    }
    if (!budget.isEmpty()) {
      settings.put("budget", budget);
    }
    Long connections = params.integer("max_parallel_requests", 1);
    if (connections != null) {
      settings.put("max-connections", Math.min(connections, BackendDefaults.MAX_CONNECTIONS));
    }
  }

  private void unsupported(Section params, Section info) {
    params.lost(
        AWS_KEYS,
        "aws_access_key_id",
        "aws_secret_access_key",
        "aws_session_token",
        "aws_session_name",
        "aws_profile_name",
        "aws_role_name",
        "aws_web_identity_token");
    params.lost(LiteLlmConverter.NO_TAGS, "tags");
    params.lost(LiteLlmConverter.NO_GUARDRAILS, "guardrails");
    params.lost(
        LiteLlmConverter.PARAMETERS,
        "drop_params",
        "additional_drop_params",
        "allowed_openai_params");
    params.lost(
        "callers mark what providers are to cache (docs/requests.md)",
        "cache_control_injection_points");
    params.lost(GLOBAL, "timeout", "stream_timeout", "max_retries", "num_retries", "cooldown_time");
    params.lost(
        PARAMETER,
        "temperature",
        "top_p",
        "max_tokens",
        "max_completion_tokens",
        "seed",
        "stop",
        "n",
        "frequency_penalty",
        "presence_penalty",
        "reasoning_effort",
        "thinking",
        "extra_body");
    params.lost("credentials of Entra ID are not supported", "azure_ad_token", "tenant_id");
    params.lost("answers come from backends; for tests there is scripts/sandbox", "mock_response");
    info.lost("the relay has no groups or teams", "access_groups", "team_id");
  }

  private Account account(String name, Map<String, Object> settings) {
    for (Account account : accounts) {
      if (account.isShared(name, settings)) {
        return account;
      }
    }
    Account account = new Account(name, settings);
    accounts.add(account);
    return account;
  }

  private void register(String name, Account account, String model, Section params, Section info) {
    Double order = params.number("order", -1e9);
    Double weight = params.number("weight", 0);
    Double share = weight == null && params.has("rpm") ? params.number("rpm", 1) : weight;
    String id = info.text("id");
    if (name.contains("*") || model.contains("*")) {
      account.serveAny();
      wildcards.put(name, account);
      return;
    }
    account.addModel(model);
    Deployment deployment =
        new Deployment(account, model, order == null ? Double.MAX_VALUE : order, share);
    groups.computeIfAbsent(name, first -> new ArrayList<>()).add(deployment);
    if (id != null) {
      byId.put(id, deployment);
    }
    catalog.add(account, model, params, info);
    String copies = params.text("silent_model");
    if (copies != null) {
      silent.putIfAbsent(name, copies);
      notes.changed(
          params.path("silent_model"),
          "aliases.*.shadow, for the requests of all deployments of the name; at most max-open"
              + " copies at a time");
    }
  }

  boolean discover() {
    return discover;
  }

  Map<String, Object> backends() {
    Map<String, Object> backends = new LinkedHashMap<>();
    accounts.forEach(account -> backends.put(account.name(), account.toTree()));
    return backends;
  }

  List<Map<String, Object>> catalog() {
    return catalog.toTree();
  }

  List<Account> accounts() {
    return accounts;
  }

  /** Returns the candidates that get copies of requests, by the names that are asked for. */
  Map<String, String> shadows() {
    Map<String, String> shadows = new LinkedHashMap<>();
    silent.forEach(
        (name, copies) -> {
          List<Candidate> candidates = candidates(copies);
          if (candidates.isEmpty()) {
            notes.lost("model_list", "silent_model of \"" + name + "\" names none");
          } else {
            shadows.put(name, candidates.get(0).name());
          }
        });
    return shadows;
  }

  /** Returns the candidates of each name, a tier for each {@code order}. */
  Map<String, List<Candidate>> aliases() {
    Map<String, List<Candidate>> aliases = new LinkedHashMap<>();
    groups.forEach((name, deployments) -> aliases.put(name, candidates(deployments)));
    return aliases;
  }

  private static List<Candidate> candidates(List<Deployment> deployments) {
    List<Double> orders = deployments.stream().map(Deployment::order).distinct().sorted().toList();
    boolean fractions = deployments.stream().anyMatch(d -> d.share() != null && d.share() % 1 != 0);
    Map<String, Candidate> candidates = new LinkedHashMap<>();
    deployments.stream()
        .sorted(Comparator.comparingDouble(Deployment::order))
        .forEach(
            deployment -> {
              double share = deployment.share() == null ? 1 : deployment.share();
              long weight = Math.round(fractions ? share * 100 : share);
              candidates.putIfAbsent(
                  deployment.name(),
                  new Candidate(
                      deployment.name(),
                      Math.min(weight, Candidate.MAX_WEIGHT),
                      orders.indexOf(deployment.order()) + 1));
            });
    return new ArrayList<>(candidates.values());
  }

  /** Returns the candidates of a name, of a deployment's id or of a wildcard; empty if unknown. */
  List<Candidate> candidates(String name) {
    if (groups.containsKey(name)) {
      return candidates(groups.get(name));
    }
    if (byId.containsKey(name)) {
      return List.of(Candidate.of(byId.get(name).name()));
    }
    for (Map.Entry<String, Account> wildcard : wildcards.entrySet()) {
      String prefix = wildcard.getKey().replaceFirst("\\*$", "");
      if (name.startsWith(prefix)) {
        return List.of(
            Candidate.of(wildcard.getValue().name() + "/" + name.substring(prefix.length())));
      }
    }
    return List.of();
  }

  /** Returns the backend for names that the file does not list; {@code null} without one. */
  String ofAnyName() {
    return wildcards.containsKey("*") ? wildcards.get("*").name() : null;
  }

  /** Returns whether a name is in the file, but none of its deployments can be converted. */
  boolean isLeftOut(String name) {
    return leftOut.contains(name) && !groups.containsKey(name);
  }

  /** Returns whether LiteLLM spreads the requests of a name over several deployments. */
  boolean isBalanced() {
    return groups.values().stream().anyMatch(deployments -> deployments.size() > 1);
  }
}
