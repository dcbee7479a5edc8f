package io.llmrelay.provider;

import io.llmrelay.chat.ContentPart;
import io.llmrelay.chat.ContentPart.ToolCall;
import io.llmrelay.chat.CustomCall;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.Json;
import io.vertx.core.json.JsonObject;

/** Parses the arguments of tool calls, which models may have left incomplete. */
public final class ToolArguments {
  private ToolArguments() {}

  /** Returns the arguments of a call; {@code null} if they are not a JSON object. */
  public static JsonObject of(ToolCall call) {
    return parse(call.arguments().string());
  }

  /**
   * Returns why a part cannot be expressed in a dialect that sends arguments as objects, or {@code
   * null} if it can.
   */
  public static String problem(ContentPart part) {
    return part instanceof ToolCall call && of(call) == null
        ? "the arguments of a tool call are not a JSON object"
        : null;
  }

  /**
   * Returns why a part cannot be expressed in a dialect that has functions only, or {@code null} if
   * it can.
   */
  public static String customProblem(ContentPart part) {
    return part instanceof ToolCall call
            && call.extra() != null
            && CustomCall.is(call.extra().value())
        ? "a call of a custom tool cannot be expressed"
        : null;
  }

  private static JsonObject parse(String text) {
    if (text.isBlank()) {
      return new JsonObject();
    }
    try {
      return Json.decodeValue(text) instanceof JsonObject object ? object : null;
    } catch (DecodeException invalid) {
      return null;
    }
  }
}
