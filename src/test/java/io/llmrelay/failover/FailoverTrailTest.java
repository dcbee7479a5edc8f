package io.llmrelay.failover;

import static io.llmrelay.chat.Attempt.Result.CANCELLED;
import static io.llmrelay.chat.Attempt.Result.FAILED;
import static io.llmrelay.chat.Attempt.Result.SERVED;
import static io.llmrelay.chat.Attempt.Result.SERVING;
import static io.llmrelay.chat.Attempt.Result.SKIPPED;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.groups.Tuple.tuple;

import io.llmrelay.chat.Attempt;
import io.llmrelay.chat.CommitPoint;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.FinishReason;
import io.llmrelay.chat.TokenUsage;
import org.junit.jupiter.api.Test;

/** What a run tells of itself: trail, usage, cost, and the failure that ends it. */
class FailoverTrailTest {

  private static TokenUsage provider(long in, long out) {
    return new TokenUsage(in, out, 0, 0, 0, TokenUsage.Source.PROVIDER);
  }

  @Test
  void tellsEveryStepInOrderWithItsTimes() {
    Rig rig = Rig.of("a", "b", "c").open("a", 7).after(1);
    rig.machine();
    rig.after(2).start();
    rig.after(30)
        .fail(Failure.of(FailureKind.OVERLOADED, "no capacity").withStatus(529, "overloaded"));
    rig.after(50).head();
    rig.after(20).chunk("Hi");
    assertThat(rig.trail())
        .extracting(
            Attempt::backend,
            Attempt::result,
            Attempt::reason,
            Attempt::message,
            Attempt::status,
            Attempt::startMs,
            Attempt::durationMs,
            Attempt::firstChunkMs)
        .containsExactly(
            tuple("a", SKIPPED, "circuit_open", "circuit open", 0, 2L, 0L, -1L),
            tuple("b", FAILED, "overloaded", "no capacity", 529, 2L, 30L, -1L),
            tuple("c", SERVING, null, null, 0, 32L, 70L, 70L));
    rig.after(100).end(FinishReason.STOP);
    assertThat(rig.trail())
        .last()
        .isEqualTo(
            new Attempt(
                "c",
                "m",
                SERVED,
                null,
                null,
                0,
                null,
                32,
                170,
                70,
                TokenUsage.estimate(Rig.INPUT_CHARACTERS, 2),
                null,
                -1,
                null,
                null));
    assertThat(rig.trail()).hasSize(3);
    assertThat(rig.machine().elapsed()).isEqualTo(202);
  }

  @Test
  void knowsTheAttemptThatServesFromTheCommitPointOn() {
    Rig rig = Rig.of("a").commit(new CommitPoint(3)).started();
    rig.chunk("12");
    assertThat(rig.trail()).isEmpty();
    rig.chunk("3");
    assertThat(rig.trail()).singleElement().returns(SERVING, Attempt::result);
    rig.after(5).fail(FailureKind.NETWORK);
    assertThat(rig.trail())
        .singleElement()
        .returns(FAILED, Attempt::result)
        .returns("network", Attempt::reason)
        .returns(5L, Attempt::durationMs);
  }

  @Test
  void handsOutCopies() {
    Rig rig = Rig.of("a").started();
    var before = rig.trail();
    rig.chunk("x");
    assertThat(before).isEmpty();
  }

  @Test
  void tellsOfACancelledAttempt() {
    Rig rig = Rig.of("a").priced("a").started();
    rig.chunk("12345678");
    rig.chunk("1");
    rig.cancel();
    Failure failure = rig.last(Action.Cancelled.class).failure();
    assertThat(failure.kind()).isEqualTo(FailureKind.CANCELLED);
    assertThat(failure.message()).isEqualTo("gone");
    assertThat(failure.deliveredChunks()).isEqualTo(2);
    assertThat(failure.deliveredBytes()).isEqualTo(9);
    assertThat(failure.usage()).isEqualTo(TokenUsage.estimate(Rig.INPUT_CHARACTERS, 9));
    assertThat(failure.costUsd()).isEqualTo(10 + 3 * 10);
    assertThat(failure.trail()).singleElement().returns(CANCELLED, Attempt::result);
  }

  @Test
  void tellsNothingDeliveredWhereAHeldAnswerIsCancelled() {
    Rig rig = Rig.of("a").commit(CommitPoint.COMPLETE).started();
    rig.chunk("held");
    rig.cancel();
    Failure failure = rig.last(Action.Cancelled.class).failure();
    assertThat(failure.deliveredChunks()).isZero();
    assertThat(failure.deliveredBytes()).isZero();
    assertThat(failure.usage().source()).isEqualTo(TokenUsage.Source.ESTIMATED);
  }

  @Test
  void tellsOfACancelDuringARetryDelay() {
    Rig rig = Rig.of("a").retries(1).started();
    rig.fail(FailureKind.NETWORK);
    rig.cancel();
    assertThat(rig.last(Action.Cancelled.class).failure().trail())
        .singleElement()
        .returns(FAILED, Attempt::result);
  }

  // Usage and cost.

  @Test
  void takesTheProvidersUsage() {
    Rig rig = Rig.of("a").priced("a").started();
    rig.chunk("12345678");
    rig.end(FinishReason.STOP, provider(7, 3));
    Action.Complete complete = rig.last(Action.Complete.class);
    assertThat(complete.usage()).isEqualTo(provider(7, 3));
    assertThat(complete.costUsd()).isEqualTo(7 + 3 * 10);
    assertThat(rig.trail().get(0).costUsd()).isEqualTo(37);
  }

  @Test
  void estimatesWhatTheProviderDoesNotSay() {
    Rig rig = Rig.of("a").priced("a").started();
    rig.chunk("12345678");
    rig.chunk("1");
    rig.end(FinishReason.STOP);
    Action.Complete complete = rig.last(Action.Complete.class);
    assertThat(complete.usage())
        .isEqualTo(new TokenUsage(10, 3, 0, 0, 0, TokenUsage.Source.ESTIMATED));
    assertThat(complete.costUsd()).isEqualTo(10 + 3 * 10);
  }

  @Test
  void knowsNothingOfAnAttemptWithoutAnything() {
    Rig rig = Rig.of("a").priced("a").started();
    rig.fail(FailureKind.NETWORK);
    assertThat(rig.failure().usage()).isEqualTo(TokenUsage.NONE);
    assertThat(rig.failure().costUsd()).isNull();
  }

  @Test
  void knowsNoCostWithoutAPrice() {
    Rig rig = Rig.of("a").started();
    rig.chunk("x");
    rig.end(FinishReason.STOP, provider(7, 3));
    assertThat(rig.last(Action.Complete.class).costUsd()).isNull();
  }

  @Test
  void addsUpCostsAsDecimalFractions() {
    Rig rig = Rig.of("a", "b").priced("a", 1, 2).priced("b", 1, 2).started();
    rig.fail(Failure.of(FailureKind.SERVER_ERROR, "broke").withUsage(provider(2, 2), null));
    rig.chunk("1234");
    rig.end(FinishReason.STOP, provider(100, 4));
    assertThat(0.000006 + 0.000108).isNotEqualTo(0.000114);
    assertThat(rig.last(Action.Complete.class).costUsd()).isEqualTo(0.000114);
  }

  @Test
  void addsUpWhatAllAttemptsCost() {
    Rig rig = Rig.of("a", "b", "c").priced("a").priced("c").commit(CommitPoint.COMPLETE).started();
    rig.chunk("1234");
    rig.fail(Failure.of(FailureKind.SERVER_ERROR, "broke").withUsage(provider(5, 2), null));
    rig.fail(FailureKind.NETWORK);
    rig.chunk("1234");
    rig.end(FinishReason.STOP, provider(6, 1));
    Action.Complete complete = rig.last(Action.Complete.class);
    assertThat(complete.usage()).as("of the answer").isEqualTo(provider(6, 1));
    assertThat(complete.costUsd()).as("of all").isEqualTo(5 + 20 + 6 + 10);
    assertThat(rig.trail()).extracting(Attempt::costUsd).containsExactly(25.0, null, 16.0);
    assertThat(rig.trail())
        .extracting(attempt -> attempt.usage().source())
        .containsExactly(
            TokenUsage.Source.PROVIDER, TokenUsage.Source.NONE, TokenUsage.Source.PROVIDER);
  }

  @Test
  void estimatesTheUsageOfAFailureInMidStream() {
    Rig rig = Rig.of("a").priced("a").started();
    rig.chunk("12345678");
    rig.fail(FailureKind.NETWORK);
    assertThat(rig.failure().usage()).isEqualTo(TokenUsage.estimate(Rig.INPUT_CHARACTERS, 8));
    assertThat(rig.failure().costUsd()).isEqualTo(10 + 20);
  }

  @Test
  void tellsTheUsageOfTheLastAttemptEvenWhereASkipFollowed() {
    Rig rig = Rig.of("a", "b").open("b", -1).commit(CommitPoint.COMPLETE).started();
    rig.chunk("1234");
    rig.fail(FailureKind.NETWORK);
    assertThat(rig.failure().usage()).isEqualTo(TokenUsage.estimate(Rig.INPUT_CHARACTERS, 4));
  }

  @Test
  void doesNotCountTheTextOfAnEarlierAttempt() {
    Rig rig = Rig.of("a", "b").commit(CommitPoint.COMPLETE).started();
    rig.chunk("12345678");
    rig.fail(FailureKind.NETWORK);
    rig.chunk("1234");
    rig.end(FinishReason.STOP);
    assertThat(rig.last(Action.Complete.class).usage().outputTokens()).isEqualTo(1);
  }

  // The failure at the end.

  @Test
  void isTheOneFailureWhereOnlyOneWasTried() {
    Rig rig = Rig.of("a").started();
    rig.fail(Failure.of(FailureKind.SERVER_ERROR, "broke").withStatus(500, "internal"));
    assertThat(rig.failure().message()).isEqualTo("broke");
    assertThat(rig.failure().status()).isEqualTo(500);
    assertThat(rig.failure().providerCode()).isEqualTo("internal");
    assertThat(rig.failure().toString()).isEqualTo("server_error at a/m: broke");
  }

  @Test
  void isOfTheKindAllShare() {
    Rig rig = Rig.of("a", "b").started();
    rig.fail(FailureKind.RATE_LIMITED);
    rig.fail(FailureKind.RATE_LIMITED);
    assertThat(rig.failure().kind()).isEqualTo(FailureKind.RATE_LIMITED);
    assertThat(rig.failure().message())
        .isEqualTo("no backend could serve the request: a/m (rate_limited), b/m (rate_limited)");
    assertThat(rig.failure().backend()).isNull();
  }

  @Test
  void isUnavailableWhereTheKindsDiffer() {
    Rig rig = Rig.of("a", "b").started();
    rig.fail(FailureKind.RATE_LIMITED);
    rig.fail(FailureKind.AUTHENTICATION);
    assertThat(rig.failure().kind()).isEqualTo(FailureKind.UNAVAILABLE);
    assertThat(rig.failure().trail()).hasSize(2);
  }

  @Test
  void neverDeliversAnythingOfAFailedAttempt() {
    Rig rig = Rig.of("a", "b").commit(CommitPoint.COMPLETE).started();
    rig.chunk("held back");
    rig.fail(FailureKind.NETWORK);
    rig.fail(FailureKind.NETWORK);
    assertThat(rig.failure().deliveredBytes()).isZero();
    assertThat(rig.failure().deliveredChunks()).isZero();
    assertThat(rig.actions).noneMatch(Action.Release.class::isInstance);
  }

  @Test
  void anAnswerThatOutgrewTheLatchCostsAllThatCame() {
    Rig rig = Rig.of("a").priced("a").commit(CommitPoint.COMPLETE).latch(6).started();
    rig.chunk("1234");
    rig.chunk("5678");
    assertThat(rig.failure().kind()).isEqualTo(FailureKind.TOO_LARGE);
    // 40 characters in and 8 out, four to a token, at one and ten dollars
    assertThat(rig.trail().get(0).usage()).isEqualTo(TokenUsage.estimate(40, 8));
    assertThat(rig.failure().costUsd()).isEqualTo(10 + 20.0);
  }
}
