/** Ollama's native API. */
package io.llmrelay.sandbox.ollama;
