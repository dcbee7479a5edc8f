/**
 * The configuration: option classes, and a reader for YAML and JSON that reports all problems at
 * once, with line numbers.
 *
 * <p>The keys are the fields of the option classes in kebab-case; there is no second list of them.
 * {@link io.llmrelay.config.ConfigReader}, {@link io.llmrelay.config.Problems} and {@link
 * io.llmrelay.config.BackendResolver} serve {@link io.llmrelay.config.RelayOptions}; applications
 * do not need them.
 */
package io.llmrelay.config;
