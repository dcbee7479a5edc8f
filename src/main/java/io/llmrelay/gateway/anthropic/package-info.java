/**
 * Anthropic's Messages API: {@code POST /v1/messages} and {@code POST /v1/messages/count_tokens}.
 * The answer of a backend of the same API is passed through unchanged; any other is rendered from
 * its blocks.
 */
package io.llmrelay.gateway.anthropic;
