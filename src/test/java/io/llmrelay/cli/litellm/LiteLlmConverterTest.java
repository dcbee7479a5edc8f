package io.llmrelay.cli.litellm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.llmrelay.LlmRelay;
import io.llmrelay.RelayVerticle;
import io.llmrelay.chat.Attempt;
import io.llmrelay.chat.CandidateName;
import io.llmrelay.chat.ChatCompletion;
import io.llmrelay.chat.ChatMessage;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.RelayHints.Prefer;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.config.BudgetOptions;
import io.llmrelay.config.CandidateOptions;
import io.llmrelay.config.GatewayKeyOptions;
import io.llmrelay.config.RelayOptions;
import io.llmrelay.junit5.SandboxExtension;
import io.llmrelay.sandbox.Scenario;
import io.vertx.core.Vertx;
import io.vertx.junit5.VertxExtension;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(VertxExtension.class)
class LiteLlmConverterTest {
  @RegisterExtension
  static final SandboxExtension llm = new SandboxExtension().backend("one").backend("two");

  @TempDir private Path folder;

  private static String convert(String text) {
    return Converted.yaml(text);
  }

  private RelayOptions read(String yaml) {
    return Converted.read(yaml, folder);
  }

  private RelayOptions converted(String text) {
    return read(convert(text));
  }

  private static String comments(String yaml) {
    return Converted.comments(yaml);
  }

  private static Map<String, List<String>> aliases(RelayOptions options) {
    return Converted.aliases(options);
  }

  @Test
  void deploymentsOfOneNameAreTheCandidatesOfAnAlias() {
    RelayOptions options =
        converted(
            """
            model_list:
              - model_name: chat
                litellm_params:
                  model: azure/chat-eu
                  api_base: https://eu.openai.azure.com/
                  api_key: os.environ/AZURE_KEY_EU
                  api_version: "2024-10-21"
              - model_name: chat
                litellm_params: {model: gpt-4o, api_key: os.environ/OPENAI_API_KEY}
              - model_name: small
                litellm_params: {model: openai/gpt-4o-mini, api_key: os.environ/OPENAI_API_KEY}
            """);
    assertThat(aliases(options))
        .containsOnly(
            Map.entry("chat", List.of("azure/chat-eu", "openai/gpt-4o")),
            Map.entry("small", List.of("openai/gpt-4o-mini")));
    assertThat(options.getBackends()).containsOnlyKeys("azure", "openai");
    BackendOptions azure = options.getBackends().get("azure");
    assertThat(azure.getBaseUrl()).isEqualTo("https://eu.openai.azure.com/openai/v1");
    assertThat(azure.getProvider()).isEqualTo("azure");
    assertThat(options.getBackends().get("openai").getModels())
        .containsExactly("gpt-4o", "gpt-4o-mini");
    assertThat(options.getGateway().getPort()).isEqualTo(4000);
  }

  @ParameterizedTest
  @CsvSource({
    "groq/llama-3.3-70b-versatile, groq, openai, llama-3.3-70b-versatile",
    "claude-sonnet-4-5, anthropic, anthropic, claude-sonnet-4-5",
    "bedrock/converse/anthropic.claude-3-haiku-20240307-v1:0, bedrock, bedrock,"
        + " anthropic.claude-3-haiku-20240307-v1:0",
    "gemini/gemini-2.5-flash, gemini, gemini, gemini-2.5-flash",
    "cohere_chat/command-r, cohere, cohere, command-r",
    "ollama_chat/llama3.1, ollama, ollama, llama3.1",
    "openai/responses/gpt-5-pro, openai, openai-responses, gpt-5-pro",
    "openrouter/meta-llama/llama-3.3-70b, openrouter, openai, meta-llama/llama-3.3-70b",
    "nvidia_nim/meta/llama3-70b, nvidia, openai, meta/llama3-70b",
    "azure/my-deployment, azure, openai, my-deployment",
    "hosted_vllm/my-model, vllm, openai, my-model",
    "cloudflare/@cf/meta/llama-3, cloudflare, cloudflare, @cf/meta/llama-3",
    "together_ai/meta-llama/Llama-3, together, openai, meta-llama/Llama-3",
    "text-embedding-3-small, openai, openai, text-embedding-3-small"
  })
  void aPrefixNamesTheBackend(String model, String backend, String dialect, String id) {
    RelayOptions options =
        converted("model_list: [{model_name: m, litellm_params: {model: \"" + model + "\"}}]");
    assertThat(options.getBackends()).containsOnlyKeys(backend);
    assertThat(options.getBackends().get(backend).getDialect()).isEqualTo(dialect);
    assertThat(options.getBackends().get(backend).getModels()).containsExactly(id);
    assertThat(options.resolve(aliases(options).get("m").get(0)))
        .isEqualTo(new CandidateName(backend, id));
  }

  @Test
  void serversWithOpenAisApiHaveTheirOwnUrlAndNoKeyOfOpenAi() {
    String yaml =
        convert(
            """
            model_list:
              - model_name: local
                litellm_params: {model: openai/my-model, api_base: "http://127.0.0.1:8000/v1/"}
              - model_name: other
                litellm_params:
                  model: openai/my-model
                  api_base: https://llm.example/v1
                  api_key: my-key
                  organization: org-1
                  extra_headers: {x-team: search, "not a header": x}
            """);
    RelayOptions options = read(yaml);
    BackendOptions local = options.getBackends().get("openai-compatible");
    assertThat(local.getBaseUrl()).isEqualTo("http://127.0.0.1:8000/v1");
    assertThat(local.getApiKey()).isNull();
    assertThat(options.getBackends().get("openai-compatible-2").getHeaders())
        .containsOnly(Map.entry("x-team", "search"), Map.entry("OpenAI-Organization", "org-1"));
    assertThat(comments(yaml))
        .contains("model_list[0].litellm_params.api_key: absent: no key is sent")
        .contains("model_list[1].litellm_params.extra_headers: has a header that HTTP");
  }

  /** The model openai/gpt-4o of OpenRouter is not the model gpt-4o of a backend named openai. */
  @Test
  void candidatesAreTheDeploymentsAlsoWhereNamesCoincide() {
    RelayOptions options =
        converted(
            """
            model_list:
              - {model_name: a, litellm_params: {model: openrouter/openai/gpt-4o}}
              - {model_name: b, litellm_params: {model: openai/gpt-4o}}
            """);
    assertThat(options.resolve(aliases(options).get("a").get(0)))
        .isEqualTo(new CandidateName("openrouter", "openai/gpt-4o"));
    assertThat(options.resolve(aliases(options).get("b").get(0)))
        .isEqualTo(new CandidateName("openai-2", "gpt-4o"));
  }

  @Test
  void limitsMakeABackendOfTheirOwn() {
    RelayOptions options =
        converted(
            """
            model_list:
              - {model_name: a, litellm_params: {model: gpt-4o, rpm: 6, max_parallel_requests: 3}}
              - {model_name: a, litellm_params: {model: gpt-4o}, tpm: 20000}
              - model_name: b
                litellm_params: {model: gpt-4o, max_budget: 5, budget_duration: 1d}
            """);
    assertThat(aliases(options).get("a")).containsExactly("openai/gpt-4o", "openai-2/gpt-4o");
    BudgetOptions first = options.getBackends().get("openai").getBudget();
    assertThat(first.getRequestsPerMinute()).isEqualTo(6);
    assertThat(options.getBackends().get("openai").getMaxConnections()).isEqualTo(3);
    assertThat(options.getBackends().get("openai-2").getBudget().getTokensPerMinute())
        .isEqualTo(20_000);
    assertThat(options.getBackends().get("openai-3").getBudget().getDailyUsd()).isEqualTo(5.0);
  }

  @Test
  void orderComesBeforeThePlaceInTheFile() {
    RelayOptions options =
        converted(
            """
            model_list:
              - {model_name: a, litellm_params: {model: gpt-4o, order: 2}}
              - {model_name: a, litellm_params: {model: groq/m}}
              - {model_name: a, litellm_params: {model: claude-x, order: 1}}
            """);
    assertThat(aliases(options).get("a"))
        .containsExactly("anthropic/claude-x", "openai/gpt-4o", "groq/m");
  }

  /** Each order is a tier, and so is each fallback; weights and, failing them, rpm are shares. */
  @Test
  void requestsAreSpreadAsLiteLlmDoes() {
    RelayOptions options =
        converted(
            """
            model_list:
              - {model_name: a, litellm_params: {model: gpt-4o, order: 1, weight: 0.8}}
              - {model_name: a, litellm_params: {model: claude-x, order: 1, weight: 0.2}}
              - {model_name: a, litellm_params: {model: groq/m, order: 2}}
              - {model_name: b, litellm_params: {model: gpt-5, rpm: 60}}
              - {model_name: b, litellm_params: {model: xai/g, rpm: 600}}
            router_settings: {fallbacks: [{a: [b]}]}
            """);
    assertThat(options.getPrefer()).isEqualTo(Prefer.WEIGHT);
    assertThat(options.getAliases().get("a").getCandidates())
        .extracting(
            CandidateOptions::getCandidate, CandidateOptions::getWeight, CandidateOptions::getTier)
        .containsExactly(
            tuple("openai/gpt-4o", 80, 1),
            tuple("anthropic/claude-x", 20, 1),
            tuple("groq/m", 100, 2),
            tuple("openai-2/gpt-5", 60, 3),
            tuple("xai/g", 600, 3));
  }

  @ParameterizedTest
  @CsvSource({
    "simple-shuffle, WEIGHT",
    "least-busy, LEAST_BUSY",
    "usage-based-routing-v2, LEAST_BUSY",
    "latency-based-routing, LOWEST_LATENCY",
    "cost-based-routing, COST",
    "a-new-one, ORDER"
  })
  void aStrategyIsAPreference(String strategy, Prefer prefer) {
    RelayOptions options =
        converted(
            "{model_list: [{model_name: a, litellm_params: {model: gpt-4o}}],"
                + " router_settings: {routing_strategy: "
                + strategy
                + "}}");
    assertThat(options.getPrefer()).isEqualTo(prefer);
  }

  @Test
  void fallbacksFollowTheCandidates() {
    String yaml =
        convert(
            """
            model_list:
              - {model_name: a, litellm_params: {model: gpt-4o}}
              - {model_name: b, litellm_params: {model: claude-x}}
              - {model_name: c, litellm_params: {model: groq/m}, model_info: {id: the-one}}
              - {model_name: "mistral/*", litellm_params: {model: "mistral/*"}}
            litellm_settings:
              fallbacks: [{a: [b, missing]}]
              context_window_fallbacks: [{a: [the-one]}]
              content_policy_fallbacks: [{a: [c]}]
              default_fallbacks: [mistral/large]
            router_settings:
              model_group_alias: {A: a, hidden: {model: b, hidden: true}}
            """);
    RelayOptions options = read(yaml);
    assertThat(aliases(options))
        .containsOnly(
            Map.entry("a", List.of("openai/gpt-4o", "anthropic/claude-x", "groq/m")),
            Map.entry("b", List.of("anthropic/claude-x", "mistral/large")),
            Map.entry("c", List.of("groq/m", "mistral/large")),
            Map.entry("A", List.of("openai/gpt-4o", "anthropic/claude-x", "groq/m")),
            Map.entry("hidden", List.of("anthropic/claude-x", "mistral/large")));
    assertThat(options.getBackends().get("mistral").getModels()).isEmpty();
    assertThat(comments(yaml))
        .contains("litellm_settings.fallbacks: \"missing\" names none")
        .contains("litellm_settings.content_policy_fallbacks: a request whose content is refused")
        .contains("litellm_settings.context_window_fallbacks: candidates after the others")
        .contains("router_settings.model_group_alias.hidden: is listed");
  }

  @Test
  void aNameWithoutDeploymentsKeepsItsFallbacks() {
    String yaml =
        convert(
            """
            model_list:
              - {model_name: a, litellm_params: {model: replicate/x}}
              - {model_name: b, litellm_params: {model: azure/, api_base: "https://eu.example"}}
              - {model_name: c, litellm_params: {model: gpt-4o}}
            router_settings: {fallbacks: [{a: [c]}, {b: [missing]}]}
            """);
    assertThat(aliases(read(yaml)))
        .containsOnly(
            Map.entry("c", List.of("openai/gpt-4o")), Map.entry("a", List.of("openai/gpt-4o")));
    assertThat(comments(yaml))
        .contains("router_settings.fallbacks: \"a\" has only its fallbacks left")
        .contains("model_list[1].litellm_params.model: names no model");
  }

  @Test
  void theKeyOfAProvidersOwnVariableIsNotAnotherAccount() {
    RelayOptions options =
        converted(
            """
            model_list:
              - {model_name: a, litellm_params: {model: gpt-4o}}
              - {model_name: b, litellm_params: {model: gpt-5, api_key: os.environ/OPENAI_API_KEY}}
              - {model_name: c, litellm_params: {model: gpt-5, api_key: os.environ/OTHER}}
            """);
    assertThat(options.getBackends()).containsOnlyKeys("openai", "openai-2");
    assertThat(options.getBackends().get("openai").getModels()).containsExactly("gpt-4o", "gpt-5");
  }

  @Test
  void settingsOfTheRouterHaveTheirCounterparts() {
    RelayOptions options =
        converted(
            """
            model_list: [{model_name: a, litellm_params: {model: gpt-4o}}]
            litellm_settings: {num_retries: 3, request_timeout: 600, json_logs: true}
            router_settings:
              routing_strategy: cost-based-routing
              num_retries: 2
              timeout: 30
              stream_timeout: 0.5
              allowed_fails: 3
              cooldown_time: 45
            general_settings: {completion_model: a, global_max_parallel_requests: 50}
            """);
    assertThat(options.getPrefer()).isEqualTo(Prefer.COST);
    assertThat(options.getRetries().getMax()).isEqualTo(2);
    assertThat(options.getTimeouts().total()).isEqualTo(Duration.ofSeconds(30));
    assertThat(options.getTimeouts().firstChunk()).isEqualTo(Duration.ofMillis(500));
    assertThat(options.getCircuit().getMaxFailures()).isEqualTo(4);
    assertThat(options.getCircuit().getResetTimeout()).isEqualTo(Duration.ofSeconds(45));
    assertThat(options.getFallback()).containsExactly("a");
    assertThat(options.getMaxRequests()).isEqualTo(50);
  }

  @Test
  void disabledCooldownsAreCircuitsThatNeverOpen() {
    RelayOptions options =
        converted(
            """
            model_list: [{model_name: a, litellm_params: {model: gpt-4o}}]
            router_settings: {disable_cooldowns: true, allowed_fails: 3}
            """);
    assertThat(options.getCircuit().getMaxFailures()).isGreaterThan(1000);
  }

  @Test
  void pricesAreEntriesOfTheCatalogue() {
    RelayOptions options =
        converted(
            """
            model_list:
              - model_name: a
                litellm_params: {model: openai/mine, api_base: "http://127.0.0.1:1/v1", api_key: x}
                model_info:
                  input_cost_per_token: 0.00000015
                  output_cost_per_token: 6e-7
                  max_input_tokens: 32768
                  max_output_tokens: 4096
            """);
    assertThat(options.getCatalog()).hasSize(1);
    assertThat(options.getCatalog().get(0).provider()).isEqualTo("openai-compatible");
    assertThat(options.getCatalog().get(0).contextWindow()).isEqualTo(32_768);
    assertThat(options.getCatalog().get(0).price().input()).isEqualTo(0.15);
    assertThat(options.getCatalog().get(0).price().output()).isEqualTo(0.6);
  }

  @Test
  void theMasterKeyIsAKeyOfTheGateway() {
    String models = "model_list: [{model_name: a, litellm_params: {model: gpt-4o}}]\n";
    String secret = "sk-a-master-key-of-enough-length";
    String hashed = convert(models + "general_settings: {master_key: " + secret + "}");
    assertThat(hashed).doesNotContain(secret);
    assertThat(read(hashed).getGateway().getKeys().get("master").getSha256())
        .isEqualTo(GatewayKeyOptions.sha256(secret));
    String variable = convert(models + "general_settings: {master_key: os.environ/MASTER}");
    assertThat(read(variable).getGateway().getKeys()).containsOnlyKeys("master");
    String tooShort = convert(models + "general_settings: {master_key: sk-1234}");
    assertThat(read(tooShort).getGateway().getKeys()).isEmpty();
    assertThat(comments(tooShort)).contains("general_settings.master_key: is shorter than 20");
    assertThat(tooShort).doesNotContain("sk-1234");
  }

  @Test
  void credentialsAreThoseOfTheirList() {
    RelayOptions options =
        converted(
            """
            model_list:
              - {model_name: a, litellm_params: {model: azure/d, litellm_credential_name: eu}}
            credential_list:
              - credential_name: eu
                credential_values: {api_key: os.environ/KEY, api_base: "https://eu.example"}
                credential_info: {description: x}
            """);
    assertThat(options.getBackends().get("azure").getBaseUrl())
        .isEqualTo("https://eu.example/openai/v1");
  }

  @Test
  void aRegionIsPartOfBedrocksUrl() {
    RelayOptions options =
        converted(
            """
            model_list:
              - {model_name: a, litellm_params: {model: bedrock/m, aws_region_name: us-west-2}}
              - model_name: a
                litellm_params: {model: bedrock/m, aws_region_name: os.environ/REGION}
            """);
    assertThat(aliases(options).get("a")).containsExactly("bedrock/m", "bedrock-2/m");
    assertThat(options.getBackends().get("bedrock").getBaseUrl())
        .isEqualTo("https://bedrock-runtime.us-west-2.amazonaws.com");
    assertThat(options.getBackends().get("bedrock-2").getBaseUrl())
        .isEqualTo("https://bedrock-runtime.eu-west-1.amazonaws.com");
  }

  @Test
  void everyProviderIsDiscovered() {
    RelayOptions options =
        converted("model_list: [{model_name: \"*\", litellm_params: {model: \"*\"}}]");
    assertThat(options.getBackends()).containsKeys("openai", "anthropic", "bedrock");
  }

  /** Every key of the file is either converted or named, with its path and never with its value. */
  @Test
  void whatIsNotConvertedIsNamed() {
    String yaml =
        convert(
            """
            model_list:
              - model_name: a
                litellm_params: {model: gpt-4o, temperature: 0.2, weight: 3, secret_thing: hush}
                model_info: {mode: chat, base_model: x}
                unheard_of: hush
              - {model_name: a, litellm_params: {model: claude-x, temperature: 0.2}}
              - {model_name: i, litellm_params: {model: dall-e-3}, model_info: {mode: image_generation}}
              - {model_name: v, litellm_params: {model: vertex_ai/gemini-pro, vertex_project: hush}}
              - {model_name: u, litellm_params: {model: azure/d, api_base: <your endpoint>}}
            litellm_settings: {cache: true, callbacks: [otel], drop_params: true, a_new_one: hush}
            router_settings: {redis_host: hush, retry_policy: {x: 1}, num_retries: many}
            general_settings: {database_url: hush, alerting: [slack], another: [hush]}
            guardrails: [{guardrail_name: hush}]
            environment_variables: {REDIS_PASSWORD: hush}
            mcp_servers: {x: {url: hush}}
            """);
    assertThat(comments(yaml).lines().map(line -> line.replaceFirst("^# *", "")))
        .anyMatch(line -> line.startsWith("model_list[0, 1].litellm_params.temperature: "))
        .contains(
            "model_list[0].litellm_params.secret_thing: has no counterpart",
            "model_list[0].model_info.base_model: the built-in catalogue has no such model; give"
                + " its price under catalog",
            "model_list[0].unheard_of: has no counterpart",
            "model_list[4].litellm_params.api_base: is no http or https URL; the deployment is left"
                + " out",
            "litellm_settings.a_new_one: has no counterpart",
            "general_settings.another: has no counterpart")
        .anyMatch(line -> line.startsWith("mcp_servers: the relay serves chat completions"))
        .anyMatch(line -> line.startsWith("model_list[2].model_info.mode: is neither chat"))
        .anyMatch(line -> line.startsWith("model_list[3].litellm_params.model: the relay knows no"))
        .anyMatch(line -> line.startsWith("litellm_settings.cache: answers are not cached"))
        .anyMatch(line -> line.startsWith("litellm_settings.callbacks: the relay has hooks"))
        .anyMatch(line -> line.startsWith("router_settings.redis_host: nodes share"))
        .anyMatch(line -> line.startsWith("router_settings.num_retries: is not a number"))
        .anyMatch(line -> line.startsWith("general_settings.database_url: the relay has no"))
        .anyMatch(line -> line.startsWith("guardrails: there are no guardrails"))
        .anyMatch(line -> line.startsWith("environment_variables.REDIS_PASSWORD: set them in"));
    assertThat(yaml).doesNotContain("hush");
    assertThat(read(yaml).getAliases()).containsOnlyKeys("a");
  }

  @ParameterizedTest
  @CsvSource({
    "'{}', has no model_list",
    "'- a', has no model_list",
    "'a: [', line 1 is no YAML",
    "'a: !!java.net.URL [x]', line 1 is no YAML"
  })
  void refusesWhatIsNoSuchFile(String text, String message) {
    assertThatThrownBy(() -> convert(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(message);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "model_list:",
        "model_list: text",
        "model_list: [text, 1, null, {}]",
        "model_list: [{model_name: a}]",
        "model_list: [{model_name: a, litellm_params: [1]}]",
        "model_list: [{model_name: a, litellm_params: {model: [gpt-4o]}}]",
        "{model_list: [], litellm_settings: text, router_settings: [1], general_settings: 3}",
        "{model_list: [], router_settings: {fallbacks: {a: b}, model_group_alias: [x]}}",
        "{model_list: [], litellm_settings: {fallbacks: [a, {b: c}, {d: [1]}]}}",
        "{model_list: [{model_name: a, litellm_params: {model: \"gpt-4o\", api_key: \"${X\"}}]}"
      })
  void mistakesAreNamedAndDoNotStopIt(String text) {
    String yaml = convert(text);
    assertThat(read(yaml)).isNotNull();
  }

  /** The whole way: a file as LiteLLM has it, a relay, and an outage of the first deployment. */
  @Test
  void theFallbackServesWhileTheFirstDeploymentIsDown(Vertx vertx) {
    llm.script("one", Scenario.http(503));
    RelayOptions options =
        converted(
            """
            model_list:
              - model_name: chat
                litellm_params: {model: openai/big, api_base: "%s", api_key: none}
              - model_name: spare
                litellm_params: {model: openai/small, api_base: "%s", api_key: none}
            router_settings: {fallbacks: [{chat: [spare]}]}
            """
                .formatted(llm.url("one"), llm.url("two")));
    vertx.deployVerticle(new RelayVerticle(options.setGateway(null))).await();
    ChatCompletion answer =
        LlmRelay.create(vertx)
            .generate(ChatRequest.of(ChatMessage.user("Hello")).withModel("chat"))
            .await();
    assertThat(answer.trail()).extracting(Attempt::model).containsExactly("big", "small");
    assertThat(llm.lastCall("two").model()).isEqualTo("small");
  }
}
