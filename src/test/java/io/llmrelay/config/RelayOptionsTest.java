package io.llmrelay.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmrelay.chat.CommitPoint;
import io.llmrelay.chat.RelayHints.Prefer;
import io.llmrelay.chat.Timeouts;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RelayOptionsTest {
  private static final Map<String, String> NO_ENV = Map.of();

  private static BackendOptions local() {
    return new BackendOptions().setDialect("openai").setBaseUrl("http://localhost:1/v1");
  }

  private static RelayOptions full() {
    return new RelayOptions()
        .setGateway(new GatewayOptions().setPort(0).setMaxBody(1000))
        .addBackend(
            "a",
            local()
                .setApiKey("sk-secret ${X}")
                .setHeaders(Map.of("authorization", "Bearer hidden"))
                .setModels(List.of("m"))
                .setBudget(new BudgetOptions().setDailyUsd(1.5).setRequestsPerMinute(10L)))
        .addBackend("b", local().setApiKey("none"))
        .setDiscover(false)
        .setFallback(List.of("b"))
        .addAlias("fast", "a/m", "b")
        .setPrefer(Prefer.COST)
        .setCommit(CommitPoint.COMPLETE)
        .setTimeouts(new Timeouts(null, null, Duration.ofMillis(1500), null, null))
        .setRetries(new RetryOptions().setMax(1))
        .setLimits(new LimitsOptions().setCandidates(4))
        .setStateFile("/tmp/state.json")
        .setCatalog(
            List.of(
                new ModelOptions("m", null, 10, null, new ModelOptions.Price(0.25, 1.0, null))));
  }

  @Test
  void jsonReadsBack() {
    JsonObject json = full().toJson();
    assertThat(new RelayOptions(json).toJson()).isEqualTo(json);
    assertThat(new RelayOptions(new JsonObject(json.encode())).toJson()).isEqualTo(json);
    assertThat(new RelayOptions(new RelayOptions().toJson()).toJson())
        .isEqualTo(new RelayOptions().toJson());
    assertThat(json.getJsonObject("backends").getJsonObject("a").getString("api-key"))
        .as("taken literally")
        .isEqualTo("sk-secret ${X}");
    BackendOptions backend = full().getBackends().get("a");
    assertThat(new BackendOptions(backend.toJson()).toJson()).isEqualTo(backend.toJson());
  }

  @Test
  void wrongJsonIsRefused() {
    assertThatThrownBy(() -> new RelayOptions(new JsonObject().put("gatway", new JsonObject())))
        .isInstanceOf(ConfigException.class)
        .hasMessageStartingWith("options: gatway is not a known key; did you mean \"gateway\"?");
  }

  @Test
  void aCopyIsIndependent() {
    RelayOptions original = full();
    JsonObject before = original.toJson();
    RelayOptions copy = new RelayOptions(original);
    assertThat(copy.toJson()).isEqualTo(before);
    copy.getGateway().setPort(1);
    copy.getBackends().get("a").setApiKey("x").getHeaders().clear();
    copy.getBackends().get("a").getBudget().setDailyUsd(9.0);
    copy.addBackend("c", local()).getAliases().clear();
    copy.getRetries().setMax(5);
    copy.getCircuit().setMaxFailures(1);
    copy.getLatch().setMaxSize(1);
    copy.getLimits().setRetries(9);
    copy.getBus().setPrefix("x");
    assertThat(original.toJson()).isEqualTo(before);
  }

  @Test
  void secretsNeverReachToString() {
    assertThat(full().toString()).contains("\"a\"", "***").doesNotContain("sk-secret", "hidden");
    assertThat(full().getBackends().get("a").toString())
        .contains("***")
        .doesNotContain("sk-secret", "hidden");
  }

  @Test
  void headIsAsFirstChunkUnlessGiven() {
    RelayOptions options = new RelayOptions();
    assertThat(options.getTimeouts().head()).hasSeconds(10);
    options.setTimeouts(new Timeouts(null, null, Duration.ofSeconds(3), null, null));
    assertThat(options.getTimeouts().head()).hasSeconds(3);
    assertThat(options.getTimeouts().connect()).hasSeconds(2);
  }

  @Test
  void aKnownProviderNeedsOnlyItsKey() {
    RelayOptions options =
        new RelayOptions().addBackend("groq", new BackendOptions()).resolved(env("GROQ_API_KEY"));
    BackendOptions groq = options.getBackends().get("groq");
    assertThat(groq.getProvider()).isEqualTo("groq");
    assertThat(groq.getDialect()).isEqualTo("openai");
    assertThat(groq.getBaseUrl()).isEqualTo("https://api.groq.com/openai/v1");
    assertThat(groq.getApiKey()).isEqualTo("key-of-GROQ_API_KEY");
    assertThat(groq.getDefaultModel()).isEqualTo(KnownProvider.GROQ.defaultModel());
  }

  @Test
  void aProviderIsKnownByItsHost() {
    RelayOptions options =
        new RelayOptions()
            .addBackend("mine", new BackendOptions().setBaseUrl("https://api.openai.com/v1"))
            .resolved(env("OPENAI_API_KEY"));
    assertThat(options.getBackends().get("mine").getProvider()).isEqualTo("openai");
    assertThat(options.getBackends().get("mine").getApiKey()).isEqualTo("key-of-OPENAI_API_KEY");
  }

  @Test
  void aKeyFromTheEnvironmentGoesOnlyToTheProvidersOwnHost() {
    RelayOptions options =
        new RelayOptions()
            .addBackend(
                "proxy",
                new BackendOptions().setProvider("openai").setBaseUrl("http://localhost:1/v1"))
            .addBackend("openai", local())
            .addBackend("keyless", new BackendOptions().setProvider("groq").setApiKey("none"))
            .resolved(env("OPENAI_API_KEY", "GROQ_API_KEY"));
    for (RelayOptions each : List.of(options, options.resolved(env("GROQ_API_KEY")))) {
      each.getBackends().values().forEach(b -> assertThat(b.getApiKey()).isNull());
    }
    assertThat(options.getBackends().get("proxy").getDefaultModel())
        .isEqualTo(KnownProvider.OPENAI.defaultModel());
    assertThat(options.getBackends().get("openai").getProvider()).isNull();
  }

  @Test
  void backendsAreDiscoveredInTheOrderOfTheTable() {
    Map<String, String> env =
        env(
            "NVIDIA_API_KEY",
            "OPENAI_API_KEY",
            "ANTHROPIC_API_KEY",
            "GROQ_API_KEY",
            "CEREBRAS_API_KEY");
    RelayOptions options = new RelayOptions().resolved(env);
    assertThat(options.getFallback())
        .containsExactly("openai", "anthropic", "groq", "cerebras", "nvidia");
    assertThat(options.getBackends().get("anthropic").getDialect()).isEqualTo("anthropic");
    assertThat(options.resolved(NO_ENV).toJson())
        .as("resolved for good")
        .isEqualTo(options.toJson());
    assertThat(
            new RelayOptions()
                .resolved(Map.of("GROQ_API_KEY", "k", "NVIDIA_API_KEY", " "))
                .getFallback())
        .containsExactly("groq");
  }

  @Test
  void everyKnownProviderIsDiscoveredByItsVariables() {
    Map<String, String> all = new HashMap<>(Map.of("OLLAMA_HOST", "gpu"));
    for (KnownProvider known : KnownProvider.values()) {
      if (known.keyVariable() != null) {
        all.put(known.keyVariable(), "k");
      }
    }
    List<String> homes = new ArrayList<>(KnownProvider.ids());
    homes.removeAll(List.of("cloudflare", "azure", "bedrock", "vllm", "llamacpp"));
    assertThat(new RelayOptions().resolved(all).getFallback()).isEqualTo(homes);

    all.put("CLOUDFLARE_ACCOUNT_ID", "abc123");
    all.put("AWS_REGION", "eu-west-1");
    all.put("AZURE_OPENAI_ENDPOINT", "https://mine.openai.azure.com/");
    RelayOptions options = new RelayOptions().resolved(all);
    homes = new ArrayList<>(KnownProvider.ids());
    homes.removeAll(List.of("vllm", "llamacpp"));
    assertThat(options.getFallback()).isEqualTo(homes);
    assertThat(options.getBackends().get("cloudflare").getBaseUrl())
        .isEqualTo("https://api.cloudflare.com/client/v4/accounts/abc123/ai");
    assertThat(options.getBackends().get("azure").getBaseUrl())
        .isEqualTo("https://mine.openai.azure.com/openai/v1");
    assertThat(options.getBackends().get("ollama").getApiKey()).isNull();
    assertThat(options.resolved(NO_ENV).toJson())
        .as("resolved for good")
        .isEqualTo(options.toJson());
  }

  @ParameterizedTest
  @CsvSource({
    ", http://127.0.0.1:11434",
    "0.0.0.0, http://127.0.0.1:11434",
    ":8000, http://127.0.0.1:8000",
    "gpu, http://gpu:11434",
    "gpu:80, http://gpu:80",
    "http://gpu:80/, http://gpu:80",
    "https://ollama.com, https://ollama.com"
  })
  void ollamaIsWhereItsVariableSays(String host, String url) {
    Map<String, String> env = host == null ? NO_ENV : Map.of("OLLAMA_HOST", host);
    BackendOptions ollama =
        new RelayOptions()
            .addBackend("ollama", new BackendOptions())
            .resolved(env)
            .getBackends()
            .get("ollama");
    assertThat(ollama.getBaseUrl()).isEqualTo(url);
    assertThat(ollama.getDialect()).isEqualTo("ollama");
  }

  @Test
  void aServerOfOnesOwnNeedsItsUrlOnly() {
    for (String name : List.of("ollama", "vllm", "llamacpp")) {
      BackendOptions backend =
          new RelayOptions()
              .addBackend(name, new BackendOptions().setBaseUrl("http://gpu:1"))
              .resolved(NO_ENV)
              .getBackends()
              .get(name);
      assertThat(backend.getProvider()).isEqualTo(name);
      assertThat(backend.getDialect()).isEqualTo(KnownProvider.of(name).dialect());
      assertThat(backend.getBaseUrl()).isEqualTo("http://gpu:1");
    }
  }

  @Test
  void anotherDialectIsSpokenAtAnotherPlace() {
    Map<String, String> env = Map.of("CLOUDFLARE_API_TOKEN", "k", "CLOUDFLARE_ACCOUNT_ID", "a");
    BackendOptions compatible = new BackendOptions().setDialect("openai");
    RelayOptions options = new RelayOptions().addBackend("cloudflare", compatible).resolved(env);
    assertThat(options.getBackends().get("cloudflare").getBaseUrl())
        .isEqualTo("https://api.cloudflare.com/client/v4/accounts/a/ai/v1");
    assertThat(options.getBackends().get("cloudflare").getApiKey()).isEqualTo("k");
  }

  @Test
  void bedrockTakesTheCredentialsOfTheEnvironmentIfItIsNamed() {
    Map<String, String> env =
        Map.of(
            "AWS_ACCESS_KEY_ID",
            "id",
            "AWS_SECRET_ACCESS_KEY",
            "secret",
            "AWS_REGION",
            "eu-west-1");
    BackendOptions bedrock =
        new RelayOptions()
            .addBackend("bedrock", new BackendOptions())
            .resolved(env)
            .getBackends()
            .get("bedrock");
    assertThat(bedrock.getApiKey()).isNull();
    assertThat(bedrock.getBaseUrl()).isEqualTo("https://bedrock-runtime.eu-west-1.amazonaws.com");
    assertThatThrownBy(() -> new RelayOptions().resolved(env)).hasMessageContaining("no backend");
    assertThatThrownBy(
            () ->
                new RelayOptions()
                    .addBackend("bedrock", new BackendOptions())
                    .resolved(Map.of("AWS_REGION", "eu-west-1")))
        .hasMessageContaining("AWS_BEARER_TOKEN_BEDROCK");
  }

  @Test
  void anAzureResourceIsKnownByItsDomain() {
    String url = "https://mine.openai.azure.com/openai/v1";
    BackendOptions azure =
        new RelayOptions()
            .addBackend("mine", new BackendOptions().setBaseUrl(url))
            .resolved(env("AZURE_OPENAI_API_KEY"))
            .getBackends()
            .get("mine");
    assertThat(azure.getProvider()).isEqualTo("azure");
    assertThat(azure.getApiKey()).isEqualTo("key-of-AZURE_OPENAI_API_KEY");
    assertThat(
            new RelayOptions()
                .addBackend("azure", new BackendOptions().setBaseUrl("https://evil.example"))
                .resolved(env("AZURE_OPENAI_API_KEY"))
                .getBackends()
                .get("azure")
                .getApiKey())
        .isNull();
  }

  @Test
  void discoveryComesAfterWhatIsConfigured() {
    Map<String, String> env = env("OPENAI_API_KEY", "GROQ_API_KEY");
    RelayOptions own = new RelayOptions().addBackend("mine", local());
    assertThat(own.resolved(env).getFallback()).containsExactly("mine");
    assertThat(own.setDiscover(true).resolved(env).getFallback())
        .containsExactly("mine", "openai", "groq");
    own.addBackend("second", new BackendOptions().setProvider("groq"));
    assertThat(own.resolved(env).getFallback()).containsExactly("mine", "second", "openai");
  }

  @Test
  void withoutABackendThereIsNothingToStart() {
    assertThat(RelayOptions.fromConfig(new JsonObject(), "x", NO_ENV).getBackends()).isEmpty();
    assertThatThrownBy(
            () -> RelayOptions.fromConfig(new JsonObject(), "x", NO_ENV).resolved(NO_ENV))
        .isInstanceOf(ConfigException.class)
        .hasMessageStartingWith("x: the configuration has no backend: name one under backends,");
  }

  private static Map<String, String> env(String... names) {
    Map<String, String> env = new HashMap<>();
    for (String name : names) {
      env.put(name, "key-of-" + name);
    }
    return env;
  }

  @Test
  void aLimitIsAnHourOrWhatIsConfigured() {
    RelayOptions options =
        new RelayOptions()
            .addBackend("a", local().setApiKey("x"))
            .setTimeouts(new Timeouts(null, null, Duration.ofSeconds(4), null, Duration.ofHours(2)))
            .setLimits(
                new LimitsOptions()
                    .setTimeouts(new Timeouts(null, null, Duration.ofSeconds(4), null, null)))
            .resolved(NO_ENV);
    assertThat(options.getLimits().timeouts(options.getTimeouts()))
        .isEqualTo(
            new Timeouts(
                Duration.ofHours(1),
                Duration.ofHours(1),
                Duration.ofSeconds(4),
                Duration.ofHours(1),
                Duration.ofHours(2)));
    options.setRetries(new RetryOptions().setMax(3)).getLimits().setRetries(2);
    assertThatThrownBy(() -> options.resolved(NO_ENV))
        .hasMessageContaining("limits.retries must not be less than retries.max: 3");
  }

  @Test
  void aCandidateMayBeTheWholeIdOfAModel() {
    RelayOptions options =
        new RelayOptions()
            .addBackend("openai", local().setApiKey("x").setModels(List.of("gpt")))
            .addBackend("groq", local().setApiKey("x").setModels(List.of("openai/gpt-oss-20b")))
            .setFallback(List.of("openai/gpt-oss-20b", "groq/openai/gpt-oss-20b"))
            .addAlias("fast", "openai/gpt-oss-20b", "openai/gpt");
    assertThat(options.resolved(NO_ENV).getFallback()).hasSize(2);
    options.setFallback(List.of("openai/gpt-oss-120b"));
    assertThatThrownBy(() -> options.resolved(NO_ENV))
        .hasMessageContaining(
            "fallback[0] names a model that openai does not serve (its models: gpt)");
  }
}
