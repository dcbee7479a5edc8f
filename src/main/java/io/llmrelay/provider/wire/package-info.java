/**
 * Wire formats: decoders for server-sent events, NDJSON and AWS event streams, a JSON reader, UTF-8
 * encoding, and bounded reading of bodies. Independent of chats and backends.
 */
package io.llmrelay.provider.wire;
