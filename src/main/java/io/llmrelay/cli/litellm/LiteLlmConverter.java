package io.llmrelay.cli.litellm;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator.Feature;
import io.llmrelay.chat.RelayHints;
import io.llmrelay.config.GatewayKeyOptions;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;

/**
 * Converts LiteLLM's configuration file to the relay's. The result is a configuration that the
 * relay accepts; comments at its head name every key without a counterpart, and every one whose
 * counterpart differs.
 */
public final class LiteLlmConverter {
  /** LiteLLM's default port, so that clients need no change. */
  private static final int PORT = 4000;

  /** The value of {@code circuit.max-failures} with which no circuit ever opens. */
  private static final int NEVER = 1001;

  private static final String OBSERVED =
      "the relay has hooks, events, Prometheus metrics and OpenTelemetry traces"
          + " (docs/operations.md)";
  private static final String NODES =
      "nodes share their state over the event bus (docs/cluster.md)";
  private static final String NO_CACHE =
      "answers are not cached, applications may do so; affinity (docs/requests.md) makes the most"
          + " of providers' prompt caches";
  static final String NO_GUARDRAILS =
      "there are no guardrails; check prompts and answers in the application, or in a proxy before"
          + " the relay";
  static final String NO_TAGS =
      "requests choose by their model, or by relay.candidates (docs/requests.md)";
  static final String PARAMETERS =
      "what a backend does not accept is left out and named in x-relay-warning (docs/requests.md)";
  private static final String NO_PROMPTS =
      "always: no log, event or metric has prompts, answers or keys";
  private static final String OTHER_APIS =
      "the relay serves chat completions, responses, messages, completions and embeddings only"
          + " (docs/gateway.md)";
  private static final String NO_DATABASE =
      "the relay has no database; gateway.keys has the callers and their budgets";

  private final Notes notes = new Notes();
  private final Map<String, Object> tree = new LinkedHashMap<>();

  private LiteLlmConverter() {}

  /**
   * Converts the text of a file.
   *
   * @param name the name of the file, for the comment at the head
   * @return the configuration, as YAML
   * @throws IllegalArgumentException if the text is no YAML mapping; the message has the line
   */
  public static String convert(String text, String name) {
    return new LiteLlmConverter().convert(parse(text), name);
  }

  private static Map<?, ?> parse(String text) {
    Object file;
    try {
      file = new Yaml(new SafeConstructor(new LoaderOptions())).load(text);
    } catch (MarkedYAMLException e) {
      int line = e.getProblemMark() == null ? 1 : e.getProblemMark().getLine() + 1;
      throw new IllegalArgumentException("line " + line + " is no YAML: " + e.getProblem(), e);
    } catch (YAMLException e) {
      throw new IllegalArgumentException("is no YAML: " + e.getMessage(), e);
    }
    if (!(file instanceof Map<?, ?> map) || !map.containsKey("model_list")) {
      throw new IllegalArgumentException("has no model_list");
    }
    return map;
  }

  private String convert(Map<?, ?> map, String name) {
    Section file = new Section("", map, notes);
    Section litellm = file.section("litellm_settings");
    Section router = file.section("router_settings");
    Section general = file.section("general_settings");
    Deployments deployments = new Deployments(notes);
    deployments.addCredentials(file.list("credential_list"));
    deployments.addAll(file.list("model_list"));
    gateway(general, litellm);
    new BackendDefaults(deployments.accounts(), notes).apply(litellm, router, general);
    tree.put("backends", deployments.backends());
    if (deployments.discover()) {
      tree.put("discover", true);
    }
    Map<String, List<Candidate>> aliases = aliases(deployments, litellm, router);
    defaultModel(general, aliases, deployments);
    if (!aliases.isEmpty()) {
      Map<String, Object> trees = new LinkedHashMap<>();
      Map<String, String> shadows = deployments.shadows();
      aliases.forEach(
          (alias, candidates) ->
              trees.put(alias, Candidate.toTree(candidates, shadows.get(alias))));
      tree.put("aliases", trees);
    }
    strategy(router, deployments);
    affinity(router);
    timeouts(litellm, router);
    maxRequests(litellm, general);
    retries(litellm, router);
    circuit(litellm, router);
    if (litellm.flag("json_logs")) {
      tree.put("logging", new LinkedHashMap<>(Map.of("format", "json")));
    }
    if (!deployments.catalog().isEmpty()) {
      tree.put("catalog", deployments.catalog());
    }
    others(file, litellm, router, general);
    return render(name);
  }

  private void gateway(Section general, Section litellm) {
    Map<String, Object> gateway = new LinkedHashMap<>();
    gateway.put("port", PORT);
    Long megabytes = general.integer("max_request_size_mb", 1);
    if (megabytes != null) {
      gateway.put("max-body", megabytes + "MB");
    }
    String master = general.text("master_key");
    Map<String, Object> budget = budget(litellm);
    if (master != null && master.startsWith("${")) {
      gateway.put("keys", keys("key", master, budget));
      notes.changed(
          "general_settings.master_key",
          "gateway.keys.master; the key must have at least 20 characters");
    } else if (master != null && master.matches("[\\x21-\\x7e]{20,}")) {
      gateway.put("keys", keys("sha256", GatewayKeyOptions.sha256(master), budget));
      notes.changed("general_settings.master_key", "gateway.keys.master, as its SHA-256");
    } else if (master != null) {
      notes.lost(
          "general_settings.master_key",
          "is shorter than 20 characters; the command key makes one for gateway.keys");
    }
    if (!budget.isEmpty() && !gateway.containsKey("keys")) {
      notes.lost(
          "litellm_settings.max_budget",
          "there is no key to limit; gateway.keys.*.budget has the budgets of callers");
    }
    tree.put("gateway", gateway);
    notes.changed(
        "the address", "127.0.0.1, where LiteLLM listens at 0.0.0.0; gateway.host changes it");
  }

  private static Map<String, Object> keys(String form, String value, Map<String, Object> budget) {
    Map<String, Object> key = new LinkedHashMap<>();
    key.put(form, value);
    if (!budget.isEmpty()) {
      key.put("budget", budget);
    }
    return Map.of("master", key);
  }

  /** Returns the budget of the whole proxy, which is that of its only key. */
  private Map<String, Object> budget(Section litellm) {
    Double dollars = litellm.number("max_budget", 0.01);
    String limit = BackendDefaults.limit(litellm.text("budget_duration"));
    if (dollars == null) {
      return Map.of();
    }
    if (limit == null) {
      notes.lost("litellm_settings.max_budget", "is neither of a day nor of a month");
      return Map.of();
    }
    notes.changed("litellm_settings.max_budget", "gateway.keys.master.budget." + limit);
    return Map.of(limit, dollars);
  }

  /** Converts the checks by which a request stays at a deployment. */
  private void affinity(Section router) {
    Set<String> affinity = new LinkedHashSet<>();
    String path = "router_settings.optional_pre_call_checks";
    for (Object check : router.list("optional_pre_call_checks")) {
      switch (String.valueOf(check)) {
        case "session_affinity" -> affinity.add("session");
        case "prompt_caching" -> affinity.addAll(List.of("session", "messages"));
        case "router_budget_limiting", "enforce_model_rate_limits" ->
            notes.changed(path, "always: budgets and limits hold");
        case "responses_api_deployment_check", "encrypted_content_affinity" ->
            notes.lost(
                path, "responses are not stored; affinity keeps a conversation in one place");
        case "deployment_affinity" ->
            notes.lost(path, "affinity keeps a conversation in one place, not all of a key");
        default -> notes.lost(path, "has an entry without a counterpart");
      }
    }
    if (!affinity.isEmpty()) {
      tree.put("affinity", new ArrayList<>(affinity));
    }
  }

  /** Returns the candidates of each name, those of its fallbacks after its own. */
  private Map<String, List<Candidate>> aliases(
      Deployments deployments, Section litellm, Section router) {
    Map<String, List<Candidate>> aliases = deployments.aliases();
    Set<String> withFallbacks = new LinkedHashSet<>();
    for (Section section : List.of(litellm, router)) {
      withFallbacks.addAll(append("fallbacks", section, deployments, aliases));
    }
    for (Section section : List.of(litellm, router)) {
      for (Object name : section.list("default_fallbacks")) {
        aliases.forEach(
            (alias, candidates) -> {
              if (!withFallbacks.contains(alias) && !alias.equals(name)) {
                add(section.path("default_fallbacks"), name, candidates, deployments);
              }
            });
      }
      if (!append("context_window_fallbacks", section, deployments, aliases).isEmpty()) {
        notes.changed(
            section.path("context_window_fallbacks"),
            "candidates after the others: they are tried after any failure, and a prompt that is"
                + " known to be too long is only sent to those that it fits");
      }
      section.lost(
          "a request whose content is refused is not sent to another backend; the caller may ask"
              + " again, with relay.candidates",
          "content_policy_fallbacks");
    }
    aliases.values().removeIf(List::isEmpty);
    groupAliases(router, aliases);
    return aliases;
  }

  /** Appends the fallbacks of a setting; returns the names that have some. */
  private Set<String> append(
      String key, Section section, Deployments deployments, Map<String, List<Candidate>> aliases) {
    Set<String> names = new LinkedHashSet<>();
    for (Object entry : section.list(key)) {
      if (!(entry instanceof Map<?, ?> map)) {
        notes.lost(section.path(key), "has an entry that is no mapping");
        continue;
      }
      map.forEach(
          (group, fallbacks) -> {
            String name = String.valueOf(group);
            if (deployments.isLeftOut(name) && fallbacks instanceof List<?>) {
              aliases.computeIfAbsent(name, first -> new ArrayList<>());
              notes.changed(section.path(key), "\"" + name + "\" has only its fallbacks left");
            }
            List<Candidate> candidates = aliases.get(name);
            if (candidates == null || !(fallbacks instanceof List<?> list)) {
              notes.lost(
                  section.path(key), "\"" + name + "\" is no model_name with a list of fallbacks");
              return;
            }
            names.add(name);
            list.forEach(fallback -> add(section.path(key), fallback, candidates, deployments));
          });
    }
    return names;
  }

  private void add(String path, Object name, List<Candidate> candidates, Deployments deployments) {
    List<Candidate> more = name instanceof String known ? deployments.candidates(known) : List.of();
    if (more.isEmpty()) {
      notes.lost(path, (name instanceof String ? "\"" + name + "\"" : "an entry") + " names none");
    }
    int tiers = candidates.stream().mapToInt(Candidate::tier).max().orElse(0);
    Set<String> present =
        candidates.stream().map(Candidate::name).collect(Collectors.toCollection(HashSet::new));
    more.stream()
        .filter(one -> present.add(one.name()))
        .forEach(one -> candidates.add(one.after(tiers)));
  }

  private void groupAliases(Section router, Map<String, List<Candidate>> aliases) {
    Section names = router.section("model_group_alias");
    if (!(router.value("model_group_alias") instanceof Map<?, ?> map)) {
      return;
    }
    map.forEach(
        (alias, target) -> {
          Object group = target instanceof Map<?, ?> item ? item.get("model") : target;
          List<Candidate> candidates = aliases.get(String.valueOf(group));
          if (candidates == null) {
            notes.lost(names.path(String.valueOf(alias)), "names no model_name");
          } else {
            aliases.putIfAbsent(String.valueOf(alias), new ArrayList<>(candidates));
          }
          if (target instanceof Map<?, ?> item && Boolean.TRUE.equals(item.get("hidden"))) {
            notes.changed(names.path(String.valueOf(alias)), "is listed by /v1/models");
          }
        });
  }

  private void defaultModel(
      Section general, Map<String, List<Candidate>> aliases, Deployments deployments) {
    String name = general.text("completion_model");
    if (name != null && aliases.containsKey(name)) {
      tree.put("fallback", List.of(name));
    } else if (name != null) {
      notes.lost("general_settings.completion_model", "names no model_name");
    } else if (deployments.ofAnyName() != null) {
      tree.put("fallback", List.of(deployments.ofAnyName()));
    }
  }

  private void strategy(Section router, Deployments deployments) {
    String strategy = router.text("routing_strategy");
    String path = "router_settings.routing_strategy";
    if (strategy == null && !deployments.isBalanced()) {
      return;
    }
    switch (strategy == null ? "simple-shuffle" : strategy) {
      case "simple-shuffle" -> tree.put("prefer", "weight");
      case "least-busy" -> tree.put("prefer", "least-busy");
      case "latency-based-routing" -> tree.put("prefer", "lowest-latency");
      case "cost-based-routing" -> tree.put("prefer", "cost");
      case "usage-based-routing", "usage-based-routing-v2" -> {
        tree.put("prefer", "least-busy");
        notes.changed(path, "prefer: least-busy; a limit that is reached is skipped in any case");
      }
      default -> notes.lost(path, "is unknown; candidates are tried in their order");
    }
  }

  private void timeouts(Section litellm, Section router) {
    Map<String, Object> timeouts = new LinkedHashMap<>();
    String stream = router.seconds("stream_timeout");
    if (stream != null) {
      timeouts.put("first-chunk", stream);
      notes.changed("router_settings.stream_timeout", "timeouts.first-chunk, for all answers");
    }
    String request = litellm.seconds("request_timeout");
    String whole = router.seconds("timeout");
    if (whole != null || request != null) {
      timeouts.put("total", whole == null ? request : whole);
      notes.changed(
          whole == null ? "litellm_settings.request_timeout" : "router_settings.timeout",
          "timeouts.total, which all attempts share");
    }
    if (whole != null && request != null) {
      notes.lost("litellm_settings.request_timeout", "router_settings.timeout comes before it");
    }
    if (!timeouts.isEmpty()) {
      tree.put("timeouts", timeouts);
    }
  }

  private void maxRequests(Section litellm, Section general) {
    Long all = general.integer("global_max_parallel_requests", 1);
    if (all != null) {
      tree.put("max-requests", Math.min(all, 1_000_000));
    }
    litellm.lost(
        "general_settings.max_parallel_requests is that of deployments", "max_parallel_requests");
  }

  private void retries(Section litellm, Section router) {
    Long ofModule = litellm.integer("num_retries", 0);
    Long ofRouter = router.integer("num_retries", 0);
    Long retries = ofRouter == null ? ofModule : ofRouter;
    Double after = router.number("retry_after", 0);
    boolean waits = after != null && after > 0;
    if (waits && (retries == null || retries == 0)) {
      notes.lost("router_settings.retry_after", "num_retries is not given; see retries.base-delay");
    }
    if (retries == null) {
      return;
    }
    if (ofRouter != null && ofModule != null) {
      notes.lost("litellm_settings.num_retries", "router_settings.num_retries comes before it");
    }
    String path = ofRouter == null ? "litellm_settings" : "router_settings";
    if (retries > 0) {
      Map<String, Object> tree = new LinkedHashMap<>();
      tree.put("max", Math.min(retries, RelayHints.MAX_RETRIES));
      if (waits) {
        String delay = router.seconds("retry_after");
        tree.put("base-delay", delay);
        if (after > 5) {
          tree.put("max-delay", delay);
        }
      }
      this.tree.put("retries", tree);
      notes.changed(
          path + ".num_retries",
          "retries.max, of the same candidate; without it the next candidate serves at once");
    }
  }

  private void circuit(Section litellm, Section router) {
    Map<String, Object> circuit = new LinkedHashMap<>();
    Long ofModule = litellm.integer("allowed_fails", 0);
    Long ofRouter = router.integer("allowed_fails", 0);
    Long fails = ofRouter == null ? ofModule : ofRouter;
    String cooldown = router.seconds("cooldown_time");
    String ofModuleToo = litellm.seconds("cooldown_time");
    if (router.flag("disable_cooldowns")) {
      circuit.put("max-failures", NEVER);
    } else if (fails != null) {
      circuit.put("max-failures", Math.min(fails + 1, 1000));
      notes.changed(
          (ofRouter == null ? "litellm" : "router") + "_settings.allowed_fails",
          "circuit.max-failures; half of the outcomes must be failures as well"
              + " (circuit.failure-rate)");
    }
    if (cooldown != null || ofModuleToo != null) {
      circuit.put("reset-timeout", cooldown == null ? ofModuleToo : cooldown);
    }
    if (!circuit.isEmpty()) {
      tree.put("circuit", circuit);
    }
  }

  /** Reports the rest, the frequent keys with their reasons. */
  private void others(Section file, Section litellm, Section router, Section general) {
    file.section("environment_variables")
        .lost("set them in the environment of the relay", environment(file));
    file.lost(NO_GUARDRAILS, "guardrails", "policies");
    file.lost(
        OTHER_APIS,
        "mcp_servers",
        "mcp_tools",
        "agent_list",
        "vector_store_registry",
        "search_tools",
        "assistant_settings",
        "finetune_settings",
        "files_settings");
    file.lost("prompts are those of the callers", "prompts");
    file.lost("convert each of these files", "include");
    litellm.lost(
        OBSERVED,
        "callbacks",
        "success_callback",
        "failure_callback",
        "service_callbacks",
        "audit_log_callbacks");
    file.lost(OBSERVED, "callback_settings");
    litellm.lost(
        NO_CACHE, "cache", "cache_params", "enable_caching_on_provider_specific_optional_params");
    litellm.lost(PARAMETERS, "drop_params", "modify_params");
    litellm.lost("logging.level", "set_verbose");
    litellm.lost(NO_GUARDRAILS, "guardrails", "banned_keywords_list", "blocked_user_list");
    litellm.lost(OBSERVED, "langfuse_default_tags");
    litellm.lost(OTHER_APIS, "mcp_aliases");
    litellm.lost("the option -Djava.net.preferIPv4Stack=true of the JVM", "force_ipv4");
    litellm.lost("backends.*.tls has certificate and key", "ssl_certificate");
    litellm.lost(
        NO_DATABASE,
        "default_team_settings",
        "default_internal_user_params",
        "default_key_generate_params",
        "upperbound_key_generate_params",
        "key_generation_settings",
        "max_internal_user_budget",
        "internal_user_budget_duration",
        "max_end_user_budget",
        "max_user_budget");
    for (String key :
        List.of(
            "turn_off_message_logging",
            "redact_messages_in_exceptions",
            "redact_user_api_key_info")) {
      if (litellm.flag(key)) {
        notes.changed(litellm.path(key), NO_PROMPTS);
      }
    }
    router.lost(NO_CACHE, "cache_responses", "cache_kwargs", "caching_groups");
    router.lost(NODES, "redis_host", "redis_port", "redis_password", "redis_url", "redis_db");
    router.lost(NO_TAGS, "enable_tag_filtering", "tag_filtering_match_any");
    router.lost("each candidate of an alias may be tried; shorten its list", "max_fallbacks");
    router.lost("prefer has no settings of its own", "routing_strategy_args");
    router.lost(
        "the relay sends what the caller sends, and adds no parameters", "default_litellm_params");
    router.lost("affinity has no end", "deployment_affinity_ttl_seconds");
    router.lost("logging.level", "set_verbose", "debug_level");
    router.lost("conf/prometheus-alerts.yaml has alerts", "alerting_config");
    router.lost("gateway.keys.*.priority", "default_priority");
    router.lost(NO_GUARDRAILS, "guardrail_list");
    router.lost(
        "failures differ in what follows from them (docs/failure-policy.md)",
        "retry_policy",
        "allowed_fails_policy",
        "model_group_retry_policy");
    general.lost(
        NO_DATABASE,
        "database_url",
        "database_connection_pool_limit",
        "database_connection_timeout",
        "store_model_in_db",
        "allow_requests_on_db_unavailable",
        "disable_spend_logs",
        "disable_spend_updates",
        "disable_reset_budget",
        "store_prompts_in_spend_logs",
        "maximum_spend_logs_retention_period",
        "maximum_spend_logs_retention_interval",
        "proxy_batch_write_at",
        "proxy_budget_rescheduler_min_time",
        "proxy_budget_rescheduler_max_time",
        "supported_db_objects",
        "user_api_key_cache_ttl",
        "custom_key_generate",
        "use_redis_transaction_buffer");
    general.lost(
        "conf/prometheus-alerts.yaml has alerts, scripts/spend reports what was spent",
        "alerting",
        "alerting_threshold",
        "alerting_args",
        "alert_types",
        "alert_to_webhook_url",
        "spend_report_frequency");
    general.lost(
        "keys come from environment variables, or from files (backends.*.api-key-file)",
        "key_management_system",
        "key_management_settings",
        "use_azure_key_vault",
        "use_google_kms");
    general.lost(
        "a firewall or a proxy before the relay does that", "allowed_ips", "use_x_forwarded_for");
    general.lost(
        OTHER_APIS, "pass_through_endpoints", "image_generation_model", "moderation_model");
    general.lost("discover makes backends of keys in the environment", "infer_model_from_keys");
    general.lost(
        "callers' headers are not forwarded; backends.*.headers are sent with every request",
        "forward_client_headers_to_llm_api",
        "forward_openai_org_id");
    general.lost("latch.max-size limits what is held back of an answer", "max_response_size_mb");
    general.lost("the command key makes keys for gateway.keys", "custom_auth", "enable_jwt_auth");
    if (router.flag("enable_pre_call_checks")) {
      notes.changed(
          "router_settings.enable_pre_call_checks", "always: context windows are checked");
    }
    litellm.close();
    router.close();
    general.close();
    file.close();
  }

  private static String[] environment(Section file) {
    return file.value("environment_variables") instanceof Map<?, ?> map
        ? map.keySet().stream().map(String::valueOf).toArray(String[]::new)
        : new String[0];
  }

  private String render(String name) {
    StringBuilder out = new StringBuilder();
    out.append("# Converted from LiteLLM's ").append(name).append(".\n");
    comment(out, "Not converted:", notes.lost());
    comment(out, "Converted into something that differs:", notes.changed());
    out.append('\n');
    YAMLFactory yaml =
        YAMLFactory.builder()
            .enable(Feature.MINIMIZE_QUOTES)
            .enable(Feature.ALWAYS_QUOTE_NUMBERS_AS_STRINGS)
            .disable(Feature.WRITE_DOC_START_MARKER)
            .disable(Feature.SPLIT_LINES)
            .build();
    try {
      return out.append(new ObjectMapper(yaml).writeValueAsString(tree)).toString();
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("maps, lists and scalars can be written", e);
    }
  }

  private static void comment(StringBuilder out, String head, List<String> lines) {
    if (!lines.isEmpty()) {
      out.append("#\n# ").append(head).append('\n');
      lines.forEach(line -> out.append("#   ").append(line.replaceAll("\\R", " ")).append('\n'));
    }
  }
}
