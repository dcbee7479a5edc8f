package io.llmrelay.availability;

/**
 * A {@link Permit} for an attempt or a {@link KeyBudgets.Charge} for a request, or the {@link Skip}
 * with the reason against it.
 */
public sealed interface Entry permits KeyBudgets.Charge, Permit, Skip {}
