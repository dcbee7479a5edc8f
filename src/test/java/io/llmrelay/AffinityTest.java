package io.llmrelay;

import static io.llmrelay.Relays.get;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.Relays.Relay;
import io.llmrelay.chat.Affinity;
import io.llmrelay.chat.Attempt;
import io.llmrelay.chat.ChatCompletion;
import io.llmrelay.chat.ChatMessage;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.RelayHints;
import io.llmrelay.chat.RelayHints.Prefer;
import io.llmrelay.chat.Setting;
import io.llmrelay.config.AliasOptions;
import io.llmrelay.config.ApiKeyOptions;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.config.GatewayOptions;
import io.llmrelay.config.ModelOptions;
import io.llmrelay.config.RelayOptions;
import io.llmrelay.sandbox.Sandbox;
import io.llmrelay.sandbox.SandboxOptions;
import io.llmrelay.sandbox.Scenario;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** The requests of a conversation go to the backend and key whose prompt cache is warm. */
class AffinityTest {
  @RegisterExtension static final Relays RELAYS = new Relays();

  private static final int BACKENDS = 4;
  private static final int CONVERSATIONS = 24;
  private static final int TURNS = 6;

  /** The tokens by which two estimates of the same text may differ; a turn has more. */
  private static final int ROUNDING = 4;

  private final List<String> names = new ArrayList<>();
  private final HttpClient http = HttpClient.newHttpClient();

  private RelayOptions pool(Prefer prefer, List<Affinity> affinity) {
    RelayOptions options =
        new RelayOptions()
            .setGateway(new GatewayOptions().setPort(0))
            .setAffinity(affinity)
            .setPrefer(prefer);
    names.clear();
    for (int i = 0; i < BACKENDS; i++) {
      String name = Relays.unique("b");
      names.add(name);
      options.addBackend(name, RELAYS.backend("openai", name, "m"));
    }
    return options.addAlias("pool", AliasOptions.of(names.toArray(String[]::new)));
  }

  private RelayOptions pool() {
    return pool(Prefer.WEIGHT, List.of(Affinity.values()));
  }

  /** The usage of one run of conversations. */
  private static final class Run {
    double usd;

    /** The times of the first chunks of turns whose prompt was cached, and of the others. */
    final List<Long> hitMs = new ArrayList<>();

    final List<Long> missMs = new ArrayList<>();

    double hitRate() {
      return hitMs.size() / (double) (hitMs.size() + missMs.size());
    }

    static long median(List<Long> times) {
      return times.stream().sorted().skip(times.size() / 2).findFirst().orElseThrow();
    }
  }

  /** Holds conversations at the same time; every turn repeats what was said before. */
  private static Run converse(LlmRelay relay) throws Exception {
    Run run = new Run();
    ExecutorService threads = Executors.newFixedThreadPool(CONVERSATIONS);
    try {
      List<Future<?>> all = new ArrayList<>();
      for (int i = 0; i < CONVERSATIONS; i++) {
        String topic = "Topic " + i + ": " + "tell me more about it. ".repeat(200);
        all.add(
            threads.submit(
                () -> {
                  List<ChatMessage> messages = new ArrayList<>();
                  messages.add(ChatMessage.system("You are helpful."));
                  messages.add(ChatMessage.user(topic));
                  long known = 0;
                  for (int turn = 1; turn <= TURNS; turn++) {
                    ChatCompletion answer =
                        get(relay.generate(ChatRequest.of(messages).withModel("pool")));
                    synchronized (run) {
                      run.usd += answer.costUsd();
                      if (turn > 1) {
                        boolean hit = answer.usage().cachedInputTokens() + ROUNDING >= known;
                        (hit ? run.hitMs : run.missMs).add(answer.trail().get(0).firstChunkMs());
                      }
                    }
                    known = answer.usage().inputTokens();
                    messages.add(ChatMessage.assistant(answer.text()));
                    messages.add(ChatMessage.user("And then? " + turn));
                  }
                  return null;
                }));
      }
      for (Future<?> each : all) {
        each.get();
      }
    } finally {
      threads.shutdown();
    }
    return run;
  }

  @Test
  void conversationsFindTheirPromptsCached() throws Exception {
    Run[] runs = new Run[2];
    for (int i = 0; i < 2; i++) {
      Sandbox sandbox =
          get(Sandbox.start(RELAYS.vertx(), new SandboxOptions().setPrefillMicros(100)));
      RelayOptions options = pool(Prefer.WEIGHT, i == 0 ? List.of() : List.of(Affinity.MESSAGES));
      options.setCatalog(
          List.of(
              new ModelOptions(
                  "m",
                  null,
                  null,
                  null,
                  new ModelOptions.Price(1.0, 1.0, 0.1),
                  null,
                  null,
                  null,
                  null)));
      options
          .getBackends()
          .forEach((name, backend) -> backend.setBaseUrl(sandbox.backend("openai", name)));
      Relay relay = RELAYS.deploy(options);
      runs[i] = converse(relay.client());
      RELAYS.undeploy(relay);
      get(sandbox.close());
    }
    assertThat(runs[0].hitRate()).isBetween(0.05, 0.5);
    assertThat(runs[1].hitRate()).isGreaterThanOrEqualTo(0.95);
    assertThat(runs[1].usd).isLessThan(0.6 * runs[0].usd);
    assertThat(Run.median(runs[0].hitMs)).isLessThan(Run.median(runs[0].missMs));
  }

  private HttpResponse<String> send(Relay relay, JsonObject body, String... headers)
      throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(
                URI.create(
                    "http://127.0.0.1:" + relay.verticle().gatewayPort() + "/v1/chat/completions"))
            .header("content-type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body.encode()));
    if (headers.length > 0) {
      request.headers(headers);
    }
    HttpResponse<String> answer = http.send(request.build(), HttpResponse.BodyHandlers.ofString());
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return answer;
  }

  private static JsonObject body(String text) {
    return new JsonObject()
        .put("model", "pool")
        .put("messages", JsonArray.of(JsonObject.of("role", "user", "content", text)));
  }

  private static String header(HttpResponse<String> answer, String name) {
    return answer.headers().firstValue(name).orElse(null);
  }

  @ParameterizedTest
  @CsvSource({
    "x-session-id, session",
    "x-claude-code-session-id, session",
    "x-session-affinity, session",
    "session_id, session",
  })
  void aSessionHeaderKeepsItsRequestsTogether(String header, String source) throws Exception {
    Relay relay = RELAYS.deploy(pool());
    Set<String> all = new HashSet<>();
    for (int session = 0; session < 12; session++) {
      Set<String> backends = new HashSet<>();
      for (int i = 0; i < 3; i++) {
        HttpResponse<String> answer =
            send(relay, body("Question " + i).put("stream", i == 1), header, "s" + session);
        backends.add(header(answer, "x-relay-backend"));
        assertThat(header(answer, "x-relay-affinity")).isEqualTo(source);
      }
      assertThat(backends).hasSize(1);
      all.addAll(backends);
    }
    assertThat(all).hasSizeGreaterThan(1);
  }

  @ParameterizedTest
  @EnumSource(Affinity.class)
  void anyOfTheSourcesIdentifiesAConversation(Affinity source) throws Exception {
    Relay relay = RELAYS.deploy(pool(Prefer.WEIGHT, List.of(source)));
    Set<String> backends = new HashSet<>();
    for (int i = 0; i < 6; i++) {
      String text = source == Affinity.MESSAGES ? "Hi" : "Question " + i;
      ChatRequest request =
          ChatRequest.of(ChatMessage.user(text), ChatMessage.assistant("" + i), user(i))
              .withModel("pool");
      request =
          switch (source) {
            case SESSION -> request.withRelay(RelayHints.NONE.withAffinity("mine"));
            case PROMPT_CACHE_KEY -> request.withSetting(Setting.PROMPT_CACHE_KEY, "key");
            case USER -> request.withUser("someone");
            case MESSAGES -> request;
          };
      Seen seen = Seen.of(relay.client(), request, i % 2 == 0);
      backends.add(seen.backend());
      assertThat(seen.trail()).extracting(Attempt::affinity).containsExactly(source.code());
    }
    assertThat(backends).hasSize(1);
  }

  private static ChatMessage user(int i) {
    return ChatMessage.user("More of " + i);
  }

  @Test
  void everyRelayOfOneConfigurationChoosesTheSameBackend() throws Exception {
    RelayOptions options = pool();
    Relay one = RELAYS.deploy(new RelayOptions(options));
    Relay other = RELAYS.deploy(new RelayOptions(options));
    for (int i = 0; i < 12; i++) {
      String session = "s" + i;
      assertThat(header(send(one, body("Hi"), "x-session-id", session), "x-relay-backend"))
          .isEqualTo(header(send(other, body("Ho"), "x-session-id", session), "x-relay-backend"));
    }
  }

  @Test
  void aConversationMovesWhileItsBackendFailsAndReturns() throws Exception {
    Relay relay = RELAYS.deploy(pool());
    String home = header(send(relay, body("Hi"), "x-session-id", "s"), "x-relay-backend");
    RELAYS.sandbox().script(home, Scenario.http(500));
    Set<String> refuges = new HashSet<>();
    for (int i = 0; i < 3; i++) {
      HttpResponse<String> answer = send(relay, body("Hi"), "x-session-id", "s");
      refuges.add(header(answer, "x-relay-backend"));
      assertThat(header(answer, "x-relay-affinity")).isEqualTo("session;moved");
    }
    assertThat(refuges).hasSize(1).doesNotContain(home);
    RELAYS.sandbox().unscript(home);
    HttpResponse<String> back = send(relay, body("Hi"), "x-session-id", "s");
    assertThat(header(back, "x-relay-backend")).isEqualTo(home);
    assertThat(header(back, "x-relay-affinity")).isEqualTo("session");
  }

  @Test
  void aConversationKeepsTheKeyOfItsBackend() throws Exception {
    String name = Relays.unique("keys");
    List<ApiKeyOptions> keys = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      keys.add(new ApiKeyOptions("sk-key-0123456789-" + i));
    }
    BackendOptions backend = RELAYS.backend("openai", name, "m").setApiKey(null).setApiKeys(keys);
    Relay relay =
        RELAYS.deploy(
            new RelayOptions().setAffinity(List.of(Affinity.USER)).addBackend(name, backend));
    Set<String> all = new HashSet<>();
    for (int user = 0; user < 12; user++) {
      Set<String> used = new HashSet<>();
      for (int i = 0; i < 4; i++) {
        ChatRequest request = ChatRequest.of(user(i)).withUser("u" + user);
        Attempt attempt = Seen.of(relay.client(), request, true).trail().get(0);
        used.add(attempt.key());
        assertThat(attempt.affinity()).isEqualTo("user");
      }
      assertThat(used).hasSize(1);
      all.addAll(used);
    }
    assertThat(all).hasSizeGreaterThan(1);
  }

  @Test
  void withoutAffinityRequestsAreSpread() throws Exception {
    Relay relay = RELAYS.deploy(pool(Prefer.WEIGHT, List.of()));
    Set<String> backends = new HashSet<>();
    for (int i = 0; i < 40; i++) {
      HttpResponse<String> answer = send(relay, body("Hi"));
      backends.add(header(answer, "x-relay-backend"));
      assertThat(header(answer, "x-relay-affinity")).isNull();
    }
    assertThat(backends).hasSize(BACKENDS);
  }

  @Test
  void thePlanNamesTheAttachedCandidate() {
    Relay relay = RELAYS.deploy(pool());
    ChatRequest request =
        ChatRequest.of(ChatMessage.user("Hi")).withModel("pool").withUser("someone");
    assertThat(get(relay.client().plan(request)).candidates().get(0).message())
        .isEqualTo("position 1: of the alias pool, weight 1, affinity by user");
  }
}
