package io.llmrelay.sandbox.responses;

import io.llmrelay.sandbox.dialect.JsonNodes;
import io.vertx.core.json.JsonObject;
import java.util.List;

/** The kinds of items in an input. */
final class Items {
  static final String MESSAGE = "message";
  static final String FUNCTION_CALL = "function_call";
  static final String FUNCTION_OUTPUT = "function_call_output";
  static final String CUSTOM_CALL = "custom_tool_call";
  static final String CUSTOM_OUTPUT = "custom_tool_call_output";

  private Items() {}

  /** Returns the type; a message need not name it. */
  static String type(JsonObject item) {
    return item.getValue("type") == null && item.containsKey("role")
        ? MESSAGE
        : JsonNodes.text(item, "type");
  }

  static boolean isCall(JsonObject item) {
    return List.of(FUNCTION_CALL, CUSTOM_CALL).contains(type(item));
  }

  static boolean isOutput(JsonObject item) {
    return List.of(FUNCTION_OUTPUT, CUSTOM_OUTPUT).contains(type(item));
  }
}
