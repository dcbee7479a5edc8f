package io.llmrelay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmrelay.chat.CommitPoint;
import io.llmrelay.chat.RelayHints.Prefer;
import io.llmrelay.chat.Timeouts;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.config.BudgetOptions;
import io.llmrelay.config.ConfigException;
import io.llmrelay.config.GatewayOptions;
import io.llmrelay.config.KnownProvider;
import io.llmrelay.config.ModelOptions;
import io.llmrelay.config.RetryOptions;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

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
        .setAliases(Map.of("fast", List.of("a/m", "b")))
        .setPrefer(Prefer.COST)
        .setCommit(CommitPoint.COMPLETE)
        .setTimeouts(new Timeouts(null, null, Duration.ofMillis(1500), null, null))
        .setRetries(new RetryOptions().setMax(1))
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
    Map<String, String> env = new java.util.HashMap<>();
    for (String name : names) {
      env.put(name, "key-of-" + name);
    }
    return env;
  }
}
