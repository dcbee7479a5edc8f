/** Anthropic's Messages API. */
package io.llmrelay.sandbox.anthropic;
