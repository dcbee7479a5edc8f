/** OpenAI's Responses API. */
package io.llmrelay.sandbox.responses;
