package io.llmrelay.chat;

import io.vertx.core.json.JsonObject;

/**
 * The marker of calls of OpenAI's custom tools, whose input is any text rather than JSON: a {@link
 * ContentPart.ToolCall} with the provider's data {@code {"openai": {"type": "custom"}}}.
 */
public final class CustomCall {
  /** The type of such calls in OpenAI's API, and the field with their name and input. */
  public static final String TYPE = "custom";

  private static final JsonObject EXTRA =
      new JsonObject().put("openai", new JsonObject().put("type", TYPE));

  private CustomCall() {}

  /** Returns the provider's own data of such a call. */
  public static JsonObject extra() {
    return EXTRA.copy();
  }

  /** Returns whether a tool is one of OpenAI's custom tools. */
  public static boolean isTool(Tool tool) {
    return tool.type().equals(TYPE) && tool.source().fields().get(TYPE) != null;
  }

  /** Returns whether a provider's own data, possibly {@code null}, is that of such a call. */
  public static boolean is(Object extra) {
    return EXTRA.equals(extra);
  }
}
