package io.llmrelay.failover;

import io.llmrelay.availability.Skip;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.SkipReason;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;

/**
 * When one request may try its candidates again, and how often it has done so. Times are by the
 * clock of the request.
 */
final class RetrySchedule {
  private final RunSettings settings;
  private final Admission admission;
  private final LongSupplier clock;
  private final DoubleSupplier random;
  private final long deadline;

  private final Map<Candidate, Integer> retries = new HashMap<>();

  /** When this request may try a candidate again. */
  private final Map<Candidate, Long> availableAt = new HashMap<>();

  /** When later requests may try a candidate again: default cooldowns count as well. */
  private final Map<Candidate, Long> laterAvailableAt = new HashMap<>();

  /**
   * @param random jitter between 0 and 1
   * @param deadline when the request ends at the latest
   */
  RetrySchedule(
      RunSettings settings,
      Admission admission,
      LongSupplier clock,
      DoubleSupplier random,
      long deadline) {
    this.settings = settings;
    this.admission = admission;
    this.clock = clock;
    this.random = random;
    this.deadline = deadline;
  }

  /** Records that a candidate was skipped. */
  void skipped(Candidate candidate, Skip skip) {
    if (skip.availableInMs() >= 0) {
      availableAt.put(candidate, clock.getAsLong() + skip.availableInMs());
      laterAvailableAt.put(candidate, availableAt.get(candidate));
    }
  }

  /** Records the failure of an attempt; it may be repeated at once with another key. */
  void failed(Candidate candidate, FailureRule rule, Failure failure) {
    if (rule.retry() || failure.retryAfterMs() >= 0) {
      availableAt.put(candidate, clock.getAsLong() + Math.max(0, failure.retryAfterMs()));
    } else {
      availableAt.remove(candidate);
    }
  }

  /**
   * Records that no other key of the failed candidate serves the request.
   *
   * @param ofKey whether the attempt was made with one of several keys
   */
  void exhausted(Candidate candidate, FailureRule rule, Failure failure, boolean ofKey) {
    long cooldown = rule.cooldownMs(failure);
    if (ofKey) {
      cooldown = soonestKey(candidate, cooldown);
    }
    if (rule.retry() || cooldown > 0) {
      laterAvailableAt.put(candidate, clock.getAsLong() + cooldown);
    } else {
      laterAvailableAt.remove(candidate);
    }
    if (!rule.retry()) {
      retries.put(candidate, settings.maxRetries());
    }
  }

  /** Returns how long it takes until the candidate has a key again that may be used. */
  private long soonestKey(Candidate candidate, long cooldown) {
    Skip skip = admission.check(candidate);
    return skip == null || skip.availableInMs() < 0
        ? cooldown
        : Math.min(cooldown == 0 ? Long.MAX_VALUE : cooldown, skip.availableInMs());
  }

  /**
   * Returns when the candidate that has just failed is to be tried again; -1 for never. A cooldown
   * that it did not ask for is not waited for while another candidate is left.
   */
  long after(Candidate candidate, Failure failure) {
    if (!mayRetry(candidate)) {
      return -1;
    }
    Skip skip = admission.check(candidate);
    boolean allowed =
        skip == null
            || failure.retryAfterMs() >= 0
                && skip.reason() == SkipReason.EXHAUSTED
                && willBeAllowed(candidate);
    return allowed ? next(candidate) : -1;
  }

  /** Returns the failed or skipped candidate that is available first; {@code null} for none. */
  Candidate soonest(List<Candidate> candidates) {
    Candidate soonest = null;
    for (Candidate candidate : candidates) {
      if (availableAt.containsKey(candidate)
          && mayRetry(candidate)
          && willBeAllowed(candidate)
          && (soonest == null || availableAt.get(candidate) < availableAt.get(soonest))) {
        soonest = candidate;
      }
    }
    return soonest;
  }

  private boolean mayRetry(Candidate candidate) {
    return retries.getOrDefault(candidate, 0) < settings.maxRetries();
  }

  /** Returns whether a candidate will be admitted once it is available; may postpone that time. */
  private boolean willBeAllowed(Candidate candidate) {
    Skip skip = admission.check(candidate);
    if (skip != null && skip.availableInMs() >= 0) {
      availableAt.merge(candidate, clock.getAsLong() + skip.availableInMs(), Math::max);
    }
    return skip == null || skip.availableInMs() >= 0;
  }

  /**
   * Returns when a candidate is to be tried again and counts that as a retry; -1 if the delay is
   * not permitted or ends after the deadline of the request.
   */
  long next(Candidate candidate) {
    long now = clock.getAsLong();
    long max = settings.retryMaxDelay().toMillis();
    long requested = availableAt.get(candidate) - now;
    int tries = retries.getOrDefault(candidate, 0);
    long backoff = Math.min(max, settings.retryBaseDelay().toMillis() << Math.min(tries, 16));
    long jittered = backoff / 2 + (long) (backoff / 2.0 * random.getAsDouble());
    long delay = Math.max(requested, jittered);
    if (requested > max || now + delay >= deadline) {
      return -1;
    }
    retries.merge(candidate, 1, Integer::sum);
    return now + delay;
  }

  /**
   * Returns after how many milliseconds a later request may try one of the candidates; -1 if that
   * is at once or unknown.
   */
  long retryAfterMs() {
    long soonest = Long.MAX_VALUE;
    for (long at : laterAvailableAt.values()) {
      soonest = Math.min(soonest, at - clock.getAsLong());
    }
    return soonest == Long.MAX_VALUE || soonest <= 0 ? -1 : soonest;
  }
}
