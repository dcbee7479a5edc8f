package io.llmrelay;

import static io.llmrelay.Relays.unique;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.llmrelay.Relays.Relay;
import io.llmrelay.chat.Attempt;
import io.llmrelay.chat.ChatMessage;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.Resume;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.config.BudgetOptions;
import io.llmrelay.config.CircuitOptions;
import io.llmrelay.config.GatewayOptions;
import io.llmrelay.config.RelayOptions;
import io.llmrelay.sandbox.SandboxCall;
import io.llmrelay.sandbox.Scenario;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Streams that break off and are resumed by other backends, through the front door. */
class ResumedStreamTest {
  private static final String TEXT = "one two three four five six";

  @RegisterExtension static final Relays RELAYS = new Relays();

  private String primary;
  private String secondary;

  @BeforeEach
  void names() {
    primary = unique("primary");
    secondary = unique("secondary");
    RELAYS.sandbox().script(primary, Scenario.of("reset-after-3").text(TEXT));
    RELAYS.sandbox().script(secondary, Scenario.ok().text(TEXT));
  }

  private RelayOptions options(String model, BackendOptions other) {
    return new RelayOptions()
        .addBackend("primary", RELAYS.backend("openai", primary, "alpha"))
        .addBackend("secondary", other.setModels(List.of(model)));
  }

  private RelayOptions options(String model) {
    return options(model, RELAYS.backend("openai", secondary, model));
  }

  private static ChatRequest asking(String resume) {
    JsonObject message = ChatMessage.user("Count.").toJson();
    return ChatRequest.fromJson(
        new JsonObject()
            .put("messages", JsonArray.of(message))
            .put("relay", new JsonObject().put("resume", resume)));
  }

  private static FailureKind kind(Seen seen) {
    return seen.failure() == null ? null : seen.failure().kind();
  }

  private long calls(String backend) {
    return RELAYS.sandbox().calls(backend).size();
  }

  @Test
  void aTwinContinuesWhatBrokeOff() throws Exception {
    Relay relay = RELAYS.deploy(options("alpha"));
    Seen seen = Seen.of(relay.client(), asking("verify"), true);
    assertThat(seen.text()).isEqualTo(TEXT);
    assertThat(kind(seen)).isNull();
    assertThat(seen.trail())
        .extracting(Attempt::backend, Attempt::result)
        .containsExactly(
            tuple("primary", Attempt.Result.FAILED), tuple("secondary", Attempt.Result.SERVED));
    assertThat(seen.trail().get(1).resumedAtBytes()).isEqualTo("one two three".length());
    assertThat(relay.hooks().ofRequests())
        .contains("onResumed primary/alpha > secondary/alpha: network after 13 bytes");
  }

  @ParameterizedTest
  @ValueSource(strings = {"one two three four five six!", "one two", "one, two, three", "two"})
  void anotherAnswerIsNotShown(String other) throws Exception {
    RELAYS.sandbox().script(secondary, Scenario.ok().text(other));
    Relay relay = RELAYS.deploy(options("alpha"));
    Seen seen = Seen.of(relay.client(), asking("verify"), true);
    if (other.startsWith("one two three four")) {
      assertThat(seen.text()).isEqualTo(other);
      assertThat(kind(seen)).isNull();
    } else {
      assertThat(seen.text()).isEqualTo("one two three");
      assertThat(kind(seen)).isEqualTo(FailureKind.NETWORK);
      assertThat(seen.trail()).extracting(Attempt::result).contains(Attempt.Result.DIVERGED);
    }
  }

  @Test
  void theBudgetOfWhoResumesCountsAndIsKept() throws Exception {
    RelayOptions options = options("alpha");
    options
        .getBackends()
        .get("secondary")
        .setBudget(new BudgetOptions().setRequestsPerDay(1L).setTokensPerDay(1_000_000L));
    Relay relay = RELAYS.deploy(options);
    assertThat(Seen.of(relay.client(), asking("verify"), true).text()).isEqualTo(TEXT);
    JsonObject budget = relay.health("secondary").getJsonObject("budget");
    assertThat(budget.getJsonObject("requests-per-day").getInteger("used")).isEqualTo(1);
    assertThat(budget.getJsonObject("tokens-per-day").getInteger("used")).isPositive();

    Seen second = Seen.of(relay.client(), asking("verify"), true);
    assertThat(second.text()).isEqualTo("one two three");
    assertThat(kind(second)).isEqualTo(FailureKind.NETWORK);
    assertThat(second.trail())
        .filteredOn(attempt -> attempt.backend().equals("secondary"))
        .extracting(Attempt::result, Attempt::reason)
        .containsExactly(tuple(Attempt.Result.SKIPPED, "budget"));
    assertThat(calls(secondary)).isEqualTo(1);
    budget = relay.health("secondary").getJsonObject("budget");
    assertThat(budget.getJsonObject("requests-per-day").getInteger("used")).isEqualTo(1);
  }

  @Test
  void theSameBackendIsAskedAgainIfThereIsNoOther() throws Exception {
    RELAYS
        .sandbox()
        .script(primary, Scenario.of("reset-after-3").text(TEXT), Scenario.ok().text(TEXT));
    Relay relay = RELAYS.deploy(options("beta"));
    Seen seen = Seen.of(relay.client(), asking("verify"), true);
    assertThat(seen.text()).isEqualTo(TEXT);
    assertThat(calls(secondary)).as("another model").isZero();
    assertThat(calls(primary)).isEqualTo(2);
  }

  @Test
  void byDefaultAndWhereTheRequestSaysNoItFails() throws Exception {
    RelayOptions options = options("alpha");
    options.getResume().setMode(Resume.VERIFY);
    Relay relay = RELAYS.deploy(options);
    assertThat(kind(Seen.of(relay.client(), asking("off"), true))).isEqualTo(FailureKind.NETWORK);
    assertThat(calls(secondary)).isZero();
    ChatRequest plain = ChatRequest.of(ChatMessage.user("Count."));
    assertThat(Seen.of(relay.client(), plain, true).text()).isEqualTo(TEXT);
  }

  @Test
  void onlyTheNamedAliasesAndBackendsAreResumed() throws Exception {
    RelayOptions options = options("alpha");
    options.addAlias("safe", "primary", "secondary");
    options.getResume().setMode(Resume.VERIFY).setOnly(List.of("safe"));
    Relay relay = RELAYS.deploy(options);
    ChatRequest plain = ChatRequest.of(ChatMessage.user("Count."));
    assertThat(kind(Seen.of(relay.client(), plain, true))).isEqualTo(FailureKind.NETWORK);
    assertThat(Seen.of(relay.client(), plain.withModel("safe"), true).text()).isEqualTo(TEXT);
  }

  @ParameterizedTest
  @ValueSource(strings = {"verify", "continue"})
  void anAnswerBeyondTheLimitFails(String how) throws Exception {
    RelayOptions options = options("alpha");
    options.getResume().setMaxSize(70);
    Relay relay = RELAYS.deploy(options);
    assertThat(kind(Seen.of(relay.client(), asking(how), true))).isEqualTo(FailureKind.NETWORK);
  }

  @Test
  void anAnswerThatOutgrowsTheLimitAfterItWasResumedGoesOn() throws Exception {
    RelayOptions options = options("alpha");
    options.getResume().setMaxSize(100);
    Relay relay = RELAYS.deploy(options);
    Seen seen = Seen.of(relay.client(), asking("verify"), true);
    assertThat(seen.text()).isEqualTo(TEXT);
    assertThat(kind(seen)).isNull();
  }

  /** No request is refused for what others hold; their answers are served, and not resumed. */
  @Test
  void withoutMemoryAnAnswerIsNotResumed() throws Exception {
    RelayOptions options = options("alpha");
    options.getResume().setMode(Resume.VERIFY).setMaxMemory(5_000);
    Relay relay = RELAYS.deploy(options);
    ChatRequest large = ChatRequest.of(ChatMessage.user("x".repeat(1_500)));
    Promise<Void> cancel = Promise.promise();
    RELAYS.sandbox().script(primary, Scenario.of("stall-after-3").text(TEXT));
    List<Seen> holding = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      holding.add(Seen.begin(relay.client(), large, true, cancel.future()));
    }
    Relays.poll().until(() -> holding.stream().allMatch(seen -> !seen.text().isEmpty()));
    RELAYS.sandbox().script(primary, Scenario.of("reset-after-3").text(TEXT));
    Seen seen = Seen.of(relay.client(), large, true);
    assertThat(kind(seen)).isEqualTo(FailureKind.NETWORK);
    assertThat(seen.text()).isEqualTo("one two three");
    assertThat(seen.trail())
        .extracting(Attempt::result, Attempt::message)
        .endsWith(
            tuple(
                Attempt.Result.SKIPPED, "the answer is not resumed: resume.max-memory is used up"));
    assertThat(calls(secondary)).isZero();
    cancel.complete();
    Relays.poll().until(() -> relay.health().getInteger("requests") == 0);
    assertThat(Seen.of(relay.client(), large, true).text())
        .as("what was held is free")
        .isEqualTo(TEXT);
  }

  @Test
  void aModelThatContinuesGetsTheTextAsTheBeginningOfItsAnswer() throws Exception {
    RELAYS.sandbox().script(secondary, Scenario.ok().text(" four five six"));
    BackendOptions vllm = RELAYS.backend("openai", secondary, "beta").setProvider("vllm");
    Relay relay = RELAYS.deploy(options("beta", vllm));
    Seen seen = Seen.of(relay.client(), asking("continue").withMaxTokens(50), true);
    assertThat(seen.text()).isEqualTo(TEXT);
    SandboxCall call = RELAYS.sandbox().calls(secondary).get(0);
    JsonArray messages = call.body().getJsonArray("messages");
    assertThat(messages.getJsonObject(messages.size() - 1))
        .isEqualTo(new JsonObject().put("role", "assistant").put("content", "one two three"));
    assertThat(call.body().getBoolean("continue_final_message")).isTrue();
    assertThat(call.body().getBoolean("add_generation_prompt")).isFalse();
    assertThat(call.body().getInteger("max_tokens")).isEqualTo(50 - 4);
    assertThat(relay.hooks().ofRequests())
        .anyMatch(line -> line.startsWith("onResumed primary/alpha"));
  }

  @Test
  void aModelThatDoesNotContinueVerifiesIfItIsTheSame() throws Exception {
    Relay relay = RELAYS.deploy(options("alpha"));
    assertThat(Seen.of(relay.client(), asking("continue"), true).text()).isEqualTo(TEXT);
  }

  @Test
  void theGatewayTellsInACommentWhereTheAnswerContinues() throws Exception {
    RelayOptions options = options("alpha").setGateway(new GatewayOptions().setPort(0));
    Relay relay = RELAYS.deploy(options);
    String body = post(relay, "/v1/chat/completions");
    assertThat(body)
        .contains("\n\n: resumed at 13 bytes by secondary/alpha\n\n")
        .endsWith("[DONE]\n\n");
    assertThat(texts("\"content\":\"([^\"]*)\"", body)).isEqualTo(TEXT);
    assertThat(body.split("\"finish_reason\":\"stop\"", -1)).as("one end").hasSize(2);
  }

  @Test
  void theMessagesOfAnthropicsApiAreResumedToo() throws Exception {
    Relay relay = RELAYS.deploy(options("alpha").setGateway(new GatewayOptions().setPort(0)));
    String body = post(relay, "/v1/messages");
    assertThat(texts("\"text\":\"([^\"]*)\"", body)).isEqualTo(TEXT);
    assertThat(body.split("event: message_stop", -1)).as("one end").hasSize(2);
  }

  @Test
  void theResponsesOfOpenAiAreResumedToo() throws Exception {
    Relay relay = RELAYS.deploy(options("alpha").setGateway(new GatewayOptions().setPort(0)));
    JsonObject request =
        new JsonObject()
            .put("model", "alpha")
            .put("input", "Count.")
            .put("stream", true)
            .put("relay", new JsonObject().put("resume", "verify"));
    String body = post(relay, "/v1/responses", request);
    assertThat(texts("\"delta\":\"([^\"]*)\"", body)).isEqualTo(TEXT);
    assertThat(body.split("event: response.completed", -1)).as("one end").hasSize(2);
    assertThat(body).contains("\"text\":\"" + TEXT + "\"");
  }

  /** Events of one answer pass through, and the other goes on within their content block. */
  @ParameterizedTest
  @ValueSource(strings = {"anthropic", "openai"})
  void anAnswerWhoseEventsPassThroughIsResumedToo(String other) throws Exception {
    RelayOptions options =
        new RelayOptions()
            .addBackend("primary", RELAYS.backend("anthropic", primary, "alpha"))
            .addBackend("secondary", RELAYS.backend(other, secondary, "alpha"));
    Relay relay = RELAYS.deploy(options.setGateway(new GatewayOptions().setPort(0)));
    String body = post(relay, "/v1/messages");
    assertThat(texts("\"text\":\"([^\"]*)\"", body)).isEqualTo(TEXT);
    assertThat(body).contains("\n\n: resumed at 13 bytes by secondary/alpha\n\n");
    assertThat(types(body))
        .containsExactly(
            "message_start",
            "content_block_start",
            "content_block_delta",
            "content_block_stop",
            "message_delta",
            "message_stop");
    assertThat(body.split("event: content_block_start", -1)).as("one block").hasSize(2);
  }

  @Test
  void aToolCallWhoseEventsPassThroughKeepsItsId() throws Exception {
    Scenario call =
        Scenario.of("tool-call-fragment-4").toolCall("find", "{\"query\": \"whatever you like\"}");
    RELAYS.sandbox().script(secondary, call);
    RELAYS
        .sandbox()
        .script(
            primary,
            Scenario.of("die-after-4-fragment-4")
                .toolCall("find", "{\"query\": \"whatever you like\"}"));
    RelayOptions options =
        new RelayOptions()
            .addBackend("primary", RELAYS.backend("anthropic", primary, "alpha"))
            .addBackend("secondary", RELAYS.backend("anthropic", secondary, "alpha"));
    Relay relay = RELAYS.deploy(options.setGateway(new GatewayOptions().setPort(0)));
    JsonObject request =
        asking("verify")
            .toJson()
            .put("stream", true)
            .put("max_tokens", 100)
            .put("model", "alpha")
            .put(
                "tools",
                JsonArray.of(
                    new JsonObject()
                        .put("name", "find")
                        .put("input_schema", new JsonObject().put("type", "object"))));
    String body = post(relay, "/v1/messages", request);
    String input = texts("\"partial_json\":\"((?:[^\"\\\\]|\\\\.)*)\"", body).replace("\\\"", "\"");
    assertThat(new JsonObject(input).getString("query")).isEqualTo("whatever you like");
    assertThat(body.split("event: content_block_start", -1)).as("one block").hasSize(2);
    assertThat(body).contains(": resumed at").contains("event: message_stop");
  }

  /** Returns the types of events, without repetitions. */
  private static List<String> types(String body) {
    return Pattern.compile("event: (\\S+)")
        .matcher(body)
        .results()
        .map(r -> r.group(1))
        .distinct()
        .toList();
  }

  /** Whoever repeats the answer and breaks off itself has not resumed it. */
  @Test
  void aRepetitionWithoutAnythingNewIsNotAnnounced() throws Exception {
    String third = unique("third");
    RELAYS.sandbox().script(secondary, Scenario.of("reset-after-3").text(TEXT));
    RELAYS.sandbox().script(third, Scenario.ok().text(TEXT));
    RelayOptions options =
        options("alpha").addBackend("third", RELAYS.backend("openai", third, "alpha"));
    Relay relay = RELAYS.deploy(options.setGateway(new GatewayOptions().setPort(0)));
    Seen seen = Seen.of(relay.client(), asking("verify"), true);
    assertThat(seen.text()).isEqualTo(TEXT);
    assertThat(seen.trail())
        .extracting(Attempt::backend, Attempt::result, Attempt::resumedAtBytes)
        .containsExactly(
            tuple("primary", Attempt.Result.FAILED, -1L),
            tuple("secondary", Attempt.Result.FAILED, -1L),
            tuple("third", Attempt.Result.SERVED, 13L));
    assertThat(relay.hooks().ofRequests())
        .filteredOn(line -> line.startsWith("onResumed"))
        .containsExactly("onResumed primary/alpha > third/alpha: network after 13 bytes");
    assertThat(post(relay, "/v1/chat/completions"))
        .containsOnlyOnce(": resumed at")
        .contains(": resumed at 13 bytes by third/alpha");
  }

  /** An end is new, even if nothing comes before it. */
  @Test
  void anEndRightAfterTheRepetitionIsAnnounced() throws Exception {
    RELAYS.sandbox().script(primary, Scenario.of("end").text(TEXT));
    Relay relay = RELAYS.deploy(options("alpha"));
    Seen seen = Seen.of(relay.client(), asking("verify"), true);
    assertThat(seen.text()).isEqualTo(TEXT);
    assertThat(kind(seen)).isNull();
    assertThat(seen.trail().get(1).resumedAtBytes()).isEqualTo(TEXT.length());
    assertThat(relay.hooks().ofRequests())
        .contains("onResumed primary/alpha > secondary/alpha: network after 27 bytes");
  }

  /**
   * With continue, even another model may repeat the answer; it is asked after all that may know
   * it.
   */
  @Test
  void whoDoesNotContinueAndIsAnotherModelIsAskedLastButForTheOneThatBrokeOff() throws Exception {
    String third = unique("third");
    RELAYS.sandbox().script(third, Scenario.ok().text("something else"));
    RelayOptions options =
        options("beta").addBackend("third", RELAYS.backend("openai", third, "alpha"));
    Relay relay = RELAYS.deploy(options);
    Seen seen = Seen.of(relay.client(), asking("continue"), true);
    assertThat(seen.text()).isEqualTo(TEXT);
    assertThat(seen.trail())
        .extracting(Attempt::backend, Attempt::result)
        .containsExactly(
            tuple("primary", Attempt.Result.FAILED),
            tuple("third", Attempt.Result.DIVERGED),
            tuple("secondary", Attempt.Result.SERVED));
    assertThat(calls(primary)).isEqualTo(1);
  }

  @Test
  void whoRefusesTheBeginningOfItsAnswerMayRepeatIt() throws Exception {
    RELAYS.sandbox().script(secondary, Scenario.of("400"), Scenario.ok().text(TEXT));
    BackendOptions vllm = RELAYS.backend("openai", secondary, "beta").setProvider("vllm");
    Relay relay = RELAYS.deploy(options("beta", vllm));
    Seen seen = Seen.of(relay.client(), asking("continue"), true);
    assertThat(seen.text()).isEqualTo(TEXT);
    assertThat(seen.trail())
        .extracting(Attempt::backend, Attempt::result)
        .containsExactly(
            tuple("primary", Attempt.Result.FAILED),
            tuple("secondary", Attempt.Result.FAILED),
            tuple("secondary", Attempt.Result.SERVED));
    assertThat(RELAYS.sandbox().calls(secondary).get(1).body().getJsonArray("messages")).hasSize(1);
  }

  private static String texts(String pattern, String body) {
    StringBuilder text = new StringBuilder();
    Pattern.compile(pattern)
        .matcher(body)
        .results()
        .forEach(result -> text.append(result.group(1)));
    return text.toString();
  }

  /** Random cuts, and twins that say the same or something else. */
  @Test
  void eitherTheWholeOfTheTwinOrACorrectBeginning() throws Exception {
    Relay relay =
        RELAYS.deploy(options("alpha").setCircuit(new CircuitOptions().setMaxFailures(1_001)));
    int whole = 0;
    for (int seed = 0; seed < 150; seed++) {
      Random random = new Random(seed);
      String first = text(random);
      String other = random.nextInt(3) > 0 ? first : text(random);
      int words = first.split("(?<= )").length;
      String fault = List.of("die", "reset", "end", "end-in-frame").get(random.nextInt(4));
      Scenario broken = Scenario.of(fault + "-after-" + (1 + random.nextInt(words)));
      RELAYS.sandbox().script(primary, broken.text(first), Scenario.ok().text(other));
      Scenario twin = Scenario.ok().text(other).chunkSize(1 + random.nextInt(9));
      RELAYS.sandbox().script(secondary, twin);
      Seen seen = Seen.of(relay.client(), asking("verify"), true);
      assertThat(seen.signals()).as("seed %d", seed).isEqualTo(1);
      if (kind(seen) == null) {
        whole++;
        assertThat(seen.text()).as("seed %d", seed).isEqualTo(other);
      } else {
        assertThat(first).as("seed %d", seed).startsWith(seen.text());
        assertThat(other).as("seed %d", seed).isNotEqualTo(first);
        assertThat(seen.failure().deliveredBytes())
            .isEqualTo(seen.text().getBytes(StandardCharsets.UTF_8).length);
      }
    }
    assertThat(whole).isBetween(75, 149);
  }

  /** Three backends that break off one after the other, and say the same or not. */
  @Test
  void severalBreaksInARowShowNothingWrong() throws Exception {
    String third = unique("third");
    BackendOptions last = RELAYS.backend("openai", third, "alpha");
    RelayOptions options =
        options("alpha")
            .addBackend("third", last)
            .setCircuit(new CircuitOptions().setMaxFailures(1_001));
    Relay relay = RELAYS.deploy(options);
    int whole = 0;
    int twice = 0;
    for (int seed = 0; seed < 100; seed++) {
      Random random = new Random(seed);
      String first = text(random);
      List<String> texts = new ArrayList<>();
      for (String path : List.of(primary, secondary, third)) {
        String text = texts.isEmpty() || random.nextInt(4) > 0 ? first : text(random);
        texts.add(text);
        String fault = List.of("die", "reset", "end", "die-in-char").get(random.nextInt(4));
        int words = text.split("(?<= )").length;
        boolean breaks = texts.size() < 3 || random.nextInt(4) == 0;
        Scenario scenario =
            breaks ? Scenario.of(fault + "-after-" + (1 + random.nextInt(words))) : Scenario.ok();
        RELAYS.sandbox().script(path, scenario.text(text));
      }
      Seen seen = Seen.of(relay.client(), asking("verify"), true);
      assertThat(seen.signals()).as("seed %d", seed).isEqualTo(1);
      assertThat(texts).as("seed %d", seed).anyMatch(text -> text.startsWith(seen.text()));
      if (kind(seen) == null) {
        whole++;
        assertThat(texts).as("seed %d", seed).contains(seen.text());
      }
      long resumed = seen.trail().stream().filter(each -> each.resumedAtBytes() > 0).count();
      twice += resumed > 1 ? 1 : 0;
      long[] at =
          seen.trail().stream().mapToLong(Attempt::resumedAtBytes).filter(n -> n >= 0).toArray();
      assertThat(at).as("seed %d", seed).isSorted();
    }
    assertThat(whole).isGreaterThan(40);
    assertThat(twice).isGreaterThan(5);
  }

  /** The hedge is the one that breaks off. */
  @Test
  void aHedgeIsResumedAsWell() throws Exception {
    String third = unique("third");
    RELAYS.sandbox().script(primary, Scenario.of("stall-after-head").text(TEXT));
    RELAYS.sandbox().script(secondary, Scenario.of("reset-after-3").text(TEXT));
    RELAYS.sandbox().script(third, Scenario.ok().text(TEXT));
    RelayOptions options =
        options("alpha").addBackend("third", RELAYS.backend("openai", third, "alpha"));
    Relay relay = RELAYS.deploy(options);
    ChatRequest request =
        ChatRequest.fromJson(
            asking("verify")
                .toJson()
                .put("relay", new JsonObject().put("resume", "verify").put("hedge", "200ms")));
    Seen seen = Seen.of(relay.client(), request, true);
    assertThat(seen.text()).isEqualTo(TEXT);
    assertThat(seen.trail())
        .extracting(Attempt::backend, Attempt::result)
        .contains(tuple("secondary", Attempt.Result.FAILED))
        .anyMatch(each -> each.toList().get(1) == Attempt.Result.HEDGED)
        .endsWith(tuple(seen.backend(), Attempt.Result.SERVED));
  }

  @Test
  void usageIsThatOfAllAttemptsThatWroteTheAnswer() throws Exception {
    Relay relay = RELAYS.deploy(options("alpha"));
    Seen seen = Seen.of(relay.client(), asking("verify"), true);
    assertThat(seen.stream().usage().outputTokens())
        .isEqualTo(
            seen.trail().get(0).usage().outputTokens() + seen.trail().get(1).usage().outputTokens())
        .isGreaterThan(seen.trail().get(1).usage().outputTokens());
  }

  /** An answer that is not streamed falls back as a whole. */
  @Test
  void anAnswerThatIsNotStreamedIsNotResumed() throws Exception {
    RELAYS.sandbox().script(secondary, Scenario.ok().text("another one"));
    Relay relay = RELAYS.deploy(options("alpha"));
    Seen seen = Seen.of(relay.client(), asking("verify"), false);
    assertThat(seen.text()).isEqualTo("another one");
    assertThat(relay.hooks().ofRequests()).noneMatch(line -> line.startsWith("onResumed"));
  }

  private static String text(Random random) {
    StringBuilder text = new StringBuilder("I ");
    int words = 2 + random.nextInt(30);
    for (int i = 0; i < words; i++) {
      text.append(List.of("see ", "das ", "漢字 ", "🙂 ").get(random.nextInt(4)));
    }
    return text.append("end").toString();
  }

  /** What a consumer has not read yet is read before the rest, under one window. */
  @Test
  void aSlowConsumerGetsEverythingInOrder() throws Exception {
    String large = "0123456789abcdef ".repeat(500);
    Scenario whole = Scenario.ok().text(large).chunkSize(large.length()).chunks(60);
    Scenario broken =
        Scenario.of("reset-after-50").text(large).chunkSize(large.length()).chunks(60);
    RELAYS.sandbox().script(primary, broken).script(secondary, whole);
    RelayOptions options = options("alpha");
    options.getResume().setMaxSize(1 << 20);
    Relay relay = RELAYS.deploy(options);
    LlmStream stream = Relays.get(relay.client().stream(asking("verify")));
    Buffer read = Buffer.buffer();
    AtomicReference<Object> end = new AtomicReference<>();
    RELAYS
        .vertx()
        .runOnContext(
            v ->
                stream
                    .pause()
                    .exceptionHandler(end::set)
                    .endHandler(ended -> end.set("end"))
                    .handler(
                        chunk -> {
                          read.appendBuffer(chunk);
                          RELAYS.vertx().setTimer(1, later -> stream.fetch(1));
                        })
                    .fetch(1));
    Relays.poll().until(() -> end.get() != null);
    assertThat(end.get()).isEqualTo("end");
    assertThat(read.toString()).isEqualTo(large.repeat(60));
    assertThat(stream.trail().get(1).resumedAtBytes()).isPositive();
  }

  @Test
  void cancellingWhileItIsVerifiedAbortsTheTwin() throws Exception {
    RELAYS.sandbox().script(secondary, Scenario.of("stall-after-1").text(TEXT));
    Relay relay = RELAYS.deploy(options("alpha"));
    Promise<Void> cancel = Promise.promise();
    Seen seen = Seen.begin(relay.client(), asking("verify"), true, cancel.future());
    Relays.poll().until(() -> calls(secondary) == 1);
    cancel.complete();
    Relays.poll().until(() -> RELAYS.sandbox().calls(secondary).get(0).endedAt() != null);
    assertThat(seen.text()).isEqualTo("one two three");
    assertThat(calls(primary)).isEqualTo(1);
    Relays.poll().until(() -> relay.hooks().ends().size() == 1);
    assertThat(relay.hooks().ends().get(0).failure().kind()).isEqualTo(FailureKind.CANCELLED);
  }

  private static String post(Relay relay, String path) {
    return post(
        relay,
        path,
        asking("verify").toJson().put("stream", true).put("max_tokens", 100).put("model", "alpha"));
  }

  private static String post(Relay relay, String path, JsonObject request) {
    HttpClient http = RELAYS.vertx().createHttpClient();
    int port = relay.verticle().gatewayPort();
    try {
      return http.request(HttpMethod.POST, port, "127.0.0.1", path)
          .compose(
              out ->
                  out.putHeader("content-type", "application/json")
                      .send(request.toBuffer())
                      .compose(HttpClientResponse::body))
          .await(20, SECONDS)
          .toString();
    } catch (java.util.concurrent.TimeoutException e) {
      throw new AssertionError(e);
    } finally {
      http.close();
    }
  }
}
