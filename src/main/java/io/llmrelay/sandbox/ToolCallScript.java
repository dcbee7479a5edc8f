package io.llmrelay.sandbox;

/**
 * A tool call of a scenario.
 *
 * @param id {@code null} for an id in the format of the vendor
 * @param arguments JSON text, which is sent unchanged and may be invalid
 */
record ToolCallScript(String id, String name, String arguments) {}
