/** The native API of Cloudflare's Workers AI. */
package io.llmrelay.sandbox.cloudflare;
