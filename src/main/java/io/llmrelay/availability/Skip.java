package io.llmrelay.availability;

import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.SkipReason;

/**
 * The reason why a candidate may not be tried now.
 *
 * @param reason the reason as a code
 * @param kind the kind of the request's failure if every candidate is skipped for this reason
 * @param message the reason for users
 * @param availableInMs milliseconds until it may be tried, -1 if unknown
 */
public record Skip(SkipReason reason, FailureKind kind, String message, long availableInMs)
    implements Entry {}
