/** Cohere's Chat API, version 2. */
package io.llmrelay.sandbox.cohere;
