/**
 * The configuration: option classes for a program to fill in, and the reader of YAML and JSON that
 * fills them in and says what is wrong, all at once and with the line.
 *
 * <p>Keys are kebab-case; the fields of the option classes are the keys, so that there is no second
 * list of them. {@link io.llmrelay.config.ConfigReader}, {@link io.llmrelay.config.Problems} and
 * {@link io.llmrelay.config.BackendResolver} are the machinery behind {@link
 * io.llmrelay.RelayOptions}; nobody else needs them.
 */
package io.llmrelay.config;
