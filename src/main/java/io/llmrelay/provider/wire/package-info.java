/**
 * How bytes become events: decoders for server-sent events, NDJSON and AWS event streams, a JSON
 * reader, UTF-8 encoding, and bounded reading of bodies. Knows nothing of chats or backends.
 */
package io.llmrelay.provider.wire;
