/** OpenAI's Chat Completions API, and compatible servers with their differences. */
package io.llmrelay.sandbox.openai;
