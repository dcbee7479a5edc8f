/**
 * The front for OpenAI's chat completions API: reads requests, renders streams, whole answers,
 * model lists and errors in its format.
 */
package io.llmrelay.gateway.openai;
