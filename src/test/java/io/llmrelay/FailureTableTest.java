package io.llmrelay;

import static io.llmrelay.Relays.eventually;
import static io.llmrelay.Relays.unique;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.Relays.Relay;
import io.llmrelay.chat.ChatMessage;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.Timeouts;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.config.CircuitOptions;
import io.llmrelay.config.ModelOptions;
import io.llmrelay.config.RelayOptions;
import io.llmrelay.sandbox.Sandbox;
import io.llmrelay.sandbox.SandboxOptions;
import io.llmrelay.sandbox.Scenario;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every way a backend can fail, through real HTTP, streaming and not, in both dialects: what the
 * consumer sees byte for byte, who was asked how often, what the hooks were told in which order,
 * and what is known of the backend afterwards.
 *
 * <p>The table is the test. Its columns:
 *
 * <ul>
 *   <li>the primary: a scenario of the sandbox, or what no sandbox does; {@code @head} says which
 *       timer is short, {@code openai:} that the row is about that dialect only
 *   <li>seen as, http: the kind and the status of the failure
 *   <li>served by: {@code fallback}, the next backend; {@code larger}, the one whose window is
 *       known to be larger; {@code primary} itself with its finish reason; {@code nobody}; or
 *       {@code 3 tokens}, after which a stream breaks off, while a whole answer is the fallback's
 *   <li>circuit: the primary's, where one failure is enough to open it
 *   <li>left alone: the model or the backend, and for how many seconds, or until the next month, or
 *       until a probe succeeds
 * </ul>
 */
class FailureTableTest {
  private static final String TABLE =
      """
      the primary                   | seen as         | http | served by      | circuit | left alone
      -- HTTP errors
      401                           | authentication  | 401  | fallback       | closed  | backend probe
      402                           | quota_exhausted | 402  | fallback       | closed  | backend 300
      403                           | permission      | 403  | fallback       | closed  | model 30
      404                           | model_not_found | 404  | fallback       | closed  |
      408                           | timeout         | 408  | fallback       | open    |
      429                           | rate_limited    | 429  | fallback       | closed  | model 10
      429-retry-after-7             | rate_limited    | 429  | fallback       | closed  | model 7
      openai: 429-quota             | quota_exhausted | 429  | fallback       | closed  | backend 300
      anthropic: 429-quota          | quota_exhausted | 429  | fallback       | closed  | backend month
      500                           | server_error    | 500  | fallback       | open    |
      500-retry-after-3             | server_error    | 500  | fallback       | open    | model 3
      502                           | server_error    | 502  | fallback       | open    |
      502-html                      | server_error    | 502  | fallback       | open    |
      503                           | overloaded      | 503  | fallback       | open    |
      503-retry-after-7             | overloaded      | 503  | fallback       | open    | model 7
      503-retry-after-86400         | overloaded      | 503  | fallback       | open    | model 300
      503-empty                     | overloaded      | 503  | fallback       | open    |
      504                           | timeout         | 504  | fallback       | open    |
      529                           | overloaded      | 529  | fallback       | open    |
      redirect                      | server_error    | 307  | fallback       | open    |
      -- the request is to blame
      400                           | invalid_request | 400  | nobody         | closed  |
      400-policy                    | content_filter  | 400  | nobody         | closed  |
      400-context                   | context_length  | 400  | larger         | closed  |
      -- no answer at all
      (refused)                     | network         | 0    | fallback       | open    |
      (plain port)                  | network         | 0    | fallback       | open    |
      (silent port) @connect        | timeout         | 0    | fallback       | open    |
      die                           | network         | 0    | fallback       | open    |
      (reset) die                   | network         | 0    | fallback       | open    |
      stall @head                   | timeout         | 0    | fallback       | open    |
      -- a 200 without a token
      stall-after-head @first-chunk | timeout         | 0    | fallback       | open    |
      comments @first-chunk         | timeout         | 0    | fallback       | open    |
      stall-after-role @first-chunk | timeout         | 0    | fallback       | open    |
      pings @first-chunk            | timeout         | 0    | fallback       | open    |
      sse-error                     | overloaded      | 200  | fallback       | open    |
      sse-error-401                 | authentication  | 200  | fallback       | closed  | backend probe
      sse-error-429                 | rate_limited    | 200  | fallback       | closed  | model 10
      sse-error-after-comments      | overloaded      | 200  | fallback       | open    |
      sse-error-after-role          | overloaded      | 200  | fallback       | open    |
      sse-error-done                | overloaded      | 200  | fallback       | open    |
      openai: 200-error             | overloaded      | 200  | fallback       | open    |
      anthropic: 200-error          | server_error    | 200  | fallback       | open    |
      200-html                      | server_error    | 200  | fallback       | open    |
      200-empty                     | server_error    | 200  | fallback       | open    |
      malformed-after-role          | server_error    | 200  | fallback       | open    |
      empty                         | empty_answer    | 0    | fallback       | open    |
      usage-only                    | network         | 200  | fallback       | open    |
      end-after-role                | network         | 200  | fallback       | open    |
      die-after-head                | network         | 200  | fallback       | open    |
      die-after-role                | network         | 200  | fallback       | open    |
      (reset) die-after-role        | network         | 200  | fallback       | open    |
      content-filter-chunks-1       | content_filter  | 0    | nobody         | closed  |
      length-empty                  |                 |      | primary length | closed  |
      -- after three tokens
      sse-error-after-3             | overloaded      | 200  | 3 tokens       | open    |
      sse-error-429-after-3         | rate_limited    | 200  | 3 tokens       | closed  | model 10
      (reset) die-after-3           | network         | 200  | 3 tokens       | open    |
      die-after-3                   | network         | 200  | 3 tokens       | open    |
      die-in-frame-after-3          | network         | 200  | 3 tokens       | open    |
      end-after-3                   | network         | 200  | 3 tokens       | open    |
      stall-after-3 @stall          | timeout         | 0    | 3 tokens       | open    |
      """;

  private static final String[] TOKENS = {"eins", " zwei漢字", " drei🙂", " vier", " fünf", " sechs"};
  private static final String FALLBACK = "Déjà vu: 漢字 and 🙂 arrive whole from the fallback.";
  private static final ChatRequest REQUEST =
      ChatRequest.of(ChatMessage.user("Why is the sky blue?"));
  private static final Duration TIMEOUT = Duration.ofMillis(400);

  @RegisterExtension static final Relays RELAYS = new Relays();
  private static Sandbox resetting;
  private static ServerSocket silent;
  private static int refused;

  /** One line of the table. */
  record Row(
      String name, String kind, int status, String servedBy, String circuit, String leftAlone) {

    static Row parse(String line) {
      String[] cells = Stream.of(line.split("\\|", -1)).map(String::strip).toArray(String[]::new);
      int status = cells[2].isEmpty() ? 0 : Integer.parseInt(cells[2]);
      return new Row(cells[0], cells[1], status, cells[3], cells[4], cells[5]);
    }

    /** How many tokens come before the failure. */
    int tokens() {
      return servedBy.endsWith(" tokens") ? Integer.parseInt(servedBy.split(" ")[0]) : 0;
    }

    boolean fails() {
      return !servedBy.startsWith("primary");
    }

    /** What the registry of exhaustion calls what is left alone. */
    String exhausted() {
      return leftAlone.startsWith("backend") ? "primary" : "primary/alpha";
    }

    /** For how long that is, in milliseconds; -1 where nobody knows. */
    long forMs() {
      String seconds = leftAlone.split(" ")[1];
      if (seconds.equals("probe")) {
        return -1;
      }
      if (!seconds.equals("month")) {
        return Long.parseLong(seconds) * 1000;
      }
      ZonedDateTime now = ZonedDateTime.now(ZoneOffset.UTC);
      ZonedDateTime nextMonth = now.truncatedTo(ChronoUnit.DAYS).withDayOfMonth(1).plusMonths(1);
      return now.until(nextMonth, ChronoUnit.MILLIS);
    }

    Stream<String> dialects() {
      return name.contains(":") ? Stream.of(name.split(":")[0]) : Stream.of("openai", "anthropic");
    }

    /** What the primary does. */
    String primary() {
      return name.replaceAll("^.*: | @.*$", "");
    }

    /** The timer that is short, or an empty string. */
    String timer() {
      return name.replaceAll("^[^@]*@?", "");
    }

    /** Whether the primary ever sees a request. */
    boolean reaches() {
      return !name.startsWith("(") || name.startsWith("(reset)");
    }

    @Override
    public String toString() {
      return name;
    }
  }

  static Stream<Row> rows() {
    return TABLE.lines().skip(1).filter(line -> line.contains("|")).map(Row::parse);
  }

  private static Stream<Arguments> inEveryWay(Row row) {
    return row.dialects()
        .flatMap(
            dialect ->
                Stream.of("stream", "generate").map(mode -> Arguments.of(row, dialect, mode)));
  }

  static Stream<Arguments> everyRow() {
    return rows().flatMap(FailureTableTest::inEveryWay);
  }

  static Stream<Arguments> everyFailure() {
    return rows().filter(Row::fails).flatMap(FailureTableTest::inEveryWay);
  }

  @BeforeAll
  static void servers() throws IOException {
    SandboxOptions options =
        new SandboxOptions().setResetOnClose(true).setHttp2(OverHttp2Test.isOn());
    resetting = Relays.get(Sandbox.start(RELAYS.vertx(), options));
    silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    try (ServerSocket closed = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      refused = closed.getLocalPort();
    }
  }

  @BeforeEach
  void awayFromTheEndOfAMonth() throws InterruptedException {
    Midnight.isNotNear();
  }

  @AfterAll
  static void close() throws IOException {
    Relays.get(resetting.close());
    silent.close();
  }

  @ParameterizedTest(name = "{0} ({1}, {2})")
  @MethodSource("everyRow")
  void withFallbacks(Row row, String dialect, String mode) throws Exception {
    boolean streaming = mode.equals("stream");
    String path = unique("row");
    Relay relay =
        RELAYS.deploy(
            options(row, dialect, path)
                .addBackend("secondary", RELAYS.backend("openai", path + "secondary", "beta"))
                .addBackend("larger", RELAYS.backend("openai", path + "larger", "gamma"))
                .setCatalog(
                    List.of(
                        new ModelOptions("alpha", "primary", 8_000, null, null),
                        new ModelOptions("beta", "secondary", 8_000, null, null),
                        new ModelOptions("gamma", "larger", 16_000, null, null))));
    RELAYS.sandbox().script(path + "secondary", Scenario.ok().text(FALLBACK));
    RELAYS.sandbox().script(path + "larger", Scenario.ok().text(FALLBACK));

    Seen seen = Seen.of(relay.client(), REQUEST, streaming);

    String servedBy = row.servedBy();
    if (row.tokens() > 0) {
      servedBy = streaming ? "nobody" : "fallback";
    }
    List<String> hooks =
        switch (servedBy) {
          case "fallback" -> servedByFallback(row, seen);
          case "larger" -> servedByLarger(row, seen);
          case "nobody" -> servedByNobody(row, seen, streaming ? row.tokens() : 0);
          default -> servedByPrimary(row, seen);
        };
    assertThat(seen.signals()).isEqualTo(1);
    assertThat(callsOf(path + "primary")).isEqualTo(row.reaches() ? 1 : 0);
    assertThat(callsOf(path + "secondary")).isEqualTo(servedBy.equals("fallback") ? 1 : 0);
    assertThat(callsOf(path + "larger")).isEqualTo(servedBy.equals("larger") ? 1 : 0);
    eventually(() -> assertThat(relay.hooks().ofRequests()).isEqualTo(hooks));
    backendsAfterwards(row, relay);
  }

  /** Nobody is left: the failure itself, with the trail, and how long to wait if that is known. */
  @ParameterizedTest(name = "{0} ({1}, {2})")
  @MethodSource("everyFailure")
  void alone(Row row, String dialect, String mode) throws Exception {
    boolean streaming = mode.equals("stream");
    String path = unique("row");
    Relay relay = RELAYS.deploy(options(row, dialect, path));

    Seen seen = Seen.of(relay.client(), REQUEST, streaming);

    List<String> hooks = servedByNobody(row, seen, streaming ? row.tokens() : 0);
    assertThat(seen.signals()).isEqualTo(1);
    assertThat(callsOf(path + "primary")).isEqualTo(row.reaches() ? 1 : 0);
    eventually(() -> assertThat(relay.hooks().ofRequests()).isEqualTo(hooks));
    backendsAfterwards(row, relay);
  }

  /** A backend whose circuit is open is not asked; nor is one that said when to come back. */
  @ParameterizedTest(name = "{0} after {1} ({2})")
  @CsvSource({
    "circuit_open, 503,               stream,   1",
    "circuit_open, 503,               generate, 1",
    "exhausted,    429-retry-after-7, stream,   2",
    "exhausted,    429-retry-after-7, generate, 2"
  })
  void skipped(String reason, String before, String mode, int maxFailures) throws Exception {
    String path = unique("row");
    Relay relay = RELAYS.deploy(twoBackends(path, maxFailures));
    RELAYS.sandbox().script(path + "primary", Scenario.of(before), Scenario.ok());
    RELAYS.sandbox().script(path + "secondary", Scenario.ok().text(FALLBACK));
    assertThat(Seen.of(relay.client(), REQUEST, true).text()).isEqualTo(FALLBACK);
    eventually(() -> assertThat(relay.hooks().ends()).hasSize(1));
    JsonObject known = relay.health("primary");
    RELAYS.sandbox().clearCalls();
    relay.hooks().clear();

    Seen seen = Seen.of(relay.client(), REQUEST, mode.equals("stream"));

    assertThat(seen.text()).isEqualTo(FALLBACK);
    assertThat(trail(seen))
        .containsExactly("primary/alpha skipped " + reason, "secondary/beta served null");
    assertThat(callsOf(path + "primary")).isZero();
    assertThat(callsOf(path + "secondary")).isEqualTo(1);
    eventually(
        () ->
            assertThat(relay.hooks().ofRequests())
                .containsExactly(
                    "onRequestStart",
                    "onFallback primary/alpha > secondary/beta: " + reason,
                    "onAttemptStart 1 secondary",
                    "onFirstChunk secondary",
                    "onAttemptEnd 1 secondary: served",
                    "onRequestEnd secondary: stop"));
    assertThat(relay.hooks().ofBackends()).isEmpty();
    JsonObject now = relay.health("primary");
    assertThat(now.getJsonObject("circuit")).isEqualTo(known.getJsonObject("circuit"));
    assertThat(now.getJsonObject("exhausted").fieldNames())
        .isEqualTo(known.getJsonObject("exhausted").fieldNames());
  }

  /**
   * Everybody fails: one failure with the whole trail, and the time until the first one is back.
   * After that nobody is asked any more, and the request fails at once.
   */
  @ParameterizedTest(name = "{0} and {1}: {2} ({6})")
  @CsvSource({
    "429-retry-after-9, 429-retry-after-7,  rate_limited, exhausted,    7, 2, stream",
    "429-retry-after-9, 429-retry-after-7,  rate_limited, exhausted,    7, 2, generate",
    "503-retry-after-9, 429-retry-after-20, unavailable,  exhausted,    9, 2, stream",
    "429-quota,         429-retry-after-7,  unavailable,  exhausted,    7, 2, generate",
    "503,               503,                overloaded,   circuit_open, 0, 1, stream",
    "die,               500,                unavailable,  circuit_open, 0, 1, generate"
  })
  void everybodyOut(
      String primary,
      String secondary,
      String kind,
      String skip,
      long retryAfter,
      int maxFailures,
      String mode)
      throws Exception {
    boolean streaming = mode.equals("stream");
    String path = unique("row");
    Relay relay = RELAYS.deploy(twoBackends(path, maxFailures));
    RELAYS.sandbox().script(path + "primary", Scenario.of(primary));
    RELAYS.sandbox().script(path + "secondary", Scenario.of(secondary));

    Seen first = Seen.of(relay.client(), REQUEST, streaming);

    assertThat(first.text()).isEmpty();
    assertThat(first.failure().kind().code()).isEqualTo(kind);
    assertThat(first.trail())
        .hasSize(2)
        .allMatch(a -> a.toJson().getString("result").equals("failed"));
    isAbout(first.failure().retryAfterMs(), retryAfter);
    eventually(() -> assertThat(relay.hooks().ends()).hasSize(1));
    relay.hooks().clear();

    Awake watch = Awake.begin();
    Seen second = Seen.of(relay.client(), REQUEST, streaming);
    Duration took = watch.elapsed();

    assertThat(second.text()).isEmpty();
    assertThat(trail(second))
        .containsExactly("primary/alpha skipped " + skip, "secondary/beta skipped " + skip);
    // An open circuit says when its next trial is: the reset timeout of 30 s.
    isAbout(second.failure().retryAfterMs(), retryAfter == 0 ? 30 : retryAfter);
    assertThat(second.failure().retryable()).isTrue();
    assertThat(callsOf(path + "primary")).isEqualTo(1);
    assertThat(callsOf(path + "secondary")).isEqualTo(1);
    eventually(() -> assertThat(relay.hooks().ofRequests()).hasSize(2));
    assertThat(relay.hooks().ofRequests().get(0)).isEqualTo("onRequestStart");
    assertThat(took).isLessThan(Duration.ofSeconds(1));
    assertThat(relay.hooks().ends().get(0).failure().kind()).isEqualTo(second.failure().kind());
  }

  private static RelayOptions twoBackends(String path, int maxFailures) {
    return new RelayOptions()
        .addBackend("primary", RELAYS.backend("openai", path + "primary", "alpha"))
        .addBackend("secondary", RELAYS.backend("anthropic", path + "secondary", "beta"))
        .setCircuit(new CircuitOptions().setMaxFailures(maxFailures));
  }

  private static void isAbout(long ms, long seconds) {
    if (seconds == 0) {
      assertThat(ms).isEqualTo(-1);
    } else {
      assertThat(ms).isBetween(seconds * 1000 - 5_000, seconds * 1000);
    }
  }

  // Who served it: each says what the consumer saw and returns the hooks.

  private static List<String> servedByFallback(Row row, Seen seen) {
    assertThat(seen.failure()).isNull();
    assertThat(seen.text()).isEqualTo(FALLBACK);
    assertThat(seen.backend()).isEqualTo("secondary");
    assertThat(seen.finishReason().code()).isEqualTo("stop");
    assertThat(trail(seen))
        .containsExactly("primary/alpha failed " + row.kind(), "secondary/beta served null");
    assertThat(seen.trail().get(0).status()).isEqualTo(row.status());
    return List.of(
        "onRequestStart",
        "onAttemptStart 1 primary",
        "onAttemptEnd 1 primary: " + row.kind(),
        "onFallback primary/alpha > secondary/beta: " + row.kind(),
        "onAttemptStart 2 secondary",
        "onFirstChunk secondary",
        "onAttemptEnd 2 secondary: served",
        "onRequestEnd secondary: stop");
  }

  private static List<String> servedByLarger(Row row, Seen seen) {
    assertThat(seen.failure()).isNull();
    assertThat(seen.text()).isEqualTo(FALLBACK);
    assertThat(seen.backend()).isEqualTo("larger");
    assertThat(trail(seen))
        .containsExactly(
            "primary/alpha failed " + row.kind(),
            "secondary/beta skipped context_window",
            "larger/gamma served null");
    return List.of(
        "onRequestStart",
        "onAttemptStart 1 primary",
        "onAttemptEnd 1 primary: " + row.kind(),
        "onFallback secondary/beta > larger/gamma: context_window",
        "onAttemptStart 2 larger",
        "onFirstChunk larger",
        "onAttemptEnd 2 larger: served",
        "onRequestEnd larger: stop");
  }

  private static List<String> servedByPrimary(Row row, Seen seen) {
    String finishReason = row.servedBy().split(" ")[1];
    assertThat(seen.failure()).isNull();
    assertThat(seen.text()).isEmpty();
    assertThat(seen.finishReason().code()).isEqualTo(finishReason);
    assertThat(trail(seen)).containsExactly("primary/alpha served null");
    return List.of(
        "onRequestStart",
        "onAttemptStart 1 primary",
        "onFirstChunk primary",
        "onAttemptEnd 1 primary: served",
        "onRequestEnd primary: " + finishReason);
  }

  private static List<String> servedByNobody(Row row, Seen seen, int tokens) {
    String text = String.join("", Arrays.copyOf(TOKENS, tokens));
    Failure failure = seen.failure();
    assertThat(seen.text()).isEqualTo(text);
    assertThat(failure).isNotNull();
    assertThat(failure.kind().code()).isEqualTo(row.kind());
    assertThat(failure.status()).isEqualTo(row.status());
    assertThat(failure.backend()).isEqualTo("primary");
    assertThat(failure.model()).isEqualTo("alpha");
    assertThat(failure.field()).isNull();
    assertThat(failure.requestId()).isNotNull();
    assertThat(failure.retryable()).isEqualTo(FailureKind.of(row.kind()).retryable());
    assertThat(failure.deliveredChunks()).isBetween(tokens == 0 ? 0L : 1L, (long) tokens);
    assertThat(failure.deliveredBytes()).isEqualTo(text.getBytes(UTF_8).length);
    assertThat(trail(seen)).containsExactly("primary/alpha failed " + row.kind());
    if (row.leftAlone().isEmpty()) {
      assertThat(failure.retryAfterMs()).isEqualTo(-1);
    } else {
      long expected = row.forMs();
      assertThat(failure.retryAfterMs()).isBetween(expected - 5_000, expected + 5_000);
    }
    List<String> hooks = new ArrayList<>(List.of("onRequestStart", "onAttemptStart 1 primary"));
    if (tokens > 0) {
      hooks.add("onFirstChunk primary");
    }
    hooks.add("onAttemptEnd 1 primary: " + row.kind());
    hooks.add("onRequestEnd " + (tokens > 0 ? "primary: " : "null: ") + row.kind());
    return hooks;
  }

  /** The circuit and the registry of exhaustion, as the hooks and the health report have them. */
  private static void backendsAfterwards(Row row, Relay relay) {
    boolean open = row.circuit().equals("open");
    List<String> hooks = new ArrayList<>();
    if (!row.leftAlone().isEmpty()) {
      hooks.add("onExhausted " + row.exhausted() + ": " + row.kind());
    }
    if (open) {
      hooks.add("onCircuitStateChange primary: closed > open");
    }
    eventually(() -> assertThat(relay.hooks().ofBackends()).isEqualTo(hooks));
    JsonObject health = relay.health("primary");
    assertThat(health.getJsonObject("circuit").getString("primary")).isEqualTo(row.circuit());
    JsonObject exhausted = health.getJsonObject("exhausted");
    if (row.leftAlone().isEmpty()) {
      assertThat(exhausted).isEmpty();
    } else {
      assertThat(exhausted.fieldNames()).containsExactly(row.exhausted());
      long expected = row.forMs();
      assertThat(exhausted.getLong(row.exhausted())).isBetween(expected - 5_000, expected + 5_000);
    }
  }

  private static List<String> trail(Seen seen) {
    return seen.trail().stream()
        .map(
            attempt ->
                "%s/%s %s %s"
                    .formatted(
                        attempt.backend(),
                        attempt.model(),
                        attempt.toJson().getString("result"),
                        attempt.reason()))
        .toList();
  }

  private static RelayOptions options(Row row, String dialect, String path) {
    return new RelayOptions()
        .addBackend("primary", primary(row, dialect, path + "primary"))
        .setTimeouts(timeouts(row))
        .setCircuit(new CircuitOptions().setMaxFailures(1));
  }

  private static BackendOptions primary(Row row, String dialect, String path) {
    BackendOptions options = RELAYS.backend(dialect, path, "alpha");
    switch (row.primary()) {
      case "(refused)" -> options.setBaseUrl("http://127.0.0.1:" + refused);
      case "(plain port)" -> options.setBaseUrl("https://127.0.0.1:" + RELAYS.sandbox().port());
      case "(silent port)" -> options.setBaseUrl("https://127.0.0.1:" + silent.getLocalPort());
      default -> {
        boolean reset = row.primary().startsWith("(reset) ");
        Sandbox sandbox = reset ? resetting : RELAYS.sandbox();
        Scenario scenario = Scenario.of(row.primary().replace("(reset) ", ""));
        sandbox.script(path, scenario.text(String.join("", TOKENS)));
        if (reset) {
          String url = options.getBaseUrl();
          options.setBaseUrl(url.replace(RELAYS.sandbox().baseUrl(), resetting.baseUrl()));
        }
      }
    }
    return options;
  }

  private static int callsOf(String path) {
    return RELAYS.calls(path) + resetting.calls(path).size();
  }

  /** The row's timer is short by configuration: what a request shortens speaks against nobody. */
  private static Timeouts timeouts(Row row) {
    Duration connect = row.timer().equals("connect") ? TIMEOUT : null;
    Duration head = row.timer().equals("head") ? TIMEOUT : null;
    Duration firstChunk = row.timer().equals("first-chunk") ? TIMEOUT : null;
    Duration stall = row.timer().equals("stall") ? TIMEOUT : null;
    return new Timeouts(connect, head, firstChunk, stall, null);
  }
}
