/**
 * Embedded backends for tests and demonstrations: they speak real dialects over real HTTP and
 * misbehave on request.
 *
 * <p>A request passes four stages. {@link io.llmrelay.sandbox.Sandbox} reads it and chooses a
 * {@link io.llmrelay.sandbox.Scenario}. {@code ScriptedAnswer} is the content of the scenario's
 * answer, independent of the dialect; a {@code WireFormat} encodes it. {@code StepBuilder} arranges
 * the frames as steps, with the fault at its position. {@code ResponseWriter} executes the steps on
 * the connection, and alone deals with timers, back-pressure and disconnects.
 */
package io.llmrelay.sandbox;
