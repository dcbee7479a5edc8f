package io.llmrelay.availability;

import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.SkipReason;

/**
 * The reason why a candidate may not be tried now.
 *
 * @param reason the reason
 * @param kind the failure that led to it
 * @param message the reason in words
 * @param availableInMs milliseconds until it may be tried, -1 if unknown
 */
public record Skip(SkipReason reason, FailureKind kind, String message, long availableInMs)
    implements Entry {}
