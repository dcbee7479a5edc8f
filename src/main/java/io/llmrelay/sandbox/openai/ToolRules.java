package io.llmrelay.sandbox.openai;

import static io.llmrelay.sandbox.openai.OpenAiValidator.invalid;

import io.llmrelay.sandbox.dialect.JsonNodes;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** The checks of tools, the tool choice and strict schemas. */
final class ToolRules {
  private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9_-]+");
  private static final int MAX_NAME = 64;
  private static final List<String> CHOICES = List.of("none", "auto", "required");

  private ToolRules() {}

  static void check(JsonObject body) {
    List<JsonObject> tools = JsonNodes.objects(body, "tools");
    if (body.getValue("tools") instanceof JsonArray && tools.isEmpty()) {
      throw invalid(
          "tools",
          "empty_array",
          "Invalid 'tools': empty array. Expected an array with minimum length 1, but got an empty"
              + " array instead.");
    }
    List<String> names = new ArrayList<>();
    for (int i = 0; i < tools.size(); i++) {
      names.add(tool(i, tools.get(i)));
    }
    for (String field : List.of("tool_choice", "parallel_tool_calls")) {
      if (body.getValue(field) != null && tools.isEmpty()) {
        throw invalid(
            field,
            null,
            "Invalid value for '%s': '%s' is only allowed when 'tools' are specified."
                .formatted(field, field));
      }
    }
    choice(body.getValue("tool_choice"), names);
    responseFormat(JsonNodes.object(body, "response_format"));
  }

  /** Checks a tool and returns its name. */
  private static String tool(int i, JsonObject tool) {
    String path = "tools[" + i + "]";
    if (!"function".equals(tool.getValue("type"))) {
      throw OpenAiValidator.missing(path + ".type");
    }
    JsonObject function = JsonNodes.object(tool, "function");
    String name = JsonNodes.text(function, "name");
    name(path + ".function.name", name);
    Object parameters = function.getValue("parameters");
    if (parameters == null) {
      return name;
    }
    String about = "Invalid schema for function '" + name + "': ";
    String param = path + ".function.parameters";
    String type = parameters instanceof JsonObject json ? JsonNodes.text(json, "type") : "";
    if (!type.equals("object")) {
      throw invalid(
          param,
          "invalid_function_parameters",
          about
              + "schema must be a JSON Schema of 'type: \"object\"', got 'type: \""
              + (type.isEmpty() ? "None" : type)
              + "\"'.");
    }
    if (Boolean.TRUE.equals(function.getValue("strict"))) {
      strict((JsonObject) parameters, "", about, param, "invalid_function_parameters");
    }
    return name;
  }

  /** Checks the name of a function. */
  static void name(String path, String name) {
    if (name.isEmpty()) {
      throw OpenAiValidator.missing(path);
    }
    if (!NAME.matcher(name).matches()) {
      throw invalid(
          path,
          "invalid_value",
          ("Invalid '%s': string does not match pattern. Expected a string that matches the pattern"
                  + " '^[a-zA-Z0-9_-]+$'.")
              .formatted(path));
    }
    if (name.length() > MAX_NAME) {
      throw OpenAiValidator.tooLong(path, MAX_NAME, name.length());
    }
  }

  private static void choice(Object choice, List<String> names) {
    if (choice instanceof String word && !CHOICES.contains(word)) {
      throw invalid(
          "tool_choice",
          "invalid_value",
          "Invalid value: '" + word + "'. Supported values are: 'none', 'auto', and 'required'.");
    }
    if (choice instanceof JsonObject json && "allowed_tools".equals(json.getValue("type"))) {
      JsonNodes.objects(JsonNodes.object(json, "allowed_tools"), "tools")
          .forEach(tool -> choice(tool, names));
    } else if (choice instanceof JsonObject json) {
      String name = JsonNodes.text(JsonNodes.object(json, "function"), "name");
      if (name.isEmpty()) {
        throw OpenAiValidator.missing("tool_choice.function");
      }
      if (!names.contains(name)) {
        throw invalid(
            "tool_choice",
            null,
            "Invalid value for 'tool_choice': no function named '%s' was specified in the 'tools'"
                    .formatted(name)
                + " parameter.");
      }
    }
  }

  private static void responseFormat(JsonObject format) {
    if (!"json_schema".equals(format.getValue("type"))) {
      return;
    }
    JsonObject schema = JsonNodes.object(format, "json_schema");
    String name = JsonNodes.text(schema, "name");
    if (name.isEmpty()) {
      throw OpenAiValidator.missing("response_format.json_schema.name");
    }
    if (Boolean.TRUE.equals(schema.getValue("strict"))) {
      String about = "Invalid schema for response_format '" + name + "': ";
      strict(JsonNodes.object(schema, "schema"), "", about, "response_format", null);
    }
  }

  /** Checks that objects forbid further properties and require all of their own. */
  private static void strict(
      JsonObject schema, String context, String about, String param, String code) {
    JsonObject properties = JsonNodes.object(schema, "properties");
    if ("object".equals(schema.getValue("type"))) {
      String in = about + "In context=(" + context + "), ";
      if (!Boolean.FALSE.equals(schema.getValue("additionalProperties"))) {
        throw invalid(
            param, code, in + "'additionalProperties' is required to be supplied and to be false.");
      }
      JsonArray required = JsonNodes.array(schema, "required");
      for (String name : properties.fieldNames()) {
        if (!required.contains(name)) {
          throw invalid(
              param,
              code,
              in
                  + "'required' is required to be supplied and to be an array including every key in"
                  + " properties. Missing '%s'.".formatted(name));
        }
      }
    }
    for (Map.Entry<String, Object> property : properties) {
      if (property.getValue() instanceof JsonObject of) {
        strict(of, join(context, "'properties', '" + property.getKey() + "'"), about, param, code);
      }
    }
    if (schema.getValue("items") instanceof JsonObject items) {
      strict(items, join(context, "'items'"), about, param, code);
    }
    for (JsonObject option : JsonNodes.objects(schema, "anyOf")) {
      strict(option, join(context, "'anyOf'"), about, param, code);
    }
    for (Map.Entry<String, Object> definition : JsonNodes.object(schema, "$defs")) {
      if (definition.getValue() instanceof JsonObject of) {
        strict(of, join(context, "'$defs', '" + definition.getKey() + "'"), about, param, code);
      }
    }
  }

  private static String join(String context, String step) {
    return context.isEmpty() ? step : context + ", " + step;
  }
}
