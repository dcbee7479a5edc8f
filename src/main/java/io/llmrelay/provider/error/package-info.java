/**
 * Classification of backend errors as {@link io.llmrelay.chat.Failure}s: {@link
 * io.llmrelay.provider.error.ErrorClassifier} is the entry point; the other classes parse the error
 * body, apply the rules, find the delay before a retry, and redact keys and prompts.
 */
package io.llmrelay.provider.error;
