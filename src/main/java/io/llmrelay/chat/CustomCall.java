package io.llmrelay.chat;

import io.vertx.core.json.JsonObject;

/**
 * How a call of a custom tool of OpenAI's, whose input is any text, is told from a call of a
 * function: by its provider's own data, {@code {"openai": {"type": "custom"}}}.
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

  /** Returns whether a provider's own data, possibly {@code null}, is that of such a call. */
  public static boolean is(Object extra) {
    return EXTRA.equals(extra);
  }
}
