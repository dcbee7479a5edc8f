package io.llmrelay.failover;

import static io.llmrelay.failover.Failover.State.ATTEMPTING;
import static io.llmrelay.failover.Failover.State.CANCELLED;
import static io.llmrelay.failover.Failover.State.COMPLETED;
import static io.llmrelay.failover.Failover.State.FAILED;
import static io.llmrelay.failover.Failover.State.PLANNING;
import static io.llmrelay.failover.Failover.State.STREAMING;
import static io.llmrelay.failover.Failover.State.WAITING;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.availability.Cooldown;
import io.llmrelay.availability.Outcome;
import io.llmrelay.chat.Attempt;
import io.llmrelay.chat.BlockKind;
import io.llmrelay.chat.CommitPoint;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.FinishReason;
import io.llmrelay.chat.TokenUsage;
import java.util.List;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** What the machine does with each event in each state, and what it says in the end. */
class FailoverTest {

  // Fixtures, named after states.

  private static Rig planning() {
    return Rig.of("a", "b").is(PLANNING);
  }

  private static Rig attempting() {
    return Rig.of("a", "b").started().is(ATTEMPTING);
  }

  /** Attempting, with a chunk held back. */
  private static Rig holding() {
    Rig rig = Rig.of("a", "b").commit(CommitPoint.COMPLETE).started();
    assertThat(rig.chunk("held")).containsExactly("first chunk", "hold");
    return rig.is(ATTEMPTING);
  }

  private static Rig waiting() {
    Rig rig = Rig.of("a", "b").retries(1).started();
    assertThat(rig.fail(FailureKind.SERVER_ERROR))
        .containsExactly("ended 1 a FAILURE server_error");
    return rig.is(WAITING);
  }

  private static Rig streaming() {
    Rig rig = attempting();
    assertThat(rig.chunk("first")).containsExactly("first chunk", "release a", "deliver");
    return rig.is(STREAMING);
  }

  private static Rig completed() {
    Rig rig = streaming();
    assertThat(rig.end(FinishReason.STOP)).endsWith("complete stop");
    return rig.is(COMPLETED);
  }

  private static Rig failed() {
    Rig rig = streaming();
    assertThat(rig.fail(FailureKind.NETWORK)).endsWith("fail network");
    return rig.is(FAILED);
  }

  private static Rig cancelled() {
    Rig rig = streaming();
    assertThat(rig.cancel()).endsWith("cancelled");
    return rig.is(CANCELLED);
  }

  private static Rig in(String state) {
    return switch (state) {
      case "PLANNING" -> planning();
      case "ATTEMPTING" -> attempting();
      case "HOLDING" -> holding();
      case "WAITING" -> waiting();
      case "STREAMING" -> streaming();
      case "COMPLETED" -> completed();
      case "FAILED" -> failed();
      case "CANCELLED" -> cancelled();
      default -> throw new IllegalArgumentException(state);
    };
  }

  private static List<String> send(Rig rig, String event) {
    return switch (event) {
      case "start" -> rig.start();
      case "head" -> rig.head();
      case "chunk" -> rig.chunk("text");
      case "end" -> rig.end(FinishReason.STOP);
      case "end length" -> rig.end(FinishReason.LENGTH);
      case "end filtered" -> rig.end(FinishReason.CONTENT_FILTER);
      case "fail" -> rig.fail(FailureKind.SERVER_ERROR);
      case "fail invalid" -> rig.fail(FailureKind.INVALID_REQUEST);
      case "cancel" -> rig.cancel();
      case "early timer" -> rig.after(1).timer();
      case "timer" -> rig.next();
      case "total" -> rig.after(Rig.TOTAL).timer();
      case "pause" -> {
        rig.machine().consumerPaused();
        yield List.of();
      }
      case "resume" -> {
        rig.machine().consumerResumed();
        yield List.of();
      }
      default -> throw new IllegalArgumentException(event);
    };
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          PLANNING   | start        | start 1 a                                               | ATTEMPTING
          PLANNING   | head         |                                                         | PLANNING
          PLANNING   | chunk        |                                                         | PLANNING
          PLANNING   | end          |                                                         | PLANNING
          PLANNING   | end length   |                                                         | PLANNING
          PLANNING   | end filtered |                                                         | PLANNING
          PLANNING   | fail         |                                                         | PLANNING
          PLANNING   | fail invalid |                                                         | PLANNING
          PLANNING   | cancel       | cancelled                                               | CANCELLED
          PLANNING   | early timer  |                                                         | PLANNING
          PLANNING   | timer        | fail timeout                                            | FAILED
          PLANNING   | total        | fail timeout                                            | FAILED
          PLANNING   | pause        |                                                         | PLANNING
          PLANNING   | resume       |                                                         | PLANNING

          ATTEMPTING | start        |                                                         | ATTEMPTING
          ATTEMPTING | head         |                                                         | ATTEMPTING
          ATTEMPTING | chunk        | first chunk; release a; deliver                         | STREAMING
          ATTEMPTING | end          | ended 1 a FAILURE empty_answer; a > b empty_answer; start 2 b | ATTEMPTING
          ATTEMPTING | end length   | release a; ended 1 a ALIVE; complete length           | COMPLETED
          ATTEMPTING | end filtered | ended 1 a ALIVE content_filter; fail content_filter   | FAILED
          ATTEMPTING | fail         | ended 1 a FAILURE server_error; a > b server_error; start 2 b | ATTEMPTING
          ATTEMPTING | fail invalid | ended 1 a ALIVE invalid_request; fail invalid_request | FAILED
          ATTEMPTING | cancel       | abort; ended 1 a NEUTRAL cancelled; cancelled           | CANCELLED
          ATTEMPTING | early timer  |                                                         | ATTEMPTING
          ATTEMPTING | timer        | abort; ended 1 a FAILURE timeout; a > b timeout; start 2 b | ATTEMPTING
          ATTEMPTING | total        | abort; ended 1 a NEUTRAL timeout; fail timeout          | FAILED
          ATTEMPTING | pause        |                                                         | ATTEMPTING
          ATTEMPTING | resume       |                                                         | ATTEMPTING

          HOLDING    | start        |                                                         | ATTEMPTING
          HOLDING    | head         |                                                         | ATTEMPTING
          HOLDING    | chunk        | hold                                                    | ATTEMPTING
          HOLDING    | end          | release a; ended 1 a ALIVE; complete stop             | COMPLETED
          HOLDING    | end length   | release a; ended 1 a ALIVE; complete length           | COMPLETED
          HOLDING    | end filtered | release a; ended 1 a ALIVE; complete content_filter   | COMPLETED
          HOLDING    | fail         | ended 1 a FAILURE server_error; a > b server_error; start 2 b | ATTEMPTING
          HOLDING    | fail invalid | ended 1 a ALIVE invalid_request; fail invalid_request | FAILED
          HOLDING    | cancel       | abort; ended 1 a NEUTRAL cancelled; cancelled           | CANCELLED
          HOLDING    | early timer  |                                                         | ATTEMPTING
          HOLDING    | timer        | abort; ended 1 a FAILURE timeout; a > b timeout; start 2 b | ATTEMPTING
          HOLDING    | total        | abort; ended 1 a NEUTRAL timeout; fail timeout          | FAILED
          HOLDING    | pause        |                                                         | ATTEMPTING
          HOLDING    | resume       |                                                         | ATTEMPTING

          WAITING    | start        |                                                         | WAITING
          WAITING    | head         |                                                         | WAITING
          WAITING    | chunk        |                                                         | WAITING
          WAITING    | end          |                                                         | WAITING
          WAITING    | end length   |                                                         | WAITING
          WAITING    | end filtered |                                                         | WAITING
          WAITING    | fail         |                                                         | WAITING
          WAITING    | fail invalid |                                                         | WAITING
          WAITING    | cancel       | cancelled                                               | CANCELLED
          WAITING    | early timer  |                                                         | WAITING
          WAITING    | timer        | start 2 a                                               | ATTEMPTING
          WAITING    | total        | fail timeout                                            | FAILED
          WAITING    | pause        |                                                         | WAITING
          WAITING    | resume       |                                                         | WAITING

          STREAMING  | start        |                                                         | STREAMING
          STREAMING  | head         |                                                         | STREAMING
          STREAMING  | chunk        | deliver                                                 | STREAMING
          STREAMING  | end          | ended 1 a ALIVE; complete stop                        | COMPLETED
          STREAMING  | end length   | ended 1 a ALIVE; complete length                      | COMPLETED
          STREAMING  | end filtered | ended 1 a ALIVE; complete content_filter              | COMPLETED
          STREAMING  | fail         | ended 1 a FAILURE server_error; fail server_error       | FAILED
          STREAMING  | fail invalid | ended 1 a ALIVE invalid_request; fail invalid_request | FAILED
          STREAMING  | cancel       | abort; ended 1 a NEUTRAL cancelled; cancelled           | CANCELLED
          STREAMING  | early timer  |                                                         | STREAMING
          STREAMING  | timer        | abort; ended 1 a FAILURE timeout; fail timeout          | FAILED
          STREAMING  | total        | abort; ended 1 a NEUTRAL timeout; fail timeout          | FAILED
          STREAMING  | pause        |                                                         | STREAMING
          STREAMING  | resume       |                                                         | STREAMING
          """)
  void eachEventInEachState(String state, String event, String actions, Failover.State after) {
    Rig rig = in(state);
    assertThat(String.join("; ", send(rig, event))).isEqualTo(actions == null ? "" : actions);
    rig.is(after);
  }

  @ParameterizedTest
  @EnumSource(names = {"COMPLETED", "FAILED", "CANCELLED"})
  void nothingHappensAfterATerminal(Failover.State terminal) {
    Rig rig = in(terminal.name());
    assertThat(rig.machine().terminal()).isTrue();
    List<Attempt> trail = rig.trail();
    for (String event :
        List.of(
            "start",
            "head",
            "chunk",
            "end",
            "end length",
            "end filtered",
            "fail",
            "fail invalid",
            "cancel",
            "early timer",
            "total",
            "pause",
            "resume")) {
      assertThat(send(rig, event)).as(event).isEmpty();
      rig.is(terminal);
    }
    assertThat(rig.machine().deadline()).isEqualTo(Long.MAX_VALUE);
    assertThat(rig.trail()).isEqualTo(trail);
    assertThat(rig.machine().deliveredBytes()).isEqualTo(5);
  }

  @ParameterizedTest
  @EnumSource(names = {"PLANNING", "ATTEMPTING", "WAITING", "STREAMING"})
  void onlyTheTerminalStatesAreTerminal(Failover.State state) {
    assertThat(in(state.name()).machine().terminal()).isFalse();
  }

  /** The failure table, written down a second time. */
  @ParameterizedTest
  @CsvSource({
    "AUTHENTICATION, ANY, EXHAUSTED, KEY, 0, false",
    "PERMISSION, ANY, EXHAUSTED, MODEL, 30, false",
    "RATE_LIMITED, ANY, EXHAUSTED, MODEL, 10, true",
    "QUOTA_EXHAUSTED, ANY, EXHAUSTED, BACKEND, 300, false",
    "OVERLOADED, ANY, FAILURE, MODEL, 0, true",
    "SATURATED, ANY, NEUTRAL, , 0, false",
    "SERVER_ERROR, ANY, FAILURE, MODEL, 0, true",
    "TIMEOUT, ANY, FAILURE, , 0, true",
    "NETWORK, ANY, FAILURE, , 0, true",
    "EMPTY_ANSWER, ANY, FAILURE, , 0, true",
    "UNAVAILABLE, ANY, NEUTRAL, , 0, true",
    "MODEL_NOT_FOUND, ANY, ALIVE, , 0, false",
    "UNSUPPORTED, ANY, ALIVE, , 0, false",
    "CONTEXT_LENGTH, LARGER_WINDOW, ALIVE, , 0, false",
    "INVALID_REQUEST, NONE, ALIVE, , 0, false",
    "CONTENT_FILTER, NONE, ALIVE, , 0, false",
    "TOO_LARGE, NONE, ALIVE, , 0, false",
    "CANCELLED, NONE, NEUTRAL, , 0, false",
    "INTERNAL, NONE, NEUTRAL, , 0, false",
  })
  void theFailureTable(
      FailureKind kind,
      FailureRule.Next next,
      Outcome outcome,
      Cooldown.Scope cooldown,
      long defaultWaitS,
      boolean retry) {
    assertThat(FailureRule.of(kind))
        .isEqualTo(
            new FailureRule(
                next, outcome, cooldown, java.time.Duration.ofSeconds(defaultWaitS), retry));
  }

  @ParameterizedTest
  @EnumSource
  void everyFailureBeforeTheCommitPointFollowsTheTable(FailureKind kind) {
    for (Rig rig : List.of(attempting(), holding())) {
      FailureRule rule = FailureRule.of(kind);
      List<String> actions = rig.fail(kind);
      assertThat(actions).first().isEqualTo("ended 1 a " + rule.outcome() + " " + kind.code());
      if (rule.next() != FailureRule.Next.NONE) {
        assertThat(actions).endsWith("a > b " + kind.code(), "start 2 b").hasSize(3);
        rig.is(ATTEMPTING);
      } else {
        assertThat(actions).endsWith("fail " + kind.code()).hasSize(2);
        rig.is(FAILED);
        assertThat(rig.failure().deliveredChunks()).isZero();
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void everyFailureAfterTheCommitPointIsFinal(FailureKind kind) {
    Rig rig = streaming();
    rig.chunk("größer");
    Failure failure = Failure.of(kind, "broke").withStatus(500, "oops").withRetryAfterMs(70);
    assertThat(rig.fail(failure))
        .containsExactly(
            "ended 1 a " + FailureRule.of(kind).outcome() + " " + kind.code(),
            "fail " + kind.code());
    Failure told = rig.failure();
    assertThat(told.message()).isEqualTo("broke");
    assertThat(told.backend()).isEqualTo("a");
    assertThat(told.model()).isEqualTo("m");
    assertThat(told.status()).isEqualTo(500);
    assertThat(told.providerCode()).isEqualTo("oops");
    assertThat(told.retryAfterMs()).isEqualTo(70);
    assertThat(told.deliveredChunks()).isEqualTo(2);
    assertThat(told.deliveredBytes()).isEqualTo(5 + 8);
    assertThat(told.trail()).singleElement().returns("failed", a -> a.toJson().getString("result"));
  }

  @Test
  void tellsTheGateOfAnAttemptBeforeItAsksForTheNext() {
    Rig rig = attempting();
    rig.fail(FailureKind.NETWORK);
    rig.chunk("x");
    rig.end(FinishReason.STOP);
    assertThat(rig.admission)
        .containsExactly("enter a", "leave a FAILURE network", "enter b", "leave b ALIVE");
  }

  @Test
  void passesTheProvidersReasonOnWhereNobodyElseIsAsked() {
    Rig rig = attempting();
    rig.fail(FailureKind.RATE_LIMITED);
    rig.fail(
        Failure.of(FailureKind.INVALID_REQUEST, "no such parameter")
            .withStatus(422, "unknown_parameter"));
    assertThat(rig.failure().kind()).isEqualTo(FailureKind.INVALID_REQUEST);
    assertThat(rig.failure().message()).isEqualTo("no such parameter");
    assertThat(rig.failure().backend()).isEqualTo("b");
    assertThat(rig.failure().providerCode()).isEqualTo("unknown_parameter");
    assertThat(rig.failure().trail()).hasSize(2);
  }

  @Nested
  class ContextLength {
    @Test
    void goesToAnyWindowThatMayBeLarger() {
      Rig rig =
          Rig.of("a", "same", "smaller", "unknown", "larger")
              .window("a", 8_000)
              .window("same", 8_000)
              .window("smaller", 4_000)
              .window("larger", 8_001)
              .started();
      assertThat(rig.fail(FailureKind.CONTEXT_LENGTH))
          .containsExactly(
              "ended 1 a ALIVE context_length",
              "smaller > unknown context_window",
              "start 2 unknown");
      assertThat(rig.fail(FailureKind.CONTEXT_LENGTH)).endsWith("start 3 larger");
      assertThat(rig.trail())
          .extracting(Attempt::backend)
          .containsExactly("a", "same", "smaller", "unknown");
      assertThat(rig.admission)
          .containsExactly(
              "enter a",
              "leave a ALIVE context_length",
              "enter unknown",
              "leave unknown ALIVE context_length",
              "enter larger");
    }

    @Test
    void ofAnUnknownWindowGoesToAnyOther() {
      Rig rig = Rig.of("a", "unknown", "known").window("known", 100).started();
      assertThat(rig.fail(FailureKind.CONTEXT_LENGTH)).endsWith("start 2 unknown");
      assertThat(rig.fail(FailureKind.CONTEXT_LENGTH)).endsWith("start 3 known");
    }

    @Test
    void isNotTheFailureWhereAnEarlierOneMayPass() {
      Rig rig = Rig.of("large", "small").window("large", 8_000).window("small", 4_000).started();
      rig.fail(FailureKind.OVERLOADED);
      assertThat(rig.fail(FailureKind.CONTEXT_LENGTH)).endsWith("fail overloaded");
    }

    @Test
    void staysTheCallersWhereAnotherRefusedTheRequestOtherwise() {
      Rig rig = Rig.of("a", "b").started();
      rig.fail(FailureKind.MODEL_NOT_FOUND);
      assertThat(rig.fail(FailureKind.CONTEXT_LENGTH)).endsWith("fail context_length");
    }

    @Test
    void neverForgetsTheLargestWindowThatWasTooSmall() {
      Rig rig =
          Rig.of("a", "b", "c", "d")
              .window("a", 8_000)
              .window("b", 16_000)
              .window("c", 12_000)
              .window("d", 16_001)
              .started();
      assertThat(rig.fail(FailureKind.CONTEXT_LENGTH)).endsWith("start 2 b");
      assertThat(rig.fail(FailureKind.CONTEXT_LENGTH)).endsWith("start 3 d");
      assertThat(rig.fail(FailureKind.SERVER_ERROR)).endsWith("fail server_error");
    }

    @Test
    void isTheFailureWhereNobodyHasALargerWindow() {
      Rig rig = Rig.of("a", "b").window("a", 8_000).window("b", 8_000).started();
      assertThat(rig.fail(FailureKind.CONTEXT_LENGTH)).endsWith("fail context_length");
      assertThat(rig.failure().message())
          .isEqualTo(
              "no backend could serve the request: a/m (context_length),"
                  + " b/m skipped (context_window)");
    }
  }

  @Nested
  class Commit {
    @Test
    void firstChunkHoldsNothingBack() {
      Rig rig = attempting();
      assertThat(rig.machine().deliveredBytes()).isZero();
      assertThat(rig.chunk("a")).containsExactly("first chunk", "release a", "deliver");
      assertThat(rig.chunk("b")).containsExactly("deliver");
      assertThat(rig.machine().deliveredBytes()).isEqualTo(2);
    }

    @Test
    void charactersAreCountedAndNotBytes() {
      Rig rig = Rig.of("a").commit(new CommitPoint(6)).started();
      assertThat(rig.chunk("äöü")).containsExactly("first chunk", "hold");
      assertThat(rig.chunk("ßß")).containsExactly("hold");
      assertThat(rig.machine().deliveredBytes()).isZero();
      assertThat(rig.chunk("!")).containsExactly("release a", "deliver");
      assertThat(rig.machine().deliveredBytes()).isEqualTo(11);
      rig.is(STREAMING);
    }

    @Test
    void theFirstTextReleasesTheReasoningBeforeIt() {
      Rig rig = Rig.of("a").commit(CommitPoint.FIRST_TEXT).started();
      assertThat(rig.chunk(BlockKind.REASONING, "hm")).containsExactly("first chunk", "hold");
      assertThat(rig.chunk(BlockKind.REASONING, "hm")).containsExactly("hold");
      assertThat(rig.machine().deliveredBytes()).isZero();
      assertThat(rig.chunk(BlockKind.TEXT, "a")).containsExactly("release a", "deliver");
      assertThat(rig.chunk(BlockKind.REASONING, "b")).containsExactly("deliver");
      assertThat(rig.machine().deliveredBytes()).isEqualTo(6);
    }

    @Test
    void aRefusalIsAFirstText() {
      Rig rig = Rig.of("a").commit(CommitPoint.FIRST_TEXT).started();
      assertThat(rig.chunk(BlockKind.REFUSAL, "no"))
          .containsExactly("first chunk", "release a", "deliver");
    }

    @Test
    void reasoningIsTheFirstChunkByDefault() {
      Rig rig = attempting();
      assertThat(rig.chunk(BlockKind.REASONING, "hm"))
          .containsExactly("first chunk", "release a", "deliver");
    }

    @Test
    void aFailureBeforeTheFirstTextFallsBack() {
      Rig rig = Rig.of("a", "b").commit(CommitPoint.FIRST_TEXT).started();
      rig.chunk(BlockKind.REASONING, "hm");
      assertThat(rig.fail(FailureKind.NETWORK)).endsWith("start 2 b");
      rig.chunk(BlockKind.REASONING, "hm");
      assertThat(rig.chunk("a")).containsExactly("release b", "deliver");
    }

    @Test
    void reasoningWithoutTextIsEmptyWhereTextCommits() {
      Rig rig = Rig.of("a", "b").commit(CommitPoint.FIRST_TEXT).started();
      rig.chunk(BlockKind.REASONING, "hm");
      assertThat(rig.end(FinishReason.STOP))
          .containsExactly("ended 1 a FAILURE empty_answer", "a > b empty_answer", "start 2 b");
      rig.chunk(BlockKind.REASONING, "hm");
      assertThat(rig.end(FinishReason.LENGTH))
          .containsExactly("release b", "ended 2 b ALIVE", "complete length");
    }

    @Test
    void reasoningBeforeTheFirstTextFillsTheLatch() {
      Rig rig = Rig.of("a").commit(CommitPoint.FIRST_TEXT).latch(10).started();
      rig.chunk(BlockKind.REASONING, "1234567890");
      assertThat(rig.chunk(BlockKind.REASONING, "1")).endsWith("fail too_large");
    }

    @Test
    void theStartOfAToolCallIsContent() {
      for (CommitPoint commit : List.of(CommitPoint.FIRST_CHUNK, CommitPoint.FIRST_TEXT)) {
        Rig rig = Rig.of("a").commit(commit).started();
        assertThat(rig.block(BlockKind.TOOL_CALL))
            .containsExactly("first chunk", "release a", "deliver");
        assertThat(rig.chunk(BlockKind.TOOL_CALL, "{}")).containsExactly("deliver");
      }
    }

    @Test
    void aToolCallWithoutArgumentsIsAnAnswer() {
      Rig rig = Rig.of("a", "b").commit(CommitPoint.COMPLETE).started();
      rig.block(BlockKind.TOOL_CALL);
      assertThat(rig.end(FinishReason.TOOL_CALLS))
          .containsExactly("release a", "ended 1 a ALIVE", "complete tool_calls");
    }

    @Test
    void aFinishReasonOfToolCallsWithoutACallIsEmpty() {
      Rig rig = Rig.of("a", "b").started();
      assertThat(rig.end(FinishReason.TOOL_CALLS)).contains("a > b empty_answer");
    }

    @Test
    void wholeToolCallsAreHeldToTheEnd() {
      Rig rig = Rig.of("a", "b").commit(CommitPoint.TOOL_CALLS).started();
      assertThat(rig.block(BlockKind.TOOL_CALL)).containsExactly("first chunk", "hold");
      assertThat(rig.chunk(BlockKind.TOOL_CALL, "{\"x\":1}")).containsExactly("hold");
      assertThat(rig.end(FinishReason.STOP))
          .containsExactly("release a", "ended 1 a ALIVE", "complete stop");
    }

    @Test
    void aMalformedToolCallThatIsHeldFallsBackAndSpeaksForTheBackend() {
      Rig rig = Rig.of("a", "b").commit(CommitPoint.TOOL_CALLS).started();
      rig.block(BlockKind.TOOL_CALL);
      assertThat(rig.fail(FailureKind.MALFORMED_TOOL_CALL))
          .containsExactly(
              "ended 1 a ALIVE malformed_tool_call", "a > b malformed_tool_call", "start 2 b");
    }

    @Test
    void textBeforeAToolCallCommitsWhereWholeCallsAreHeld() {
      Rig rig = Rig.of("a", "b").commit(CommitPoint.TOOL_CALLS).started();
      assertThat(rig.chunk("a")).containsExactly("first chunk", "release a", "deliver");
      assertThat(rig.block(BlockKind.TOOL_CALL)).containsExactly("deliver");
      assertThat(rig.fail(FailureKind.MALFORMED_TOOL_CALL)).endsWith("fail malformed_tool_call");
    }

    @Test
    void dataIsHeldWithoutBeingContent() {
      Rig rig = Rig.of("a", "b").started();
      assertThat(rig.block(BlockKind.DATA)).containsExactly("hold");
      assertThat(rig.chunk(BlockKind.DATA, "{}")).containsExactly("hold");
      assertThat(rig.end(FinishReason.STOP)).contains("a > b empty_answer");
    }

    @Test
    void imagesAreContentAndTheirBytesAreData() {
      Rig rig = Rig.of("a", "b").commit(CommitPoint.FIRST_TEXT).started();
      assertThat(rig.images()).containsExactly("first chunk", "release a", "deliver");
      assertThat(rig.chunk(BlockKind.DATA, "[{}]")).containsExactly("deliver");
      assertThat(rig.end(FinishReason.STOP)).noneMatch(each -> each.contains("empty_answer"));

      Rig whole = Rig.of("a", "b").commit(CommitPoint.COMPLETE).started();
      assertThat(whole.images()).containsExactly("first chunk", "hold");
      assertThat(whole.chunk(BlockKind.DATA, "[{}]")).containsExactly("hold");
      assertThat(whole.end(FinishReason.STOP)).contains("release a");
    }

    @Test
    void theCharactersOfAFailedAttemptDoNotCountForTheNext() {
      Rig rig = Rig.of("a", "b").commit(new CommitPoint(6)).started();
      rig.chunk("12345");
      rig.fail(FailureKind.NETWORK);
      assertThat(rig.chunk("12345")).containsExactly("first chunk", "hold");
      assertThat(rig.chunk("6")).containsExactly("release b", "deliver");
      assertThat(rig.machine().deliveredBytes()).isEqualTo(6);
    }

    @Test
    void aShorterAnswerCommitsAtItsEnd() {
      Rig rig = Rig.of("a").commit(new CommitPoint(100)).started();
      rig.chunk("short");
      assertThat(rig.end(FinishReason.STOP))
          .containsExactly("release a", "ended 1 a ALIVE", "complete stop");
    }

    @Test
    void completeSurvivesAFailureInMidStream() {
      Rig rig = holding();
      for (int i = 0; i < 9; i++) {
        assertThat(rig.chunk("more")).containsExactly("hold");
      }
      assertThat(rig.fail(FailureKind.NETWORK)).endsWith("start 2 b");
      assertThat(rig.chunk("whole")).containsExactly("first chunk", "hold");
      assertThat(rig.end(FinishReason.STOP))
          .containsExactly("release b", "ended 2 b ALIVE", "complete stop");
      assertThat(rig.machine().deliveredBytes()).isEqualTo(5);
    }

    @Test
    void theLatchIsBounded() {
      Rig rig = Rig.of("a", "b").commit(CommitPoint.COMPLETE).latch(10).started();
      assertThat(rig.chunk("12345")).containsExactly("first chunk", "hold");
      assertThat(rig.chunk("67890")).containsExactly("hold");
      assertThat(rig.chunk("!"))
          .containsExactly("abort", "ended 1 a ALIVE too_large", "fail too_large");
      assertThat(rig.failure().message()).contains("10 bytes");
      assertThat(rig.failure().deliveredBytes()).isZero();
    }

    @Test
    void theLatchOfEachAttemptIsItsOwn() {
      Rig rig = Rig.of("a", "b").commit(CommitPoint.COMPLETE).latch(10).started();
      rig.chunk("1234567890");
      rig.fail(FailureKind.NETWORK);
      assertThat(rig.chunk("1234567890")).containsExactly("first chunk", "hold");
    }

    @Test
    void theChunkThatReachesTheCommitPointMayBeLargerThanTheLatch() {
      Rig rig = Rig.of("a").commit(new CommitPoint(12)).latch(10).started();
      rig.chunk("1234567890");
      assertThat(rig.chunk("12")).containsExactly("release a", "deliver");
    }
  }

  @Nested
  class AnEndWithoutContent {
    @ParameterizedTest
    @EnumSource(
        names = {"FIRST_CHUNK", "COMPLETE"},
        value = Commits.class)
    void isNoSuccess(Commits commit) {
      Rig rig = Rig.of("a").commit(commit.point).started();
      rig.head();
      TokenUsage usage = new TokenUsage(10, 0, 0, 0, 0, TokenUsage.Source.PROVIDER);
      assertThat(rig.end(FinishReason.STOP, usage))
          .containsExactly("ended 1 a FAILURE empty_answer", "fail empty_answer");
      assertThat(rig.failure().usage()).isEqualTo(usage);
    }

    @Test
    void isAnHonestAnswerWhenItsLengthWasLimited() {
      Rig rig = attempting();
      TokenUsage usage = new TokenUsage(10, 5, 0, 0, 5, TokenUsage.Source.PROVIDER);
      assertThat(rig.end(FinishReason.LENGTH, usage)).endsWith("complete length");
      assertThat(rig.last(Action.Complete.class).usage()).isEqualTo(usage);
      assertThat(rig.machine().deliveredBytes()).isZero();
    }

    @Test
    void isARefusalWhenItWasFiltered() {
      Rig rig = attempting();
      rig.end(FinishReason.CONTENT_FILTER);
      assertThat(rig.failure().message())
          .isEqualTo("the provider's content filter stopped the answer");
      assertThat(rig.failure().backend()).isEqualTo("a");
    }
  }

  enum Commits {
    FIRST_CHUNK(CommitPoint.FIRST_CHUNK),
    COMPLETE(CommitPoint.COMPLETE);

    private final CommitPoint point;

    Commits(CommitPoint point) {
      this.point = point;
    }
  }
}
