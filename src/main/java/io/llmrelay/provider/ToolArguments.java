package io.llmrelay.provider;

import io.vertx.core.json.DecodeException;
import io.vertx.core.json.Json;
import io.vertx.core.json.JsonObject;

/** Checks the arguments of tool calls, which models write and may break off. */
final class ToolArguments {
  private ToolArguments() {}

  /** Returns whether the arguments are a JSON object; no text at all means no arguments. */
  static boolean areValid(CharSequence arguments) {
    String text = arguments.toString();
    if (text.isBlank()) {
      return true;
    }
    try {
      return Json.decodeValue(text) instanceof JsonObject;
    } catch (DecodeException invalid) {
      return false;
    }
  }
}
