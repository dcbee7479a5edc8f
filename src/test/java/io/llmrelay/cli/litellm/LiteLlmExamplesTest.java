package io.llmrelay.cli.litellm;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.LlmRelay;
import io.llmrelay.RelayVerticle;
import io.llmrelay.catalog.Catalog;
import io.llmrelay.catalog.Model;
import io.llmrelay.chat.Affinity;
import io.llmrelay.chat.ChatMessage;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.config.AliasOptions;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.config.ModelOptions;
import io.llmrelay.config.ProbeOptions;
import io.llmrelay.config.RelayOptions;
import io.vertx.core.Vertx;
import io.vertx.junit5.VertxExtension;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Files of the form of the examples on the pages of LiteLLM's documentation that are named. */
@ExtendWith(VertxExtension.class)
class LiteLlmExamplesTest {
  private static final String ONE =
      "model_list: [{model_name: a, litellm_params: {model: gpt-4o}}]\n";

  @TempDir private Path folder;

  private RelayOptions converted(String text) {
    return Converted.read(Converted.yaml(text), folder);
  }

  private static String comments(String text) {
    return Converted.comments(Converted.yaml(text));
  }

  /** docs/traffic_mirroring. */
  @Test
  void aSilentModelGetsCopies() {
    RelayOptions options =
        converted(
            """
            model_list:
              - model_name: primary-model
                litellm_params:
                  model: azure/small
                  api_base: https://eu.example
                  api_key: os.environ/AZURE_API_KEY
                  silent_model: evaluation-model
              - model_name: evaluation-model
                litellm_params: {model: openai/gpt-4o, api_key: os.environ/OPENAI_API_KEY}
            """);
    AliasOptions alias = options.getAliases().get("primary-model");
    assertThat(alias.getShadow().getCandidate()).isEqualTo("openai/gpt-4o");
    assertThat(alias.getShadow().getShare()).isEqualTo(1);
    assertThat(options.getAliases().get("evaluation-model").getShadow()).isNull();
    assertThat(comments(ONE.replace("gpt-4o", "gpt-4o, silent_model: missing")))
        .contains("silent_model of \"a\" names none");
  }

  /** docs/proxy/provider_budget_routing. */
  @Test
  void budgetsOfProvidersAreThoseOfTheirBackends() {
    String text =
        """
        model_list:
          - {model_name: a, litellm_params: {model: openai/gpt-4o}}
          - {model_name: a, litellm_params: {model: openai/gpt-4o, rpm: 10}}
          - {model_name: b, litellm_params: {model: anthropic/claude-x}}
        router_settings:
          provider_budget_config:
            openai: {budget_limit: 100, time_period: 1d}
            anthropic: {max_budget: 250, budget_duration: 30d}
            azure: {budget_limit: 100, time_period: 1d}
            gemini: {budget_limit: 100, time_period: 12d}
        """;
    RelayOptions options = converted(text);
    BackendOptions limited = options.getBackends().get("openai-2");
    assertThat(options.getBackends().get("openai").getBudget().getDailyUsd()).isEqualTo(100);
    assertThat(limited.getBudget().getDailyUsd()).isEqualTo(100);
    assertThat(limited.getBudget().getRequestsPerMinute()).isEqualTo(10);
    assertThat(options.getBackends().get("anthropic").getBudget().getMonthlyUsd()).isEqualTo(250);
    assertThat(comments(text))
        .contains("provider_budget_config.openai: daily-usd of each of its backends")
        .contains("provider_budget_config.azure: no deployment is at this provider")
        .contains("provider_budget_config.gemini: is neither of a day nor of a month");
  }

  /** docs/proxy/users: the budget of the whole proxy. */
  @Test
  void theBudgetOfTheProxyIsThatOfItsKey() {
    String budget = ONE + "litellm_settings: {max_budget: 12.5, budget_duration: 30d}\n";
    RelayOptions options = converted(budget + "general_settings: {master_key: os.environ/KEY}");
    assertThat(options.getGateway().getKeys().get("master").getBudget().getMonthlyUsd())
        .isEqualTo(12.5);
    assertThat(comments(budget)).contains("litellm_settings.max_budget: there is no key to limit");
  }

  /** docs/proxy/health. */
  @Test
  void healthChecksAreProbes() {
    RelayOptions options =
        converted(
            ONE + "general_settings: {background_health_checks: true, health_check_interval: 90}");
    ProbeOptions probe = options.getBackends().get("openai").getProbe();
    assertThat(probe.getInterval()).isEqualTo(Duration.ofSeconds(90));
    assertThat(comments(ONE + "general_settings: {health_check_interval: 90}"))
        .contains("health_check_interval: background_health_checks is off");
  }

  @ParameterizedTest
  @CsvSource({
    "router_settings: {default_max_parallel_requests: 20}",
    "general_settings: {max_parallel_requests: 20}"
  })
  void parallelRequestsOfDeploymentsAreConnections(String setting) {
    String two =
        ONE.replace(
            "]",
            ", {model_name: b, litellm_params: {model: groq/m," + " max_parallel_requests: 3}}]");
    RelayOptions options = converted(two + setting);
    assertThat(options.getBackends().get("openai").getMaxConnections()).isEqualTo(20);
    assertThat(options.getBackends().get("groq").getMaxConnections()).isEqualTo(3);
  }

  /** docs/proxy/custom_pricing and docs/proxy/cost_tracking: the model behind a deployment. */
  @Test
  void theBaseModelIsThatOfTheCatalogue() {
    RelayOptions options =
        converted(
            """
            model_list:
              - model_name: a
                litellm_params: {model: azure/my-deployment, api_base: "https://eu.example"}
                model_info: {base_model: azure/gpt-4o-mini}
            """);
    Model known = Catalog.builtIn().find("openai", "gpt-4o-mini").orElseThrow();
    ModelOptions entry = options.getCatalog().get(0);
    assertThat(entry.id()).isEqualTo("my-deployment");
    assertThat(entry.provider()).isEqualTo("azure");
    assertThat(entry.contextWindow()).isEqualTo(known.contextWindow());
    assertThat(entry.price().input()).isEqualTo(known.price().input());
    assertThat(entry.price().output()).isEqualTo(known.price().output());
  }

  @Test
  void pricesOfLongPromptsAreTiers() {
    RelayOptions options =
        converted(
            """
            model_list:
              - model_name: a
                litellm_params: {model: gemini/some-pro}
                model_info:
                  input_cost_per_token: 1.25e-6
                  output_cost_per_token: 1e-5
                  input_cost_per_token_above_200k_tokens: 2.5e-6
                  output_cost_per_token_above_200k_tokens: 1.5e-5
                  supports_function_calling: true
                  supports_vision: false
            """);
    ModelOptions entry = options.getCatalog().get(0);
    assertThat(entry.price().tiers())
        .singleElement()
        .satisfies(
            tier -> {
              assertThat(tier.fromInputTokens()).isEqualTo(200_001);
              assertThat(tier.input()).isEqualTo(2.5);
              assertThat(tier.output()).isEqualTo(15);
            });
    assertThat(entry.capabilities()).contains("tools").doesNotContain("vision", "embeddings");
  }

  /** docs/routing: waits before retries. */
  @Test
  void retriesWait() {
    RelayOptions options = converted(ONE + "router_settings: {num_retries: 2, retry_after: 8}");
    assertThat(options.getRetries().getBaseDelay()).isEqualTo(Duration.ofSeconds(8));
    assertThat(options.getRetries().getMaxDelay()).isEqualTo(Duration.ofSeconds(8));
    assertThat(comments(ONE + "router_settings: {retry_after: 8}"))
        .contains("router_settings.retry_after: num_retries is not given");
  }

  /** docs/response_api and docs/proxy/prompt_caching. */
  @Test
  void checksBeforeTheCallKeepConversations() {
    String text =
        ONE
            + "router_settings: {optional_pre_call_checks: [prompt_caching,"
            + " router_budget_limiting, deployment_affinity, a_new_one]}";
    assertThat(converted(text).getAffinity()).containsExactly(Affinity.SESSION, Affinity.MESSAGES);
    assertThat(comments(text))
        .contains("optional_pre_call_checks: always: budgets and limits hold")
        .contains("optional_pre_call_checks: affinity keeps a conversation in one place, not all")
        .contains("optional_pre_call_checks: has an entry without a counterpart");
  }

  /** docs/guides/security_settings. */
  @Test
  void anAuthorityOfOnesOwnIsTrusted() {
    String yaml =
        Converted.yaml(
            """
            model_list:
              - {model_name: a, litellm_params: {model: gpt-4o}}
              - {model_name: b, litellm_params: {model: ollama/m, api_base: "http://127.0.0.1:1"}}
            litellm_settings: {ssl_verify: /etc/ca.pem}
            """);
    assertThat(yaml).containsOnlyOnce("ca: /etc/ca.pem");
    assertThat(comments(ONE + "litellm_settings: {ssl_verify: false}"))
        .contains("litellm_settings.ssl_verify: certificates are always verified");
  }

  /** docs/wildcard_routing: a name for all models of a provider, beside one for all others. */
  @Test
  void wildcardsAreBackendsThatServeAnyModel(Vertx vertx) {
    RelayOptions options =
        converted(
            """
            model_list:
              - {model_name: "xai/*", litellm_params: {model: "xai/*", api_key: os.environ/XAI_API_KEY}}
              - {model_name: "*", litellm_params: {model: "openai/*", api_key: os.environ/OPENAI_API_KEY}}
            """);
    assertThat(options.getBackends()).containsOnlyKeys("xai", "openai");
    assertThat(options.getBackends().values()).allMatch(backend -> backend.getModels().isEmpty());
    vertx.deployVerticle(new RelayVerticle(options.setGateway(null))).await();
    assertThat(candidates(vertx, "gpt-4o")).containsExactly("openai/gpt-4o");
    assertThat(candidates(vertx, "xai/grok-9")).startsWith("xai/grok-9");
  }

  private static List<String> candidates(Vertx vertx, String model) {
    ChatRequest request = ChatRequest.of(ChatMessage.user("Hello")).withModel(model);
    return LlmRelay.create(vertx).plan(request).await().candidates().stream()
        .map(entry -> entry.backend() + "/" + entry.model())
        .toList();
  }

  /** docs/proxy/load_balancing: every setting on one page. */
  @Test
  void deploymentsWithLimitsFallBackToALargerWindow() {
    String text =
        """
        model_list:
          - model_name: chat
            litellm_params:
              model: azure/<deployment>
              api_base: os.environ/AZURE_API_BASE
              api_key: os.environ/AZURE_API_KEY
              rpm: 6
          - model_name: chat
            litellm_params: {model: azure/canada, api_base: "https://ca.example", rpm: 60, tpm: 9000}
          - model_name: long
            litellm_params: {model: anthropic/claude-x, api_key: os.environ/ANTHROPIC_API_KEY}
        litellm_settings:
          num_retries: 3
          request_timeout: 10
          fallbacks: [{"chat": ["long"]}]
          context_window_fallbacks: [{"chat": ["long"]}]
          allowed_fails: 3
        router_settings:
          routing_strategy: simple-shuffle
          model_group_alias: {"gpt-4": "chat"}
          redis_host: <your redis host>
          enable_pre_call_checks: true
        """;
    RelayOptions options = converted(text);
    assertThat(Converted.aliases(options).get("chat"))
        .containsExactly("azure/<deployment>", "azure-2/canada", "anthropic/claude-x");
    assertThat(Converted.aliases(options).get("gpt-4"))
        .isEqualTo(Converted.aliases(options).get("chat"));
    assertThat(options.getAliases().get("chat").getCandidates().get(1).getWeight()).isEqualTo(60);
    assertThat(options.getCircuit().getMaxFailures()).isEqualTo(4);
    assertThat(options.getTimeouts().total()).isEqualTo(Duration.ofSeconds(10));
  }

  /** What the relay does not have is named with what to do instead, key by key. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          guardrails: [{guardrail_name: x}]                          | guardrails: there are no guardrails; check prompts and answers in the application
          litellm_settings: {guardrails: [{x: {}}]}                  | litellm_settings.guardrails: there are no guardrails; check
          litellm_settings: {cache: true, cache_params: {ttl: 1}}    | litellm_settings.cache_params: answers are not cached, applications may do so
          router_settings: {cache_responses: true}                   | router_settings.cache_responses: answers are not cached
          router_settings: {enable_tag_filtering: true}              | router_settings.enable_tag_filtering: requests choose by their model, or by relay.candidates
          router_settings: {content_policy_fallbacks: [{a: [a]}]}    | router_settings.content_policy_fallbacks: a request whose content is refused is not sent
          router_settings: {max_fallbacks: 3}                        | router_settings.max_fallbacks: each candidate of an alias may be tried
          router_settings: {allowed_fails_policy: {x: 1}}            | router_settings.allowed_fails_policy: failures differ in what follows from them
          litellm_settings: {upperbound_key_generate_params: {x: 1}} | litellm_settings.upperbound_key_generate_params: the relay has no database; gateway.keys
          litellm_settings: {turn_off_message_logging: true}         | litellm_settings.turn_off_message_logging: always: no log, event or metric has prompts
          general_settings: {key_management_system: google_kms}      | general_settings.key_management_system: keys come from environment variables, or from files
          general_settings: {pass_through_endpoints: [x]}            | general_settings.pass_through_endpoints: the relay serves chat completions
          general_settings: {custom_auth: x.y}                       | general_settings.custom_auth: the command key makes keys
          vector_store_registry: [x]                                 | vector_store_registry: the relay serves chat completions
          """)
  void whatIsNamedSaysWhatToDoInstead(String setting, String comment) {
    assertThat(comments(ONE + setting)).contains(comment);
    assertThat(converted(ONE + setting).getAliases()).containsOnlyKeys("a");
  }
}
