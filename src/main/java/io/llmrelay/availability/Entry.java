package io.llmrelay.availability;

/** Whether an attempt may be made: a {@link Permit}, or the {@link Skip} that says why not. */
public sealed interface Entry permits Permit, Skip {}
