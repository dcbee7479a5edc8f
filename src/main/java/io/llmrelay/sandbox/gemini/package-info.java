/** Google's native API for Gemini. */
package io.llmrelay.sandbox.gemini;
