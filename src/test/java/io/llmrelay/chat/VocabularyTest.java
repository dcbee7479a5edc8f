package io.llmrelay.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is told in words and JSON comes back as it went out. */
class VocabularyTest {
  private static final TokenUsage USAGE =
      new TokenUsage(10, 20, 3, 4, 5, TokenUsage.Source.PROVIDER);
  private static final Attempt ATTEMPT =
      new Attempt(
          "a",
          "m",
          Attempt.Result.FAILED,
          "overloaded",
          "busy",
          529,
          "overloaded_error",
          1,
          2,
          3,
          USAGE,
          0.25,
          1234,
          "team-a",
          "session;moved");
  private static final Attempt SKIPPED =
      Attempt.skipped("b", "n", SkipReason.EXHAUSTED, "in 3 s", 7);

  /** Through text, as over the wire. */
  private static JsonObject wire(JsonObject json) {
    return new JsonObject(Buffer.buffer(json.toBuffer().getBytes()));
  }

  @ParameterizedTest
  @CsvSource({
    "250ms, 250",
    "1ms, 1",
    "10s, 10000",
    "5m, 300000",
    "1h, 3600000",
    "' 2 H ', 7200000",
    "999999999h, 3599999996400000",
    "90s, 90000",
  })
  void readsDurations(String text, long ms) {
    assertThat(Durations.parse(text)).isEqualTo(Duration.ofMillis(ms));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "5", "s", "-1s", "1.5s", "1d", "5 s s", "1234567890s", "٣s", "1h30m"})
  void refusesOtherDurations(String text) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Durations.parse(text))
        .withMessage("must be a duration such as 250ms, 10s, 5m or 1h");
  }

  @ParameterizedTest
  @ValueSource(strings = {"0s", "0ms", "000h"})
  void refusesNoDuration(String text) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Durations.parse(text))
        .withMessage("must be longer than 0");
  }

  @ParameterizedTest
  @CsvSource({
    "1500, 1500ms",
    "2000, 2s",
    "90000, 90s",
    "120000, 2m",
    "5400000, 90m",
    "7200000, 2h"
  })
  void writesTheShortestForm(long ms, String text) {
    assertThat(Durations.format(Duration.ofMillis(ms))).isEqualTo(text);
  }

  @Test
  void readsWhatItWrites() {
    Random random = new Random(3);
    for (int i = 0; i < 10_000; i++) {
      Duration duration =
          Duration.ofMillis((1 + random.nextInt(1_000)) * (long) Math.pow(10, random.nextInt(6)));
      assertThat(Durations.parse(Durations.format(duration))).isEqualTo(duration);
    }
  }

  @Test
  void aFailureCrossesTheWireWithAllItHas() {
    Failure failure =
        Failure.invalid("messages[0].role", "must be user")
            .withRequestId("r1")
            .withCandidate("a", "m")
            .withStatus(422, "bad_role")
            .withRetryAfterMs(1_500)
            .withDelivered(3, 99)
            .withUsage(USAGE, 0.5)
            .withTrail(List.of(ATTEMPT, SKIPPED));
    JsonObject json = wire(failure.toJson());
    assertThat(json.fieldNames())
        .containsExactlyInAnyOrder(
            "kind",
            "message",
            "retryable",
            "field",
            "request_id",
            "backend",
            "model",
            "status",
            "provider_code",
            "retry_after_ms",
            "delivered_chunks",
            "delivered_bytes",
            "usage",
            "cost_usd",
            "trail");
    Failure read = Failure.fromJson(json);
    assertThat(read).usingRecursiveComparison().isEqualTo(failure);
    assertThat(wire(read.toJson())).isEqualTo(json);
    assertThat(read.toString()).isEqualTo("invalid_request at a/m: must be user");
    assertThat(read.toException().getMessage()).isEqualTo(read.toString());
    assertThat(read.toException().getStackTrace()).isEmpty();
  }

  @ParameterizedTest
  @EnumSource
  void aFailureOfEachKindCrossesTheWire(FailureKind kind) {
    Failure failure = Failure.of(kind, "so");
    JsonObject json = wire(failure.toJson());
    assertThat(json.fieldNames()).containsExactlyInAnyOrder("kind", "message", "retryable");
    assertThat(Failure.fromJson(json)).usingRecursiveComparison().isEqualTo(failure);
    assertThat(json.getBoolean("retryable")).isEqualTo(kind.retryable());
    assertThat(kind.status()).isBetween(400, 599);
    assertThat(FailureKind.of(kind.code())).isEqualTo(kind);
  }

  @Test
  void aFailureFromALaterVersionIsReadAsFarAsItIsKnown() {
    Failure failure = Failure.fromJson(new JsonObject().put("kind", "melted").put("more", 1));
    assertThat(failure.kind()).isEqualTo(FailureKind.INTERNAL);
    assertThat(failure.message()).isEmpty();
    assertThat(failure.retryAfterMs()).isEqualTo(-1);
  }

  @Test
  void aFailureChangesInACopy() {
    Failure failure = Failure.of(FailureKind.NETWORK, "cut off");
    failure.withField("f").withRequestId("r").withCandidate("a", "m").withStatus(1, "c");
    failure
        .withRetryAfterMs(1)
        .withDelivered(1, 1)
        .withUsage(USAGE, 1.0)
        .withTrail(List.of(SKIPPED));
    assertThat(failure)
        .usingRecursiveComparison()
        .isEqualTo(Failure.of(FailureKind.NETWORK, "cut off"));
  }

  @Test
  void aLongMessageIsCutBetweenCharacters() {
    assertThat(Failure.of(FailureKind.NETWORK, "x".repeat(500)).message()).hasSize(500);
    assertThat(Failure.of(FailureKind.NETWORK, "x".repeat(501)).message())
        .hasSize(500)
        .isEqualTo("x".repeat(499) + "…");
    assertThat(Failure.of(FailureKind.NETWORK, "x".repeat(498) + "😀😀").message())
        .isEqualTo("x".repeat(498) + "…");
    assertThat(Failure.of(FailureKind.NETWORK, "x".repeat(497) + "😀😀").message())
        .isEqualTo("x".repeat(497) + "😀…");
    assertThat(Failure.of(FailureKind.NETWORK, "x").withStatus(1, "y".repeat(600)).providerCode())
        .hasSize(500);
  }

  @Test
  void anExceptionOfSomebodyElseIsInternalAndKeepsItsMessageToItself() {
    Failure failure = LlmException.failureOf(new IllegalStateException("secret prompt"));
    assertThat(failure.kind()).isEqualTo(FailureKind.INTERNAL);
    assertThat(failure.message()).isEqualTo("internal error: IllegalStateException");
    Failure own = Failure.of(FailureKind.NETWORK, "x");
    assertThat(LlmException.failureOf(own.toException())).isSameAs(own);
  }

  @Test
  void attemptsCrossTheWire() {
    for (Attempt attempt : List.of(ATTEMPT, SKIPPED)) {
      assertThat(Attempt.fromJson(wire(attempt.toJson()))).isEqualTo(attempt);
    }
    for (Attempt.Result result : Attempt.Result.values()) {
      Attempt attempt =
          new Attempt(
              "a",
              "m",
              result,
              null,
              null,
              0,
              null,
              0,
              0,
              -1,
              TokenUsage.NONE,
              null,
              -1,
              null,
              null);
      assertThat(Attempt.fromJson(wire(attempt.toJson()))).isEqualTo(attempt);
      assertThat(attempt.toJson().fieldNames())
          .containsExactly("backend", "model", "result", "start_ms", "duration_ms");
    }
    assertThat(Attempt.listFromJson(null)).isEmpty();
  }

  @Test
  void usageCrossesTheWire() {
    assertThat(TokenUsage.fromJson(wire(USAGE.toJson()))).isEqualTo(USAGE);
    assertThat(TokenUsage.fromJson(null)).isEqualTo(TokenUsage.NONE);
    assertThat(TokenUsage.fromJson(wire(TokenUsage.NONE.toJson()))).isEqualTo(TokenUsage.NONE);
    assertThat(USAGE.totalTokens()).isEqualTo(30);
  }

  @ParameterizedTest
  @CsvSource({"0, 0, 0, 0", "1, 4, 1, 1", "5, 8, 2, 2", "400, 9, 100, 3"})
  void usageIsEstimatedByFourCharactersAToken(long in, long out, long inTokens, long outTokens) {
    assertThat(TokenUsage.estimate(in, out))
        .isEqualTo(new TokenUsage(inTokens, outTokens, 0, 0, 0, TokenUsage.Source.ESTIMATED));
    assertThat(TokenUsage.estimate(in, out).isZero()).isEqualTo(in + out == 0);
  }

  @Test
  void aPlanCrossesTheWire() {
    Plan plan =
        new Plan(
            List.of(
                new Plan.Entry("a", "m", null, "number 1", -1, 0.125),
                new Plan.Entry("b", "n", SkipReason.CIRCUIT_OPEN, "circuit open", 900, null)));
    assertThat(Plan.fromJson(wire(plan.toJson()))).isEqualTo(plan);
  }

  @Test
  void anAnswerIsPutTogetherFromItsFrames() {
    ChatCompletion[] whole = new ChatCompletion[1];
    AnswerCollector collector = new AnswerCollector(answer -> whole[0] = answer, failure -> {});
    collector.opened(new AnswerHead("r", "a", "m", "m is old", List.of(), 0));
    Block text = Block.of(0, BlockKind.TEXT);
    Block reasoning = Block.of(1, BlockKind.REASONING);
    Block call = new Block(2, BlockKind.TOOL_CALL, "c1", "weather", null);
    Buffer euro = Buffer.buffer("€");
    collector.block(text);
    collector.chunks(Chunks.of(text, euro.slice(0, 1)));
    collector.block(reasoning);
    collector.chunks(Chunks.of(reasoning, Buffer.buffer("hm")));
    collector.chunks(Chunks.of(text, euro.slice(1, 3)));
    collector.chunks(Chunks.of(reasoning, Buffer.buffer("m")));
    collector.block(call);
    collector.ended(new AnswerEnd(FinishReason.STOP, USAGE, 0.5, List.of(SKIPPED), null, 3));
    assertThat(whole[0])
        .isEqualTo(
            new ChatCompletion(
                "r",
                "a",
                "m",
                List.of(
                    new ContentBlock(text, "€"),
                    new ContentBlock(reasoning, "hmm"),
                    new ContentBlock(call, "")),
                FinishReason.STOP,
                USAGE,
                0.5,
                List.of(SKIPPED),
                "m is old",
                3));
    assertThat(whole[0].text()).isEqualTo("€");
    assertThat(whole[0].reasoning()).isEqualTo("hmm");
    assertThat(whole[0].refusal()).isEmpty();
    assertThat(ChatCompletion.fromJson(wire(whole[0].toJson()))).isEqualTo(whole[0]);
    assertThat(whole[0].toString()).doesNotContain("€").doesNotContain("hmm");
    assertThat(whole[0].blocks().toString()).doesNotContain("€").doesNotContain("hmm");
  }

  @Test
  void anAnswerOfOneBlockIsItsTextAlone() {
    for (BlockKind kind : List.of(BlockKind.TEXT, BlockKind.REASONING, BlockKind.REFUSAL)) {
      ChatCompletion answer = answer(new ContentBlock(Block.of(0, kind), "x"));
      assertThat(answer.toJson().fieldNames()).doesNotContain("blocks").contains(kind.code());
      assertThat(ChatCompletion.fromJson(wire(answer.toJson()))).isEqualTo(answer);
    }
    Block call = new Block(0, BlockKind.TOOL_CALL, "c1", "weather", null);
    ChatCompletion answer = answer(new ContentBlock(call, "{}"));
    assertThat(ChatCompletion.fromJson(wire(answer.toJson()))).isEqualTo(answer);
  }

  private static ChatCompletion answer(ContentBlock... blocks) {
    return new ChatCompletion(
        "r", "a", "m", List.of(blocks), FinishReason.STOP, USAGE, null, List.of(), null, 0);
  }

  @Test
  void anAnswerWithoutAChunkIsEmpty() {
    ChatCompletion[] whole = new ChatCompletion[1];
    AnswerCollector collector = new AnswerCollector(answer -> whole[0] = answer, failure -> {});
    collector.opened(new AnswerHead("r", "a", "m", null, List.of(), 0));
    collector.ended(AnswerEnd.ofBackend(FinishReason.LENGTH, TokenUsage.NONE, null, 0));
    ChatCompletion answer = ChatCompletion.fromJson(wire(whole[0].toJson()));
    assertThat(answer.text()).isEmpty();
    assertThat(answer.costUsd()).isNull();
    assertThat(answer.trail()).isEmpty();
  }

  @Test
  void wordsOfANewerVersionAreOther() {
    assertThat(BlockKind.of("hologram")).isEqualTo(BlockKind.OTHER);
    assertThat(FinishReason.of("bored")).isEqualTo(FinishReason.OTHER);
    assertThat(FailureKind.of("haunted")).isEqualTo(FailureKind.INTERNAL);
    JsonObject attempt = new JsonObject().put("backend", "a").put("model", "m");
    attempt.put("result", "borrowed").put("usage", new JsonObject().put("source", "dreamt"));
    assertThat(Attempt.fromJson(attempt).result()).isEqualTo(Attempt.Result.OTHER);
    assertThat(Attempt.fromJson(attempt).usage().source()).isEqualTo(TokenUsage.Source.ESTIMATED);
    JsonObject entry = new JsonObject().put("backend", "a").put("model", "m").put("skip", "moody");
    Plan plan = Plan.fromJson(new JsonObject().put("candidates", new JsonArray().add(entry)));
    assertThat(plan.candidates().get(0).skip()).isEqualTo(SkipReason.OTHER);
  }

  @Test
  void aChunkDoesNotShowItsText() {
    assertThat(new ChatEvent.Chunk(Block.of(0, BlockKind.TEXT), Buffer.buffer("secret")).toString())
        .isEqualTo("Chunk[text, 6 bytes]");
  }

  @Test
  void aCommitPointIsAtLeastOneCharacter() {
    assertThatIllegalArgumentException().isThrownBy(() -> new CommitPoint(0));
    assertThat(CommitPoint.of("first-chunk")).isEqualTo(new CommitPoint(1));
    assertThat(CommitPoint.of(new CommitPoint(9).toJson())).isEqualTo(new CommitPoint(9));
    assertThat(CommitPoint.of(CommitPoint.FIRST_TEXT.toJson())).isEqualTo(CommitPoint.FIRST_TEXT);
  }

  @ParameterizedTest
  @CsvSource({
    // said: input, output; delivered: input and output characters; the greater of them, and who
    "10, 1, 400, 80, 10, 20, estimated",
    "10, 25, 400, 80, 10, 25, provider",
    "10, 25, 400, 0, 10, 25, provider",
    "0, 25, 400, 80, 100, 25, estimated",
    "0, 0, 400, 80, 100, 20, estimated"
  })
  void anAnswerThatBrokeOffUsedAtLeastWhatWasDelivered(
      long saidIn, long saidOut, long in, long out, long input, long output, String source) {
    TokenUsage said = new TokenUsage(saidIn, saidOut, 3, 2, 1, TokenUsage.Source.PROVIDER);
    TokenUsage.Source by = TokenUsage.Source.valueOf(source.toUpperCase(Locale.ROOT));
    assertThat(TokenUsage.atLeast(said, in, out))
        .isEqualTo(new TokenUsage(input, output, 3, 2, 1, by));
  }

  @Test
  void nothingSaidIsEstimatedAndNothingDeliveredIsNothing() {
    assertThat(TokenUsage.atLeast(TokenUsage.NONE, 400, 80))
        .isEqualTo(TokenUsage.estimate(400, 80));
    assertThat(TokenUsage.atLeast(TokenUsage.NONE, 400, 0)).isEqualTo(TokenUsage.NONE);
  }

  @Test
  void onlyTheFirstTextIgnoresReasoning() {
    for (BlockKind kind : BlockKind.values()) {
      boolean content = !kind.accompanies();
      assertThat(CommitPoint.FIRST_CHUNK.counts(kind)).isEqualTo(content);
      assertThat(CommitPoint.FIRST_TEXT.counts(kind))
          .isEqualTo(content && kind != BlockKind.REASONING);
    }
  }

  @Test
  void timeoutsTakeFromOthersWhatTheyDoNotSay() {
    Duration one = Duration.ofSeconds(1);
    Duration two = Duration.ofSeconds(2);
    Timeouts base = new Timeouts(one, one, one, one, one);
    assertThat(Timeouts.UNSET.or(base)).isEqualTo(base);
    assertThat(new Timeouts(two, null, two, null, two).or(base))
        .isEqualTo(new Timeouts(two, one, two, one, two));
    assertThat(new Timeouts(null, two, null, two, null).or(base))
        .isEqualTo(new Timeouts(one, two, one, two, one));
  }

  @ParameterizedTest
  @CsvSource(
      nullValues = "-",
      value = {"a, a, -", "a/m, a, m", "a/b/m, a, b/m", "a/, a, ''", "/m, '', m"})
  void aCandidateIsSplitAtTheFirstSlash(String name, String backend, String model) {
    CandidateName candidate = CandidateName.parse(name);
    assertThat(candidate).isEqualTo(new CandidateName(backend, model));
    assertThat(candidate).hasToString(name);
  }
}
