package io.llmrelay.sandbox;

import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Map;

/** Reads the JSON form of a {@link Scenario}. Error messages name the key and the valid values. */
final class ScenarioJson {
  private static final List<String> KEYS = List.of("scenario", "text", "toolCalls", "headers");
  private static final List<String> CALL_KEYS = List.of("id", "name", "arguments");

  private ScenarioJson() {}

  static Scenario parse(String text) {
    try {
      return parse(new JsonObject(text));
    } catch (DecodeException e) {
      throw new IllegalArgumentException("a scenario in JSON must be an object", e);
    }
  }

  private static Scenario parse(JsonObject json) {
    requireKnown("", json, KEYS);
    String kind = json.containsKey("scenario") ? text("scenario", json, "scenario") : "model";
    Scenario scenario = ScenarioParser.parse(kind);
    if (json.containsKey("text")) {
      scenario = scenario.text(text("text", json, "text"));
    }
    for (Map.Entry<String, Object> header : object(json, "headers")) {
      String key = "headers." + header.getKey();
      scenario = scenario.header(header.getKey(), string(key, header.getValue()));
    }
    Object calls = json.getValue("toolCalls", new JsonArray());
    if (!(calls instanceof JsonArray array)) {
      throw invalid("toolCalls", "a list of objects");
    }
    for (int i = 0; i < array.size(); i++) {
      String path = "toolCalls[" + i + "]";
      if (!(array.getValue(i) instanceof JsonObject call)) {
        throw invalid(path, "an object with " + String.join(", ", CALL_KEYS));
      }
      scenario = toolCall(path, call, scenario);
    }
    return scenario;
  }

  private static Scenario toolCall(String path, JsonObject call, Scenario scenario) {
    requireKnown(path + ".", call, CALL_KEYS);
    Object arguments = call.getValue("arguments", new JsonObject());
    if (!(arguments instanceof JsonObject) && !(arguments instanceof String)) {
      throw invalid(path + ".arguments", "an object, or a string with JSON that is sent unchanged");
    }
    return scenario.toolCall(
        call.containsKey("id") ? text(path + ".id", call, "id") : null,
        text(path + ".name", call, "name"),
        arguments instanceof JsonObject json ? json.encode() : (String) arguments);
  }

  private static void requireKnown(String path, JsonObject json, List<String> keys) {
    for (String key : json.fieldNames()) {
      if (!keys.contains(key)) {
        throw new IllegalArgumentException(
            path + key + ": unknown key, known: " + String.join(", ", keys));
      }
    }
  }

  private static JsonObject object(JsonObject json, String key) {
    Object value = json.getValue(key, new JsonObject());
    if (value instanceof JsonObject object) {
      return object;
    }
    throw invalid(key, "an object");
  }

  private static String text(String path, JsonObject json, String key) {
    return string(path, json.getValue(key));
  }

  private static String string(String path, Object value) {
    if (value instanceof String text) {
      return text;
    }
    throw invalid(path, "a string");
  }

  private static IllegalArgumentException invalid(String path, String expected) {
    return new IllegalArgumentException(path + ": must be " + expected);
  }
}
