/** The front of OpenAI's Responses API, without stored state. */
package io.llmrelay.gateway.responses;
