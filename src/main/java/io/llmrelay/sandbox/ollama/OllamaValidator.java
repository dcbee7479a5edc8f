package io.llmrelay.sandbox.ollama;

import io.llmrelay.sandbox.dialect.JsonNodes;
import io.llmrelay.sandbox.dialect.RejectedException;
import io.llmrelay.sandbox.dialect.SandboxError;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;

/** Ollama's checks: types of fields, whose texts are those of Go's JSON decoder, and images. */
final class OllamaValidator {

  private OllamaValidator() {}

  static void check(JsonObject body) {
    if (JsonNodes.text(body, "model").isEmpty()) {
      throw rejected("model is required");
    }
    if (JsonNodes.array(body, "messages").isEmpty()) {
      throw rejected("messages is required");
    }
    for (JsonObject message : JsonNodes.objects(body, "messages")) {
      message(message);
    }
    for (JsonObject tool : JsonNodes.objects(body, "tools")) {
      JsonObject function = JsonNodes.object(tool, "function");
      Object properties = JsonNodes.object(function, "parameters").getValue("properties");
      if (properties instanceof JsonArray) {
        throw type(
            properties, ".tools.function.parameters.properties", "map[string]api.ToolProperty");
      }
    }
    Object format = body.getValue("format");
    boolean valid =
        format == null
            || format instanceof JsonObject
            || "json".equals(format)
            || "".equals(format);
    if (!valid) {
      throw rejected(
          "invalid format: \"" + format + "\"; expected \"json\" or a valid JSON Schema object");
    }
  }

  private static void message(JsonObject message) {
    Object content = message.getValue("content");
    if (content != null && !(content instanceof String)) {
      throw type(content, "ChatRequest.messages.content", "string");
    }
    for (JsonObject call : JsonNodes.objects(message, "tool_calls")) {
      Object arguments = JsonNodes.object(call, "function").getValue("arguments");
      if (arguments != null && !(arguments instanceof JsonObject)) {
        throw type(
            arguments,
            "ChatRequest.messages.tool_calls.function.arguments",
            "api.ToolCallFunctionArguments");
      }
    }
    for (Object image : JsonNodes.array(message, "images")) {
      if (!(image instanceof String text)) {
        throw type(image, "ChatRequest.messages.images", "api.ImageData");
      }
      if (!JsonNodes.isBase64(text)) {
        throw rejected("illegal base64 data at input byte 0");
      }
    }
  }

  private static RejectedException type(Object value, String field, String type) {
    return rejected(
        "json: cannot unmarshal "
            + JsonNodes.typeOf(value)
            + " into Go struct field "
            + field
            + " of type "
            + type);
  }

  private static RejectedException rejected(String message) {
    return new RejectedException(new SandboxError(400, null, null, null, message));
  }
}
