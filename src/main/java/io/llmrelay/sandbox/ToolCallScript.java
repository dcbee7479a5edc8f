package io.llmrelay.sandbox;

/**
 * A tool call of a scenario.
 *
 * @param id the id; {@code null} for a generated one in the format of the vendor
 * @param arguments the arguments as JSON text, which may be invalid and is sent unchanged
 */
record ToolCallScript(String id, String name, String arguments) {}
