/**
 * The conversion of LiteLLM's configuration file. {@code LiteLlmConverter} reads its sections,
 * {@code Deployments} turns the model list into backends, {@code Upstream} knows LiteLLM's provider
 * prefixes. A {@code Section} reports each key that nobody has read, so that nothing is dropped
 * silently.
 */
package io.llmrelay.cli.litellm;
