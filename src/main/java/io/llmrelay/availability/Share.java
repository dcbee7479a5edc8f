package io.llmrelay.availability;

import io.llmrelay.chat.Priority;

/**
 * Whom a waiting request belongs to.
 *
 * @param consumer the name of the gateway key, or empty; consumers of one priority get slots in the
 *     ratio of their weights
 * @param priority requests of a higher priority come first
 */
public record Share(String consumer, Priority priority) {}
