package io.llmrelay.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.catalog.Model;
import io.llmrelay.chat.CommitPoint;
import io.llmrelay.chat.RelayHints.Prefer;
import io.llmrelay.chat.Timeouts;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDate;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Reading of valid configurations. */
class ConfigFileTest {
  private static final String THREE_BACKENDS =
      """
      gateway:
        host: 127.0.0.1
        port: 8080
      backends:
        primary:
          dialect: openai
          base-url: http://127.0.0.1:9101/v1
          api-key: ${PRIMARY_KEY:none}
          models: [mock-model]            # absent: any model name is passed on
        secondary:
          dialect: openai
          base-url: http://127.0.0.1:9102/v1
          models: [mock-model]
        claude:
          dialect: anthropic
          base-url: http://127.0.0.1:9103
          default-model: claude-haiku-4-5
      fallback: [primary, secondary, claude]   # the order; the first is the default backend
      timeouts: {connect: 2s, first-chunk: 10s, stall: 30s, total: 300s}
      retries: {max: 0}                   # on the same candidate, see the failure table
      circuit: {max-failures: 5, reset-timeout: 30s, scope: backend}   # or: model
      """;

  @TempDir Path folder;

  private RelayOptions load(String text, Map<String, String> env) throws IOException {
    return RelayOptions.fromFile(Files.writeString(folder.resolve("relay.yaml"), text), env);
  }

  @Test
  void threeBackends() throws IOException {
    RelayOptions options = load(THREE_BACKENDS, Map.of());
    assertThat(options.getGateway().getHost()).isEqualTo("127.0.0.1");
    assertThat(options.getGateway().getPort()).isEqualTo(8080);
    assertThat(options.getBackends()).containsOnlyKeys("primary", "secondary", "claude");
    assertThat(options.getBackends().keySet()).first().isEqualTo("primary");
    BackendOptions primary = options.getBackends().get("primary");
    assertThat(primary.getDialect()).isEqualTo("openai");
    assertThat(primary.getBaseUrl()).isEqualTo("http://127.0.0.1:9101/v1");
    assertThat(primary.getApiKey()).isNull();
    assertThat(primary.getModels()).containsExactly("mock-model");
    assertThat(primary.getDefaultModel()).isEqualTo("mock-model");
    BackendOptions claude = options.getBackends().get("claude");
    assertThat(claude.getModels()).isEmpty();
    assertThat(claude.getDefaultModel()).isEqualTo("claude-haiku-4-5");
    assertThat(options.getFallback()).containsExactly("primary", "secondary", "claude");
    assertThat(options.getTimeouts())
        .isEqualTo(
            new Timeouts(
                Duration.ofSeconds(2),
                Duration.ofSeconds(10),
                Duration.ofSeconds(10),
                Duration.ofSeconds(30),
                Duration.ofSeconds(300)));
    assertThat(options.getCircuit().getScope()).isEqualTo(CircuitOptions.Scope.BACKEND);
    assertThat(options.isDiscover()).isFalse();
  }

  @Test
  void readsJson() throws IOException {
    JsonObject json = load(THREE_BACKENDS, Map.of()).toJson();
    Path file = Files.writeString(folder.resolve("relay.JSON"), json.encodePrettily());
    assertThat(RelayOptions.fromFile(file, Map.of()).toJson()).isEqualTo(json);
    assertThat(RelayOptions.fromConfig(json, "deployment config", Map.of()).toJson())
        .isEqualTo(json);
  }

  @Test
  void expandsVariablesInValues() throws IOException {
    RelayOptions options =
        load(
            """
            gateway: {port: "${PORT:9090}", host: "${HOST:0.0.0.0}"}
            discover: ${DISCOVER:false}
            backends:
              a:
                dialect: openai
                base-url: http://${HOST}:${EMPTY:1}/${PATH_}
                api-key: ${KEY}
                headers: {x-team: "${TEAM:}"}
            """,
            Map.of("HOST", "example.org", "KEY", "$1{x}", "PATH_", "v1", "EMPTY", ""));
    assertThat(options.getGateway().getPort()).isEqualTo(9090);
    assertThat(options.getGateway().getHost()).isEqualTo("example.org");
    BackendOptions a = options.getBackends().get("a");
    assertThat(a.getBaseUrl()).isEqualTo("http://example.org:1/v1");
    assertThat(a.getApiKey()).isEqualTo("$1{x}");
    assertThat(a.getHeaders()).isEqualTo(Map.of("x-team", ""));
    JsonObject config = new JsonObject().put("gateway", new JsonObject().put("port", "${PORT}"));
    assertThat(
            RelayOptions.fromConfig(config, "deployment config", Map.of("PORT", "1"))
                .getGateway()
                .getPort())
        .isEqualTo(1);
  }

  @Test
  void readsEverySection() throws IOException {
    RelayOptions options =
        load(
            """
            gateway: {max-body: 512KB}
            backends:
              groq: {api-key: 007, budget: {daily-usd: 2.5, tokens-per-day: 3000000000, warn-at: 0.5}}
              local: {dialect: openai, base-url: http://localhost:1, models: [my model]}
            fallback: [groq/openai/gpt-oss-20b, "local/my model"]
            aliases: {fast: [groq, "local/my model"]}
            prefer: cost
            commit: 200
            timeouts: {head: 3s, first-chunk: 1m}
            retries: {max: 2, base-delay: 10ms, max-delay: 1s}
            circuit: {max-failures: 2, reset-timeout: 1h, window: 2m, scope: Model}
            latch: {max-size: 1mb}
            bus: {prefix: my.llm, window: 8, ping-interval: 1s, ping-timeout: 2s}
            catalog:
              - {id: my model, context-window: 8192, max-output: 1024, price: {input: 0.5, output: 1, cached-input: 0.1}}
              - id: my model
                provider: groq
                price: {input: 1, output: 2, tiers: [{from: 2027-01-01, input: 2, output: 4}]}
                capabilities: [streaming, tools]
                status: deprecated
                shutdown: 2027-06-30
                replacement: other
              - {id: other}
            state-file: state/relay.json
            """,
            Map.of());
    assertThat(options.getGateway().getMaxBody()).isEqualTo(512 * 1024);
    assertThat(options.getBackends().get("groq").getApiKey()).isEqualTo("007");
    assertThat(options.getAliases().get("fast").getCandidates())
        .extracting(CandidateOptions::getCandidate)
        .containsExactly("groq", "local/my model");
    assertThat(options.getPrefer()).isEqualTo(Prefer.COST);
    assertThat(options.getCommit()).isEqualTo(new CommitPoint(200));
    assertThat(options.getTimeouts().head()).hasSeconds(3);
    assertThat(options.getTimeouts().firstChunk()).hasMinutes(1);
    assertThat(options.getTimeouts().stall()).hasSeconds(30);
    assertThat(options.getRetries().getMax()).isEqualTo(2);
    assertThat(options.getRetries().getBaseDelay()).hasMillis(10);
    assertThat(options.getCircuit().getScope()).isEqualTo(CircuitOptions.Scope.MODEL);
    assertThat(options.getCircuit().getWindow()).hasMinutes(2);
    assertThat(options.getLatch().getMaxSize()).isEqualTo(1024 * 1024);
    assertThat(options.getBus().getPrefix()).isEqualTo("my.llm");
    assertThat(options.getBus().getWindow()).isEqualTo(8);
    assertThat(options.getCatalog().get(0).price())
        .isEqualTo(new ModelOptions.Price(0.5, 1.0, 0.1));
    assertThat(options.getCatalog().get(1).price().tiers())
        .containsExactly(new ModelOptions.Tier(null, LocalDate.of(2027, 1, 1), 2.0, 4.0, null));
    assertThat(options.getCatalog().get(1).shutdown()).isEqualTo(LocalDate.of(2027, 6, 30));
    assertThat(Model.fromJson(options.getCatalog().get(1).toJson()).warning())
        .as("the catalogue reads what the configuration writes")
        .isEqualTo("my model is deprecated and retires on 2027-06-30; use other");
    assertThat(options.getCatalog().get(2).price()).isNull();
    BudgetOptions budget = options.getBackends().get("groq").getBudget();
    assertThat(budget.getDailyUsd()).isEqualTo(2.5);
    assertThat(budget.getMonthlyUsd()).isNull();
    assertThat(budget.getTokensPerDay()).isEqualTo(3_000_000_000L);
    assertThat(budget.getWarnAt()).isEqualTo(0.5);
    assertThat(options.getBackends().get("local").getBudget()).isNull();
    assertThat(options.getStateFile())
        .as("beside the configuration")
        .isEqualTo(folder.resolve("state/relay.json").toString());
    assertThat(new RelayOptions(options.toJson()).toJson()).isEqualTo(options.toJson());
  }

  @Test
  void emptySectionsHaveDefaults() throws IOException {
    RelayOptions options =
        load(
            "gateway:\ntimeouts:\nfallback:\nbackends:\n  openai:\n",
            Map.of("OPENAI_API_KEY", "k"));
    assertThat(options.getGateway()).isNull();
    assertThat(options.getFallback()).containsExactly("openai");
    assertThat(options.getBackends().get("openai").getApiKey()).isEqualTo("k");
  }

  @Test
  void keyFilePathIsRelativeToTheConfiguration() throws IOException {
    Files.writeString(folder.resolve("key.txt"), " sk-from-file\n");
    RelayOptions options =
        load("backends: {openai: {api-key-file: key.txt}}", Map.of("OPENAI_API_KEY", "other"));
    assertThat(options.getBackends().get("openai").getApiKey()).isEqualTo("sk-from-file");
    assertThat(options.resolved(Map.of()).toJson()).isEqualTo(options.toJson());
  }

  @Test
  void shippedConfigurationLoadsWithoutKeys() throws IOException {
    Path shipped = Path.of("conf/relay.yaml");
    RelayOptions options = RelayOptions.fromFile(shipped, Map.of());
    assertThat(options.getBackends()).isEmpty();
    assertThat(options.isDiscover()).as("without a backend").isTrue();
    assertThat(options.getGateway().getPort()).isEqualTo(GatewayOptions.DEFAULT_PORT);
    RelayOptions defaults = new RelayOptions().setGateway(new GatewayOptions());
    assertThat(options.setTimeouts(options.getTimeouts()).toJson())
        .as("it shows the defaults")
        .isEqualTo(defaults.setTimeouts(defaults.getTimeouts()).toJson());
    String text = Files.readString(shipped);
    String own = "\nbackends: {mine: {dialect: openai, base-url: 'http://localhost:1'}}\n";
    assertThat(load(text + own, Map.of("OPENAI_API_KEY", "somebody's")).getBackends())
        .as("no fallback that is not configured")
        .containsOnlyKeys("mine");
    for (String section : SchemaTest.schema().getJsonObject("properties").fieldNames()) {
      assertThat(text).containsPattern("(?m)^(# ?)?" + section + ":");
    }
  }
}
