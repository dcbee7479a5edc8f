package io.llmrelay.availability;

/** A {@link Permit} for an attempt, or the {@link Skip} with the reason against it. */
public sealed interface Entry permits Permit, Skip {}
