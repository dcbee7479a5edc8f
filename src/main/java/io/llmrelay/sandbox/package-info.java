/**
 * Embedded backends for tests and rehearsals: they speak real dialects over real HTTP and misbehave
 * on request.
 *
 * <p>A request passes four stages. {@link io.llmrelay.sandbox.Sandbox} reads it and chooses a
 * {@link io.llmrelay.sandbox.Scenario}. {@code Answer} says what the healthy part of the scenario
 * contains, free of any dialect; a {@code WireFormat} words it. {@code Playbook} lays the frames
 * out as steps, with the fault where the scenario wants it. {@code Player} plays the steps on the
 * connection: it alone knows timers, back-pressure and the client's departure.
 */
package io.llmrelay.sandbox;
