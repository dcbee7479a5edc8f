package io.llmrelay.sandbox.dialect;

import io.vertx.core.json.DecodeException;
import io.vertx.core.json.Json;
import io.vertx.core.json.JsonObject;
import java.util.List;

/** JSON text that is sent unchanged: numbers, key order and white space survive. */
public final class JsonText {

  private JsonText() {}

  /** Returns whether the text is a JSON object. */
  public static boolean isObject(String text) {
    try {
      return text.strip().startsWith("{") && new JsonObject(text).size() >= 0;
    } catch (DecodeException e) {
      return false;
    }
  }

  /** Returns a placeholder for the arguments of a tool call, which {@link #encode} replaces. */
  public static String placeholder(int index) {
    return "@@arguments" + index + "@@";
  }

  /** Encodes JSON with the arguments of tool calls, as JSON values, in place of placeholders. */
  public static String encode(JsonObject json, List<ScriptedToolCall> calls) {
    String text = json.encode();
    for (int i = 0; i < calls.size(); i++) {
      ScriptedToolCall call = calls.get(i);
      String value = call.isValid() ? call.arguments() : Json.encode(call.arguments());
      text = text.replace('"' + placeholder(i) + '"', value);
    }
    return text;
  }

  /** Removes the quotes of a string value, so that a text of digits becomes a number. */
  public static String unquote(String json, String value) {
    return json.replace('"' + value + '"', value);
  }
}
