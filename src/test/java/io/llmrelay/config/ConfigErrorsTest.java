package io.llmrelay.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Messages for invalid configurations. */
class ConfigErrorsTest {
  private static final String BACKEND =
      "backends:\n  a:\n    dialect: openai\n    base-url: http://localhost:1/v1\n";

  @TempDir Path folder;

  private List<String> problems(String yaml) throws IOException {
    return problems("relay.yaml", yaml, Map.of());
  }

  /** Returns the problems without the folder of the file. */
  private List<String> problems(String name, String text, Map<String, String> env)
      throws IOException {
    Path file = Files.writeString(folder.resolve(name), text);
    ConfigException e =
        catchThrowableOfType(
            ConfigException.class, () -> RelayOptions.fromFile(file, env).resolved(env));
    assertThat(e).as("nothing wrong with:\n" + text).isNotNull();
    assertThat(e).hasMessage(String.join("\n", e.problems()));
    return e.problems().stream().map(p -> p.replace(folder + "/", "")).toList();
  }

  @Test
  void unknownKeyIsReportedWithLineAndKnownKeys() throws IOException {
    assertThat(problems("backends:\n  primary:\n    dialct: openai\n"))
        .containsExactly(
            "relay.yaml:3: backends.primary.dialct is not a known key; did you mean \"dialect\"?"
                + " (known here: adaptive-concurrency, api-key, api-key-file, api-keys, base-url,"
                + " budget, connection-lifetime, default-model, dialect, headers, http-version,"
                + " max-connections, models, node, ping-interval, prefer-key, probe, provider,"
                + " proxy, tls, unknown-fields, warm-connections)");
  }

  @Test
  void whatHasAWrongFormDoesNotHideWhatIsWrongElsewhere() throws IOException {
    assertThat(
            problems(
                """
                backends:
                  a:
                    dialect: openai
                    base-url: http://a/v1
                    max-connections: many
                  b:
                    dialect: openai
                    base-url: http://b/v1
                    max-connections: 0
                  c: nothing
                aliases:
                  both: [a, b]
                fallback: [a, b, both]
                catalog: [{id: m, provider: a}]
                hedge: {only: [a]}
                gateway: {port: 70000}
                cluster: {port: x}
                circuit: {failure-rate: 2}
                """))
        .containsExactly(
            "relay.yaml:5: backends.a.max-connections must be a whole number",
            "relay.yaml:10: backends.c must consist of keys and values",
            "relay.yaml:17: cluster.port must be a whole number",
            "relay.yaml:9: backends.b.max-connections must be from 1 to 65536",
            "relay.yaml:16: gateway.port must be from 0 to 65535",
            "relay.yaml:18: circuit.failure-rate must be above 0 and at most 1");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          http-version: 3 | http-version is unknown
          warm-connections: -1 | warm-connections must be from 0 to 1000
          {http-version: 1.1, warm-connections: 1} | warm-connections needs HTTP/2
          ping-interval: 10ms | ping-interval must be 0s or at least 1s
          connection-lifetime: 10ms | connection-lifetime must be 0s or at least 1s
          proxy: proxy.example | proxy must be none or the URL of a proxy
          proxy: http://user:secret@:80 | proxy must be none or the URL of a proxy
          tls: {ca: missing.pem} | tls.ca
          tls: {certificate: missing.pem} | tls.key is missing
          probe: {interval: 10ms} | probe.interval must be at least 1s
          probe: {kind: path} | probe.path is missing
          probe: {path: /health} | probe.path needs kind: path
          probe: {kind: path, path: health} | probe.path must begin with /
          probe: {kind: completion} | probe.kind is completion, which needs a default-model
          """)
  void connectionsAndProbes(String setting, String problem) throws IOException {
    String settings =
        setting.startsWith("{") ? setting.substring(1, setting.length() - 1) : setting;
    List<String> problems =
        problems(
            "backends: {a: {dialect: openai, base-url: 'https://localhost:1/v1', %s}}\n"
                .formatted(settings));
    assertThat(problems)
        .anyMatch(line -> line.contains("backends.a." + problem))
        .noneMatch(line -> line.contains("secret"));
  }

  @Test
  void unknownSectionIsOneProblem() throws IOException {
    assertThat(problems("timeout:\n  total: {deep: [1, 2]}\n" + BACKEND))
        .singleElement()
        .asString()
        .startsWith("relay.yaml:1: timeout is not a known key; did you mean \"timeouts\"?");
  }

  @Test
  void suggestsKeysInOtherSpellings() throws IOException {
    assertThat(problems("backends: {a: {base_url: x, apiKey: y, zzz: 1}}"))
        .hasSize(3)
        .anySatisfy(
            p -> assertThat(p).contains("base_url is not a known key; did you mean \"base-url\"?"))
        .anySatisfy(
            p -> assertThat(p).contains("apiKey is not a known key; did you mean \"api-key\"?"))
        .anySatisfy(p -> assertThat(p).contains("zzz is not a known key (known here:"));
  }

  @Test
  void allMistakesAreReportedAtOnce() throws IOException {
    assertThat(
            problems(
                """
                gateway:
                  port: many
                  max-body: 4 apples
                circuit: {scope: planet, max-failures: [5]}
                timeouts:
                  stall: soon
                prefer: best
                commit: later
                discover: maybe
                retries: none
                fallback: a
                catalog: [{id: m, price: {input: cheap, output: 1}}]
                nonsense: 1
                """))
        .containsExactly(
            "relay.yaml:2: gateway.port must be a whole number",
            "relay.yaml:3: gateway.max-body must be a size such as 512KB or 4MB, below 2048MB",
            "relay.yaml:4: circuit.scope must be backend or model",
            "relay.yaml:4: circuit.max-failures must be a single value",
            "relay.yaml:6: timeouts.stall must be a duration such as 250ms, 10s, 5m or 1h",
            "relay.yaml:7: prefer must be order or cost or weight or least-busy or lowest-latency",
            "relay.yaml:8: commit must be \"first-chunk\", \"first-text\", \"tool-calls\","
                + " \"complete\" or a number of characters from 1",
            "relay.yaml:9: discover must be true or false",
            "relay.yaml:10: retries must consist of keys and values",
            "relay.yaml:11: fallback must be a list, such as [a, b]",
            "relay.yaml:12: catalog[0].price.input must be a number",
            "relay.yaml:13: nonsense is not a known key (known here: affinity, aliases, backends,"
                + " bus, catalog, circuit, cluster, commit, discover, exhaustion, fallback,"
                + " gateway, hedge, lanes, latch, limits, logging, max-requests, metrics, overload,"
                + " prefer, queue, resume, retries, shutdown-grace, state-file, timeouts,"
                + " tracing)");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "gateway: {port: 65536}              | gateway.port must be from 0 to 65535",
        "gateway: {port: -1}                 | gateway.port must be from 0 to 65535",
        "gateway: {port: 99999999999}        | gateway.port must be a whole number",
        "gateway: {port: 1.5}                | gateway.port must be a whole number",
        "gateway: {host: ''}                 | gateway.host must not be empty",
        "gateway: {max-body: 0B}             | gateway.max-body must be larger than 0",
        "gateway: 8080                       | gateway must consist of keys and values",
        "gateway: {max-connections: 0}       | gateway.max-connections must be from 1 to 1000000",
        "gateway: {idle-timeout: 0s}         | gateway.idle-timeout must be longer than 0",
        "gateway: {allow-anonymous: maybe}   | gateway.allow-anonymous must be true or false",
        "gateway: {keys: [a]}                | gateway.keys must consist of keys and values",
        "gateway: {keys: {a: ~}}             | gateway.keys.a has no valid value",
        "gateway: {keys: {a: sk-secret}}     | gateway.keys.a must consist of keys and values",
        "gateway: {keys: {a: {}}}            | gateway.keys.a needs sha256 (or key): \"llm-relay"
            + " key\" generates one",
        "gateway: {keys: {'a b': {key: a-long-key-for-a-gateway}}} | gateway.keys.a b is not a"
            + " valid name: letters, digits, - and _ are allowed, at most 64",
        "gateway: {keys: {a: {key: secret}}} | gateway.keys.a.key must have at least 20 visible"
            + " ASCII characters",
        "gateway: {keys: {a: {sha256: abc}}} | gateway.keys.a.sha256 must be the key's SHA-256: 64"
            + " hex digits",
        "gateway: {keys: {a: {sha256: abc, key: a-long-key-for-a-gateway}}} | gateway.keys.a.key"
            + " and sha256 are both given; give one of the two",
        "gateway: {keys: {a: {key: a-long-key-for-a-gateway}, b: {key: a-long-key-for-a-gateway}}}"
            + " | gateway.keys.b is the same key as a",
        "gateway: {keys: {a: {key: a-long-key-for-a-gateway, requests-per-minute: 0}}} |"
            + " gateway.keys.a.requests-per-minute must be from 1 to 1000000",
        "gateway: {keys: {a: {key: a-long-key-for-a-gateway, burst: 3}}} | gateway.keys.a.burst has"
            + " no effect without requests-per-minute",
        "gateway: {keys: {a: {key: a-long-key-for-a-gateway, max-concurrent: -1}}} |"
            + " gateway.keys.a.max-concurrent must be from 1 to 1000000",
        "gateway: {keys: {a: {key: a-long-key-for-a-gateway, limit: 1}}} | gateway.keys.a.limit is"
            + " not a known key (known here: budget, burst, heartbeat, key, max-concurrent,"
            + " may-override, priority, requests-per-minute, sha256, weight)",
        "gateway: {admin: {port: 70000}}     | gateway.admin.port must be from 0 to 65535",
        "gateway: {admin: {key: short}}      | gateway.admin.key must have at least 20 visible"
            + " ASCII characters",
        "gateway: {admin: {sha256: abc}}     | gateway.admin.sha256 must be the key's SHA-256: 64"
            + " hex digits",
        "gateway: {admin: {port: 8080}}      | gateway.admin.port must differ from gateway.port",
        "gateway: ''                         | gateway has no valid value",
        "timeouts: {total: 0s}               | timeouts.total must be longer than 0",
        "timeouts: {head: 10}                | timeouts.head must be a duration such as 250ms, 10s,"
            + " 5m or 1h",
        "timeouts: {head: {ms: 10}}          | timeouts.head must be a duration such as 250ms, 10s,"
            + " 5m or 1h",
        "retries: {max: 11}                  | retries.max must be from 0 to 10",
        "retries: {base-delay: 6s}           | retries.max-delay must not be shorter than"
            + " base-delay",
        "limits: {retries: 11}               | limits.retries must be from 0 to 10",
        "limits: {retries: -1}               | limits.retries must be from 0 to 10",
        "limits: {candidates: 0}             | limits.candidates must be from 1 to 32",
        "limits: {candidates: 33}            | limits.candidates must be from 1 to 32",
        "limits: {timeouts: {total: 299s}}   | limits.timeouts.total must not be shorter than the"
            + " timeout of requests that set none: 5m",
        "limits: {timeouts: {connect: 1s}}   | limits.timeouts.connect must not be shorter than the"
            + " timeout of requests that set none: 2s",
        "limits: {timeouts: {head: 1s}}      | limits.timeouts.head must not be shorter than the"
            + " timeout of requests that set none: 10s",
        "limits: {timeouts: {first-chunk: 59s}} | limits.timeouts.first-chunk must not be shorter"
            + " than the timeout of requests that set none: 1m",
        "limits: {timeouts: {stall: 1s}}     | limits.timeouts.stall must not be shorter than the"
            + " timeout of requests that set none: 30s",
        "limits: {timeouts: {stall: long}}   | limits.timeouts.stall must be a duration such as"
            + " 250ms, 10s, 5m or 1h",
        "limits: {max: 1}                    | limits.max is not a known key (known here:"
            + " candidates, retries, timeouts)",
        "circuit: {max-failures: 0}          | circuit.max-failures must be from 1 to 1000000",
        "circuit: {window: 500ms}            | circuit.window must be at least 1s",
        "bus: {prefix: a b}                  | bus.prefix must consist of letters, digits, dots, -"
            + " and _, at most 64 of them",
        "bus: {window: 0}                    | bus.window must be from 1 to 65536",
        "latch: {max-size: 2048MB}           | latch.max-size must be a size such as 512KB or 4MB,"
            + " below 2048MB",
        "commit: 0                           | commit must be \"first-chunk\", \"first-text\","
            + " \"tool-calls\", \"complete\" or a number of characters from 1",
        "fallback: [a, b]                    | fallback[1] names an unknown backend: \"b\"; did you"
            + " mean \"a\"? (known: a)",
        "fallback: [a, ~]                    | fallback[1] has no valid value",
        "fallback: [a/]                      | fallback[0] names a model that a does not serve (its"
            + " models: )",
        "aliases: {fast: [grok/llama]}       | aliases.fast[0] names an unknown backend: \"grok\""
            + " (known: a)",
        "aliases: {fast: []}                 | aliases.fast must list at least one candidate:"
            + " backend/model or backend",
        "aliases: {fast: a}                  | aliases.fast must be a list, such as [a, b]",
        "catalog: [{price: {input: 1, output: 1}}] | catalog[0] needs an id",
        "catalog: [{id: m, provider: grok}]  | catalog[0].provider is unknown: \"grok\"; did you"
            + " mean \"groq\"? (known: a, openai, anthropic, groq, cerebras, nvidia, cloudflare,"
            + " gemini, mistral, deepseek, openrouter, azure, xai, cohere, bedrock, ollama, vllm,"
            + " llamacpp)",
        "catalog: [{id: m, provider: a}, {id: m, provider: a}] | catalog[1] has the id of an"
            + " earlier entry",
        "catalog: [{id: m}, {id: m}]         | catalog[1] has the id of an earlier entry",
        "catalog: [{id: m, context-window: 0}] | catalog[0].context-window must be at least 1",
        "catalog: [{id: m, price: {input: 1}}] | catalog[0].price needs input and output, in US"
            + " dollars per million tokens",
        "catalog: [{id: m, price: {input: -1, output: 0}}] | catalog[0].price.input must not be"
            + " negative",
        "catalog: [{id: m, cost: 1}]         | catalog[0].cost is not a known key (known here:"
            + " capabilities, context-window, id, max-output, price, provider, replacement,"
            + " shutdown, status)",
        "catalog: [{id: m, status: old}]     | catalog[0].status is unknown: \"old\" (known:"
            + " preview, current, legacy, deprecated, retired)",
        "catalog: [{id: m, capabilities: [tools, fly]}] | catalog[0].capabilities[1] is unknown:"
            + " \"fly\" (known: streaming, tools, vision, reasoning, embeddings)",
        "catalog: [{id: m, shutdown: soon}]  | catalog[0].shutdown must be a date such as"
            + " 2026-12-31",
        "catalog: [{id: m, replacement: ' '}] | catalog[0].replacement must not be empty",
        "catalog: [{id: m, price: {input: 1, output: 1, tiers: [{input: 1, output: 1}]}}] |"
            + " catalog[0].price.tiers[0] needs from-input-tokens or from, which say where the tier"
            + " begins",
        "catalog: [{id: m, price: {input: 1, output: 1, tiers: [{from: 2027-01-01, input: 1}]}}] |"
            + " catalog[0].price.tiers[0] needs input and output, in US dollars per million tokens",
        "catalog: [{id: m, price: {input: 1, output: 1, tiers: [{from: 1.1.27, input: 1, output:"
            + " 1}]}}] | catalog[0].price.tiers[0].from must be a date such as 2026-12-31",
        "catalog: [{id: m, price: {input: 1, output: 1, tiers: [{from-input-tokens: 0, input: 1,"
            + " output: 1}]}}] | catalog[0].price.tiers[0].from-input-tokens must be at least 1",
        "catalog: [{id: m, price: {input: 1, output: 1, tiers: [{from-input-tokens: 9, input: 1,"
            + " output: -1}]}}] | catalog[0].price.tiers[0].output must not be negative",
        "state-file: ''                      | state-file must not be empty",
      })
  void aValueOutOfRange(String yaml, String complaint) throws IOException {
    assertThat(problems(yaml + "\n" + BACKEND)).containsExactly("relay.yaml:1: " + complaint);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "dialect: opnai                | backends.b.dialect is unknown: \"opnai\"; did you mean"
            + " \"openai\"? (known: openai, openai-responses, anthropic, gemini, ollama,"
            + " cloudflare, cohere, bedrock)",
        "provider: grok                | backends.b.provider is unknown: \"grok\"; did you mean"
            + " \"groq\"? (known: openai, anthropic, groq, cerebras, nvidia, cloudflare, gemini,"
            + " mistral, deepseek, openrouter, azure, xai, cohere, bedrock, ollama, vllm,"
            + " llamacpp)",
        "base-url: localhost:9101/v1   | backends.b.base-url must be an http or https URL with a"
            + " host, without user, query or fragment, such as https://api.openai.com/v1",
        "base-url: 'http://u:p@host/'  | backends.b.base-url must be an http or https URL with a"
            + " host, without user, query or fragment, such as https://api.openai.com/v1",
        "base-url: 'http://h/v1?key=1' | backends.b.base-url must be an http or https URL with a"
            + " host, without user, query or fragment, such as https://api.openai.com/v1",
        "base-url: 'http://a b/'       | backends.b.base-url must be an http or https URL with a"
            + " host, without user, query or fragment, such as https://api.openai.com/v1",
        "api-key: 'two words'          | backends.b.api-key must be one line of visible ASCII"
            + " characters",
        "api-key-file: nowhere         | backends.b.api-key-file names a file that cannot be read:"
            + " there is no such file (a relative name starts at the configuration's folder)",
        "api-key-file: .               | backends.b.api-key-file names a file that cannot be read:"
            + " it is not a file",
        "api-keys: k                   | backends.b.api-keys must be a list, such as [a, b]",
        "api-keys: [k, l, k]           | backends.b.api-keys[2] is the same key as an earlier one",
        "api-keys: [{name: x}]         | backends.b.api-keys[0] needs a key: give api-key or"
            + " api-key-file",
        "api-keys: [{name: x, api-key: a}, {name: x, api-key: b}] | backends.b.api-keys[1].name is"
            + " the name of an earlier key",
        "api-keys: [{name: a b, api-key: a}] | backends.b.api-keys[0].name is not a valid name:"
            + " letters, digits, - and _ are allowed, at most 64",
        "api-keys: [{api-key: a, weight: -1}] | backends.b.api-keys[0].weight must be from 0 to"
            + " 1000000",
        "api-keys: [{api-key: a, max-connections: 0}] | backends.b.api-keys[0].max-connections must"
            + " be from 1 to 65536",
        "api-keys: [{api-key: a, api-key-file: b}] | backends.b.api-keys[0].api-key-file and"
            + " api-key are both given; give one of the two",
        "api-keys: [{api-key: a, budget: {daily-usd: 0}}] | backends.b.api-keys[0].budget.daily-usd"
            + " must be at least 0.01",
        "prefer-key: cost              | backends.b.prefer-key must be weight, least-busy or order",
        "models: mock-model            | backends.b.models must be a list, such as [a, b]",
        "models: ['']                  | backends.b.models[0] must not be empty",
        "headers: {'a b': c}           | backends.b.headers.a b is not a header name",
        "headers: {x-a: \"1\\n"
            + "2\"}     | backends.b.headers.x-a must be one line of ASCII characters",
        "max-connections: 0            | backends.b.max-connections must be from 1 to 65536",
        "max-connections: sk-secret    | backends.b.max-connections must be a whole number",
        "budget: {daily-usd: 0}        | backends.b.budget.daily-usd must be at least 0.01",
        "budget: {monthly-usd: much}   | backends.b.budget.monthly-usd must be a number",
        "budget: {requests-per-day: 0} | backends.b.budget.requests-per-day must be at least 1",
        "budget: {requests-per-minute: 1.5} | backends.b.budget.requests-per-minute must be a whole"
            + " number",
        "budget: {tokens-per-minute: -1} | backends.b.budget.tokens-per-minute must be at least 1",
        "budget: {warn-at: 80}         | backends.b.budget.warn-at must be above 0 and at most 1",
        "budget: 5                     | backends.b.budget must consist of keys and values",
      })
  void unusableBackend(String line, String complaint) throws IOException {
    String rest = "";
    for (String other : List.of("dialect: openai", "base-url: http://localhost:1")) {
      rest += line.startsWith(other.substring(0, 5)) ? "" : "    " + other + "\n";
    }
    assertThat(problems("backends:\n  b:\n    " + line + "\n" + rest))
        .singleElement()
        .asString()
        .matches("relay.yaml:3: .*")
        .endsWith(": " + complaint);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "aliases: {x: []}              | aliases.x must list at least one candidate: backend/model"
            + " or backend",
        "aliases: {x: [y], y: [x]}     | aliases.x must not contain itself by way of another alias",
        "aliases: {x: {candidates: [{tier: 2}]}} | aliases.x[0] needs a candidate: backend/model or"
            + " backend",
        "aliases: {x: {candidates: [{candidate: b, tier: 0}]}} | aliases.x[0].tier must be from 1"
            + " to 100",
        "aliases: {x: {candidates: [b], prefer: best}} | aliases.x.prefer must be order or cost or"
            + " weight or least-busy or lowest-latency",
        "aliases: {x: {candidates: [b], shadow: {}}} | aliases.x.shadow needs a candidate:"
            + " backend/model or backend",
        "aliases: {x: {candidates: [b], shadow: {candidate: c}}} | aliases.x.shadow.candidate names"
            + " an unknown backend: \"c\"; did you mean \"b\"? (known: b)",
        "aliases: {x: {candidates: [b], shadow: {candidate: b, share: 2}}} | aliases.x.shadow.share"
            + " must be above 0 and at most 1",
        "aliases: {x: {candidates: [b], shadow: {candidate: b, max-open: 0}}} |"
            + " aliases.x.shadow.max-open must be from 1 to 1000",
        "affinity: [cookie]            | affinity[0] must be session or prompt-cache-key or user or"
            + " messages",
        "affinity: session             | affinity must be a list, such as [a, b]",
      })
  void unusableRouting(String line, String complaint) throws IOException {
    String backend = "backends: {b: {dialect: openai, base-url: 'http://localhost:1'}}\n";
    assertThat(problems(backend + line))
        .first()
        .asString()
        .matches("relay.yaml:2: .*")
        .endsWith(": " + complaint);
  }

  @Test
  void severalKeysExcludeASingleOne() throws IOException {
    assertThat(
            problems(
                "backends:\n  b: {dialect: openai, base-url: 'http://localhost:1',"
                    + " api-key: sk-secret, api-keys: [sk-other]}"))
        .containsExactly(
            "relay.yaml:2: backends.b.api-keys and a single key are both given; list all keys"
                + " here");
  }

  @Test
  void backendNeedsDialectAndBaseUrl() throws IOException {
    assertThat(problems("backends:\n  mine: {models: [m], default-model: n}"))
        .containsExactly(
            "relay.yaml:2: backends.mine needs a dialect: openai, openai-responses, anthropic,"
                + " gemini, ollama, cloudflare, cohere, bedrock",
            "relay.yaml:2: backends.mine.default-model must be one of the backend's models");
    assertThat(problems("backends:\n  mine: {dialect: openai}"))
        .containsExactly(
            "relay.yaml:2: backends.mine needs a base-url, or a known provider: openai, anthropic,"
                + " groq, cerebras, nvidia, cloudflare, gemini, mistral, deepseek, openrouter,"
                + " azure, xai, cohere, bedrock, ollama, vllm, llamacpp");
  }

  @ParameterizedTest
  @ValueSource(strings = {"my backend", "a/b", "a.b", "ä"})
  void backendNeedsAValidName(String name) throws IOException {
    assertThat(problems("backends:\n  " + name + ": {dialect: openai, base-url: 'http://h'}"))
        .containsExactly(
            "relay.yaml:2: backends.%s is not a valid name: letters, digits, - and _ are allowed, at most 64"
                .formatted(name));
  }

  @Test
  void aKnownProviderNeedsAKey() throws IOException {
    assertThat(problems("backends:\n  groq:\n"))
        .containsExactly(
            "relay.yaml:2: backends.groq has no key: set GROQ_API_KEY, or give api-key or"
                + " api-key-file (api-key: none for no key)");
  }

  @ParameterizedTest
  @CsvSource({
    "azure, ', or the environment variable AZURE_OPENAI_ENDPOINT'",
    "cloudflare, ', or the environment variable CLOUDFLARE_ACCOUNT_ID'",
    "vllm, ''"
  })
  void selfHostedProviderNeedsABaseUrl(String provider, String otherwise) throws IOException {
    assertThat(problems("backends:\n  " + provider + ": {api-key: k}\n"))
        .containsExactly("relay.yaml:2: backends." + provider + " needs a base-url" + otherwise);
  }

  @Test
  void twoBackendsOfOneName() throws IOException {
    String twice = BACKEND + "  a:\n    dialect: openai\n";
    assertThat(problems(twice))
        .containsExactly("relay.yaml:2: backends.a occurs twice, again on line 5");
    String json = "{\"backends\": {\"a\": {},\n \"a\": {}}}";
    assertThat(problems("relay.json", json, Map.of()))
        .containsExactly("relay.json:1: backends.a occurs twice, again on line 2");
  }

  @Test
  void aMissingVariable() throws IOException {
    assertThat(problems("gateway:\n  port: ${PORT}\n  host: a${B}c${\n" + BACKEND))
        .containsExactly(
            "relay.yaml:2: gateway.port needs the environment variable PORT, which is not set;"
                + " set it, or write ${PORT:default}",
            "relay.yaml:3: gateway.host needs the environment variable B, which is not set;"
                + " set it, or write ${B:default}");
    assertThat(problems("gateway: {host: \"${not-a-name}\"}"))
        .containsExactly(
            "relay.yaml:1: gateway.host has a \"${\" that is neither ${NAME} nor ${NAME:default}");
  }

  @Test
  void keyAndKeyFileContradict() throws IOException {
    Files.writeString(folder.resolve("key"), "\n");
    assertThat(problems(BACKEND + "    api-key: x\n    api-key-file: key\n"))
        .containsExactly(
            "relay.yaml:6: backends.a.api-key-file and api-key are both given; give one of the"
                + " two");
    assertThat(problems(BACKEND + "    api-key-file: key\n"))
        .containsExactly("relay.yaml:5: backends.a.api-key-file names an empty file");
  }

  @Test
  void secretInPlaceOfAFileNameIsNotShown() throws IOException {
    String secret = "sk-not-the-name-of-a-file";
    for (String value : List.of(secret, "/" + secret, secret + "/" + "x".repeat(5_000))) {
      assertThat(problems(BACKEND + "    api-key-file: " + value + "\n"))
          .singleElement()
          .asString()
          .contains("backends.a.api-key-file", "there is no such file")
          .doesNotContain(secret);
    }
  }

  @Test
  void noBackendAtAll() throws IOException {
    assertThat(problems("# nothing\n"))
        .containsExactly(
            "relay.yaml: the configuration has no backend: name one under backends, or set one of"
                + " OPENAI_API_KEY, ANTHROPIC_API_KEY, GROQ_API_KEY, CEREBRAS_API_KEY,"
                + " NVIDIA_API_KEY, CLOUDFLARE_API_TOKEN with CLOUDFLARE_ACCOUNT_ID,"
                + " GEMINI_API_KEY, MISTRAL_API_KEY, DEEPSEEK_API_KEY, OPENROUTER_API_KEY,"
                + " AZURE_OPENAI_API_KEY with AZURE_OPENAI_ENDPOINT, XAI_API_KEY, COHERE_API_KEY,"
                + " AWS_BEARER_TOKEN_BEDROCK with AWS_REGION, OLLAMA_HOST");
    assertThat(problems("discover: false\n"))
        .singleElement()
        .asString()
        .endsWith("OLLAMA_HOST and discover: true");
  }

  @Test
  void fileWithoutAConfiguration() throws IOException {
    assertThat(problems("- a\n- b\n"))
        .containsExactly(
            "relay.yaml: the configuration must consist of keys and values, such as"
                + " \"backends: …\"");
    assertThat(problems("gateway: {}\n---\ngateway: {}\n"))
        .containsExactly("relay.yaml:3: nothing may follow the configuration");
    ConfigException missing =
        catchThrowableOfType(
            ConfigException.class, () -> RelayOptions.fromFile(Path.of("nowhere.yaml"), Map.of()));
    assertThat(missing)
        .hasMessage("nowhere.yaml: the configuration is missing: there is no such file");
    assertThat(problems("base: &b {dialect: openai}\nbackends: {a: *b}\n"))
        .anySatisfy(
            p -> assertThat(p).endsWith("backends.a is a YAML alias, which is not supported"));
  }

  @Test
  void syntaxErrorShowsLineButNoText() throws IOException {
    assertThat(problems("backends:\n  a:\n    api-key: sk-secret\n   base-url: x\n"))
        .singleElement()
        .asString()
        .startsWith("relay.yaml:4: this is not valid YAML: ")
        .doesNotContain("sk-secret", "\n");
    assertThat(problems("relay.json", "{\"api-key\":\n sk-secret}", Map.of()))
        .singleElement()
        .asString()
        .startsWith("relay.json:2: this is not valid JSON: ")
        .doesNotContain("sk", "secret", "\n");
    assertThat(problems("a: \"${KEY\n")).singleElement().asString().contains("not valid YAML");
  }

  @Test
  void jsonConfigurationHasNoLineNumbers() {
    JsonObject config =
        new JsonObject()
            .put("backends", new JsonObject().put("a", new JsonObject().put("dialct", "x")))
            .put("gateway", new JsonObject().put("port", "high"));
    assertThat(
            catchThrowableOfType(
                    ConfigException.class,
                    () -> RelayOptions.fromConfig(config, "deployment config", Map.of()))
                .problems())
        .hasSize(2)
        .anySatisfy(
            p ->
                assertThat(p)
                    .startsWith("deployment config: backends.a.dialct is not a known key;"))
        .contains("deployment config: gateway.port must be a whole number");
  }
}
