package io.llmrelay.sandbox.responses;

import io.llmrelay.sandbox.dialect.JsonNodes;
import io.llmrelay.sandbox.dialect.OpenAiErrors;
import io.llmrelay.sandbox.dialect.RejectedException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * The checks that OpenAI makes before it runs a model. Sources of the texts: the API's own errors
 * as clients have reported them.
 */
final class ResponsesValidator {
  private static final Set<String> FIELDS =
      Set.of(
          "background",
          "context_management",
          "conversation",
          "include",
          "input",
          "instructions",
          "max_output_tokens",
          "max_tool_calls",
          "metadata",
          "model",
          "parallel_tool_calls",
          "previous_response_id",
          "prompt",
          "prompt_cache_key",
          "prompt_cache_retention",
          "reasoning",
          "safety_identifier",
          "service_tier",
          "store",
          "stream",
          "stream_options",
          "temperature",
          "text",
          "tool_choice",
          "tools",
          "top_logprobs",
          "top_p",
          "truncation",
          "user");

  private static final int MIN_TOKENS = 16;
  private static final int MAX_CALL_ID = 64;
  private static final List<String> INPUT =
      List.of("input_text", "input_image", "input_file", "output_text");
  private static final List<String> OUTPUT = List.of("output_text", "refusal");

  private ResponsesValidator() {}

  static void check(JsonObject body) {
    if (JsonNodes.text(body, "model").isEmpty()) {
      throw missing("model");
    }
    for (String field : body.fieldNames()) {
      if (!FIELDS.contains(field)) {
        throw invalid(field, "unknown_parameter", "Unknown parameter: '" + field + "'.");
      }
    }
    if (body.getValue("max_output_tokens") instanceof Number n && n.intValue() < MIN_TOKENS) {
      throw invalid(
          "max_output_tokens",
          "integer_below_min_value",
          "Invalid 'max_output_tokens': integer below minimum value. Expected a value >= 16, but got"
              + " %d instead.".formatted(n.intValue()));
    }
    input(body.getValue("input"));
    Set<String> names = tools(JsonNodes.objects(body, "tools"));
    choice(JsonNodes.object(body, "tool_choice"), names);
    format(JsonNodes.object(JsonNodes.object(body, "text"), "format"));
  }

  private static void input(Object input) {
    if (input instanceof String text && !text.isEmpty()) {
      return;
    }
    if (!(input instanceof JsonArray array) || array.isEmpty()) {
      throw missing("input");
    }
    List<JsonObject> items = JsonNodes.objects(array);
    for (int i = 0; i < items.size(); i++) {
      item("input[" + i + "]", items.get(i));
    }
    pairs(items);
  }

  private static void item(String path, JsonObject item) {
    switch (Items.type(item)) {
      case Items.MESSAGE -> message(path, item);
      case Items.FUNCTION_CALL -> call(path, item, "arguments");
      case Items.CUSTOM_CALL -> call(path, item, "input");
      case Items.FUNCTION_OUTPUT, Items.CUSTOM_OUTPUT -> output(path, item);
      case "reasoning" -> reasoning(path, item);
      case "" -> throw missing(path + ".type");
      default -> {}
    }
  }

  private static void message(String path, JsonObject item) {
    String role = JsonNodes.text(item, "role");
    if (!List.of("assistant", "system", "developer", "user").contains(role)) {
      throw invalid(
          path,
          "invalid_value",
          "Invalid value: '%s'. Supported values are: 'assistant', 'system', 'developer', and 'user'."
              .formatted(role));
    }
    content(path + ".content", item.getValue("content"), role.equals("assistant"));
  }

  private static void content(String path, Object content, boolean assistant) {
    if (content instanceof String) {
      return;
    }
    if (!(content instanceof JsonArray parts)) {
      throw invalid(
          path,
          "invalid_type",
          "Invalid type for '%s': expected one of an array of objects or string, but got %s instead."
              .formatted(path, JsonNodes.typeOf(content)));
    }
    List<JsonObject> objects = JsonNodes.objects(parts);
    for (int i = 0; i < objects.size(); i++) {
      part(path + "[" + i + "]", objects.get(i), assistant ? OUTPUT : INPUT);
    }
  }

  private static void part(String path, JsonObject part, List<String> supported) {
    String type = JsonNodes.text(part, "type");
    if (!supported.contains(type)) {
      throw invalid(
          path,
          "invalid_value",
          "Invalid value: '%s'. Supported values are: '%s'."
              .formatted(type, String.join("', '", supported)));
    }
    if (type.equals("input_file")
        && part.containsKey("file_data")
        && JsonNodes.text(part, "filename").isEmpty()) {
      throw missing(path + ".filename");
    }
    if (type.equals("input_image") && part.getValue("image_url") instanceof JsonObject) {
      throw invalid(
          path + ".image_url",
          "invalid_type",
          "Invalid type for '%s.image_url': expected an image URL, but got an object instead."
              .formatted(path));
    }
  }

  private static void call(String path, JsonObject item, String arguments) {
    callId(path, item);
    if (JsonNodes.text(item, "name").isEmpty()) {
      throw missing(path + ".name");
    }
    if (!(item.getValue(arguments) instanceof String)) {
      throw missing(path + "." + arguments);
    }
  }

  private static void output(String path, JsonObject item) {
    callId(path, item);
    content(path + ".output", item.getValue("output"), false);
  }

  private static void callId(String path, JsonObject item) {
    String id = JsonNodes.text(item, "call_id");
    if (id.isEmpty()) {
      throw missing(path + ".call_id");
    }
    if (id.length() > MAX_CALL_ID) {
      throw invalid(
          path + ".call_id",
          "string_above_max_length",
          "Invalid '%s.call_id': string too long. Expected a string with maximum length %d, but got"
                  .formatted(path, MAX_CALL_ID)
              + " a string with length %d instead.".formatted(id.length()));
    }
  }

  private static void reasoning(String path, JsonObject item) {
    if (!(item.getValue("summary") instanceof JsonArray)) {
      throw missing(path + ".summary");
    }
    Object encrypted = item.getValue("encrypted_content");
    if (encrypted == null) {
      throw new RejectedException(
          OpenAiErrors.invalid(
                  "input",
                  null,
                  "Item with id '%s' not found. Items are not persisted when `store` is set to false."
                          .formatted(JsonNodes.text(item, "id"))
                      + " Try again with `store` set to true, or remove this item from your input.")
              .withStatus(404));
    }
    if (!encrypted.equals(ResponsesFormat.ENCRYPTED)) {
      throw invalid(
          null, "invalid_encrypted_content", "The encrypted content could not be verified.");
    }
  }

  /** Checks that calls and outputs belong together, and that reasoning leads to something. */
  private static void pairs(List<JsonObject> items) {
    Set<String> open = new LinkedHashSet<>();
    Set<String> known = new HashSet<>();
    for (int i = 0; i < items.size(); i++) {
      JsonObject item = items.get(i);
      String id = JsonNodes.text(item, "call_id");
      if (Items.isCall(item)) {
        open.add(id);
        known.add(id);
      } else if (Items.isOutput(item)) {
        if (!known.contains(id)) {
          throw invalid(
              "input",
              null,
              "No tool call found for function call output with call_id " + id + ".");
        }
        open.remove(id);
      } else if (Items.type(item).equals("reasoning")
          && (i + 1 == items.size() || "user".equals(items.get(i + 1).getValue("role")))) {
        throw invalid(
            "input",
            null,
            "Item '%s' of type 'reasoning' was provided without its required following item."
                .formatted(JsonNodes.text(item, "id")));
      }
    }
    if (!open.isEmpty()) {
      throw invalid(
          "input", null, "No tool output found for function call " + open.iterator().next() + ".");
    }
  }

  /** Checks tools and returns the names of functions and custom tools. */
  private static Set<String> tools(List<JsonObject> tools) {
    Set<String> names = new HashSet<>();
    for (int i = 0; i < tools.size(); i++) {
      String type = JsonNodes.text(tools.get(i), "type");
      String name = JsonNodes.text(tools.get(i), "name");
      if (type.isEmpty()) {
        throw missing("tools[" + i + "].type");
      }
      if (List.of("function", "custom").contains(type) && name.isEmpty()) {
        throw missing("tools[" + i + "].name");
      }
      names.add(name);
    }
    return names;
  }

  private static void choice(JsonObject choice, Set<String> names) {
    List<JsonObject> named =
        "allowed_tools".equals(choice.getValue("type"))
            ? JsonNodes.objects(choice, "tools")
            : List.of(choice);
    for (JsonObject tool : named) {
      String name = JsonNodes.text(tool, "name");
      if (List.of("function", "custom").contains(JsonNodes.text(tool, "type"))
          && !names.contains(name)) {
        throw invalid(
            "tool_choice", null, "Tool choice '" + name + "' not found in 'tools' parameter.");
      }
    }
  }

  private static void format(JsonObject format) {
    if ("json_schema".equals(format.getValue("type"))) {
      if (JsonNodes.text(format, "name").isEmpty()) {
        throw missing("text.format.name");
      }
      if (!(format.getValue("schema") instanceof JsonObject)) {
        throw missing("text.format.schema");
      }
    }
  }

  private static RejectedException missing(String path) {
    return invalid(
        path, "missing_required_parameter", "Missing required parameter: '" + path + "'.");
  }

  private static RejectedException invalid(String param, String code, String message) {
    return new RejectedException(OpenAiErrors.invalid(param, code, message));
  }
}
