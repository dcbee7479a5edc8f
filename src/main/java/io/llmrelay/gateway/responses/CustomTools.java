package io.llmrelay.gateway.responses;

import io.llmrelay.chat.RawJson;
import io.llmrelay.chat.Tool;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.Json;
import io.vertx.core.json.JsonObject;

/**
 * Custom tools, whose input is any text, as functions for other APIs: the text is their only
 * argument.
 */
final class CustomTools {
  private static final String INPUT = "input";

  private CustomTools() {}

  /**
   * Returns a function that stands for a custom tool.
   *
   * @param description what it does, or {@code null}
   * @param format the form of its input, or {@code null}
   */
  static Tool function(String name, String description, RawJson format) {
    JsonObject input = new JsonObject().put("type", "string").put("description", described(format));
    JsonObject parameters =
        new JsonObject()
            .put("type", "object")
            .put("properties", new JsonObject().put(INPUT, input))
            .put("required", java.util.List.of(INPUT))
            .put("additionalProperties", false);
    return Tool.function(name, description, parameters);
  }

  private static String described(RawJson format) {
    if (format != null
        && format.value() instanceof JsonObject json
        && json.getValue("definition") instanceof String definition) {
      return "The whole input, as text that matches this grammar ("
          + json.getValue("syntax")
          + "):\n"
          + definition;
    }
    return "The whole input, as text";
  }

  /** Returns the arguments of a call with an input. */
  static RawJson arguments(String input) {
    return RawJson.of(new JsonObject().put(INPUT, input).encode());
  }

  /** Returns the input of a call; the arguments themselves if they have none. */
  static String input(String arguments) {
    try {
      return Json.decodeValue(arguments) instanceof JsonObject json
              && json.getValue(INPUT) instanceof String input
          ? input
          : arguments;
    } catch (DecodeException broken) {
      return arguments;
    }
  }
}
