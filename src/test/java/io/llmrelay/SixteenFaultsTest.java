package io.llmrelay;

import static io.llmrelay.Relays.unique;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.Relays.Relay;
import io.llmrelay.chat.Resume;
import io.llmrelay.chat.Timeouts;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.config.CircuitOptions;
import io.llmrelay.config.GatewayOptions;
import io.llmrelay.config.RelayOptions;
import io.llmrelay.config.RetryOptions;
import io.llmrelay.sandbox.SandboxCall;
import io.llmrelay.sandbox.Scenario;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The sixteen faults of Failover Bench (methodology 0.1, github.com/failoverbench/failoverbench),
 * of which this has the facts: what the primary does, and how a gateway with two retries and one
 * fallback is to conduct itself. The client is to get the whole answer, of sixty words, in each but
 * the one that is the request's own.
 *
 * <p>Delays and timeouts are shorter than the benchmark's; with {@code -Dllmrelay.faults.full=true}
 * they are the benchmark's, and the relay's defaults.
 */
class SixteenFaultsTest {
  private static final boolean FULL = Boolean.getBoolean("llmrelay.faults.full");
  private static final int TENTHS = FULL ? 10 : 1;

  /** What a busy machine may take beyond the limits of the benchmark. */
  private static final long TOLERANCE_MS = 15_000;

  @RegisterExtension static final Relays RELAYS = new Relays();

  private static final String TEXT = words(60);

  /**
   * One fault.
   *
   * @param primary what the primary does, one request after the other
   * @param fallback what the fallback does
   * @param provider of the fallback, which says whether it continues a text; {@code null} if
   *     unknown
   * @param least the fewest requests at the primary
   * @param most the most requests at the primary
   * @param limitMs within which the answer must be whole
   */
  private record Fault(
      String name,
      List<String> primary,
      List<String> fallback,
      String provider,
      int least,
      int most,
      long limitMs) {
    Fault(String name, List<String> primary, int least, int most, long limitMs) {
      this(name, primary, List.of("model"), null, least, most, limitMs);
    }

    @Override
    public String toString() {
      return name;
    }
  }

  static Stream<Fault> faults() {
    String slow = "model-first-" + (FULL ? 20_000 : 10_000);
    List<String> cut = List.of("die-after-40");
    List<String> stall = List.of("stall-after-20");
    List<String> model = List.of("model");
    List<String> refusing = List.of("400", "model");
    return Stream.of(
        new Fault("1: 429 with Retry-After", List.of("429-retry-after-2", "model"), 2, 2, 20_000),
        new Fault("2: 429 without, persistent", List.of("429"), 1, 4, 40_000),
        new Fault("3: 500, then healthy", List.of("500", "model"), 2, 2, 20_000),
        new Fault("4: 503, persistent", List.of("503"), 1, 6, 40_000),
        new Fault("5: a reset before the head", List.of("reset", "model"), 1, 3, 20_000),
        new Fault("6: no response at all", List.of("stall"), 1, 1, 10_000L * TENTHS),
        new Fault("7: a slow first token", List.of(slow), 1, 1, 1_500L * TENTHS),
        new Fault("8: cut after 40 tokens", cut, 1, 1, 40_000),
        new Fault("8: the same, and the fallback continues", cut, model, "vllm", 1, 1, 40_000),
        new Fault("9: a stall after 20 tokens", stall, 1, 1, 4_500L * TENTHS),
        new Fault("9: the same, and the fallback continues", stall, model, "vllm", 1, 1, 45_000),
        new Fault("10: a malformed event", List.of("malformed-after-10"), 1, 1, 30_000),
        new Fault("11: no [DONE]", List.of("no-done"), 1, 1, 8_000),
        new Fault("12: the prompt is too long", List.of("400-context"), 1, 1, 20_000),
        new Fault("14: the fallback refuses a prefill", cut, refusing, "vllm", 1, 1, 40_000),
        new Fault("16: 503 that the fallback accounts for", List.of("503"), 1, 6, 40_000));
  }

  private static String words(int number) {
    StringBuilder text = new StringBuilder("w0");
    Random random = new Random(7);
    for (int i = 1; i < number; i++) {
      text.append(' ').append(Integer.toString(1_000 + random.nextInt(40_000), 36));
    }
    return text.toString();
  }

  /** An answer as a careful client reads it. */
  private record Read(
      int status, String body, String text, String model, JsonObject usage, boolean error) {
    static Read of(int status, String body) {
      if (status != 200) {
        return new Read(status, body, "", null, null, true);
      }
      StringBuilder text = new StringBuilder();
      String model = null;
      JsonObject usage = null;
      boolean error = false;
      for (String line : body.split("\n")) {
        if (line.startsWith("data: {")) {
          JsonObject event = new JsonObject(line.substring(6));
          model = event.getString("model", model);
          usage = event.getJsonObject("usage", usage);
          error |= event.containsKey("error");
          for (Object choice : event.getJsonArray("choices", new JsonArray())) {
            JsonObject delta = ((JsonObject) choice).getJsonObject("delta");
            text.append(delta.getString("content", ""));
          }
        }
      }
      return new Read(
          status, body, text.toString(), model, usage, error || !body.contains("[DONE]"));
    }

    void assertWhole() {
      assertThat(text).as("status %d, body %s", status, body).isEqualTo(TEXT);
      assertThat(error).isFalse();
      assertThat(usage).isNotNull();
    }
  }

  private static List<Scenario> scenarios(List<String> all) {
    return all.stream().map(each -> Scenario.of(each).text(TEXT)).toList();
  }

  private static void script(String path, List<String> all) {
    RELAYS.sandbox().script(path, scenarios(all).toArray(Scenario[]::new));
  }

  /** A relay as the benchmark has it configured. */
  private static RelayOptions options(String primary, String secondary, String provider) {
    BackendOptions fallback = RELAYS.backend("openai", secondary, "beta").setProvider(provider);
    RelayOptions options =
        new RelayOptions()
            .addBackend("primary", RELAYS.backend("openai", primary, "alpha"))
            .addBackend("secondary", fallback)
            .setRetries(new RetryOptions().setMax(2))
            .setCircuit(new CircuitOptions().setScope(CircuitOptions.Scope.MODEL))
            .setGateway(new GatewayOptions().setPort(0));
    options.getResume().setMode(Resume.CONTINUE);
    if (!FULL) {
      options.setTimeouts(
          new Timeouts(null, null, Duration.ofSeconds(4), Duration.ofSeconds(4), null));
    }
    return options;
  }

  private static Read ask(HttpClient http, Relay relay, String... candidates) throws Exception {
    JsonObject request =
        new JsonObject()
            .put("stream", true)
            .put("stream_options", new JsonObject().put("include_usage", true))
            .put(
                "messages",
                JsonArray.of(new JsonObject().put("role", "user").put("content", "Sixty words.")))
            .put(
                "relay",
                new JsonObject()
                    .put("candidates", new JsonArray(List.of(candidates)))
                    .put("commit", "first-chunk"));
    int port = relay.verticle().gatewayPort();
    return http.request(HttpMethod.POST, port, "127.0.0.1", "/v1/chat/completions")
        .compose(
            out ->
                out.putHeader("content-type", "application/json")
                    .send(request.toBuffer())
                    .compose(
                        in -> in.body().map(body -> Read.of(in.statusCode(), body.toString()))))
        .await(130, SECONDS);
  }

  @ParameterizedTest
  @MethodSource("faults")
  void theWholeAnswerArrives(Fault fault) throws Exception {
    String primary = unique("primary");
    String secondary = unique("secondary");
    script(primary, fault.primary());
    script(secondary, fault.fallback());
    Relay relay = RELAYS.deploy(options(primary, secondary, fault.provider()));
    HttpClient http = RELAYS.vertx().createHttpClient();
    try {
      long start = System.nanoTime();
      Read read = ask(http, relay, "primary", "secondary");
      long ms = (System.nanoTime() - start) / 1_000_000;
      read.assertWhole();
      assertThat(ms).isLessThan(fault.limitMs() + TOLERANCE_MS);
      List<SandboxCall> calls = RELAYS.sandbox().calls(primary);
      assertThat(calls).hasSizeBetween(fault.least(), fault.most());
      if (fault.name().startsWith("1:")) {
        Duration gap = Duration.between(calls.get(0).receivedAt(), calls.get(1).receivedAt());
        assertThat(gap.toMillis()).isBetween(1_800L, 2_000 + TOLERANCE_MS);
      }
      if (fault.name().startsWith("16:")) {
        assertThat(read.model()).isEqualTo("beta");
      }
      script(secondary, List.of("model"));
      ask(http, relay, "secondary").assertWhole();
    } finally {
      http.close();
    }
  }

  /** Nobody else is asked, and the client gets the provider's reason. */
  @Test
  void thirteenIsTheRequestsOwnFault() throws Exception {
    String primary = unique("primary");
    String secondary = unique("secondary");
    script(primary, List.of("400-policy"));
    script(secondary, List.of("model"));
    Relay relay = RELAYS.deploy(options(primary, secondary, null));
    HttpClient http = RELAYS.vertx().createHttpClient();
    try {
      assertThat(ask(http, relay, "primary", "secondary").status()).isEqualTo(400);
      assertThat(RELAYS.calls(primary)).isEqualTo(1);
      assertThat(RELAYS.calls(secondary)).isZero();
    } finally {
      http.close();
    }
  }

  /** Down for a minute, and asked every four seconds: every request is served, by both in turn. */
  @Test
  void fifteenServesDuringTheOutageAndReturnsAfterIt() throws Exception {
    String primary = unique("primary");
    String secondary = unique("secondary");
    RelayOptions options = options(primary, secondary, null);
    if (!FULL) {
      options.getCircuit().setResetTimeout(Duration.ofSeconds(3));
    }
    Relay relay = RELAYS.deploy(options);
    script(secondary, List.of("model"));
    script(primary, List.of("down-for-" + 6_000 * TENTHS));
    HttpClient http = RELAYS.vertx().createHttpClient();
    try {
      long start = System.nanoTime();
      List<String> models = new ArrayList<>();
      for (int i = 0; i < 30 && !models.contains("alpha"); i++) {
        long wait = 400L * TENTHS * i - (System.nanoTime() - start) / 1_000_000;
        RELAYS.vertx().timer(Math.max(1, wait)).await(60, SECONDS);
        Read read = ask(http, relay, "primary", "secondary");
        read.assertWhole();
        models.add(read.model());
      }
      long ms = (System.nanoTime() - start) / 1_000_000;
      assertThat(models).contains("alpha", "beta");
      assertThat(ms).isBetween(6_000L * TENTHS, 9_000L * TENTHS + TOLERANCE_MS);
      assertThat(RELAYS.calls(primary)).as("no more than one for each request").isLessThan(20);
    } finally {
      http.close();
    }
  }
}
