/**
 * The configuration: {@link io.llmrelay.config.RelayOptions} and its parts, and a reader for YAML
 * and JSON that reports all problems at once, with line numbers.
 *
 * <p>The keys are the fields of the option classes in kebab-case; there is no second list of them.
 */
package io.llmrelay.config;
