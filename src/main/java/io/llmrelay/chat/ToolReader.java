package io.llmrelay.chat;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;

/** Reads the tools of a request and the choice among them. */
final class ToolReader {
  private static final String CHOICE = "tool_choice";

  private ToolReader() {}

  /** Reads the tool at the cursor. */
  static Tool read(JsonCursor in, RequestPath path) {
    ObjectFields fields = ObjectFields.read(in, path);
    String type = fields.required("type");
    if (!type.equals(Tool.FUNCTION)) {
      return new Tool(type, null, null, null, null, null, fields.source());
    }
    ObjectFields function = fields.object(Tool.FUNCTION);
    if (function == null) {
      throw path.invalid(Tool.FUNCTION, "must be an object");
    }
    RawJson parameters = function.raw("parameters");
    if (parameters != null && !parameters.isObject()) {
      throw function.path().invalid("parameters", "must be an object, a JSON schema");
    }
    Tool tool =
        new Tool(
            type,
            function.required("name"),
            function.string("description"),
            parameters,
            function.flag("strict"),
            fields.raw("cache_control"),
            fields.source());
    function.nothingElse();
    fields.nothingElse();
    return tool;
  }

  /**
   * Reads the tool choice.
   *
   * @param value the decoded field, or {@code null}
   * @return {@code null} for the default
   */
  static ToolChoice choice(Object value, List<Tool> tools, RequestPath path) {
    if (value == null || value.equals("")) {
      return null;
    }
    ToolChoice choice = choice(value, path);
    if (tools.isEmpty()) {
      if (choice.mode() == ToolChoice.Mode.REQUIRED) {
        throw path.invalid(CHOICE, "requires a call, but there are no tools");
      }
      return null;
    }
    for (String name : choice.names()) {
      if (tools.stream().noneMatch(tool -> name.equals(tool.name()))) {
        throw path.invalid(CHOICE, "names no tool of tools: " + FieldReader.shown(name));
      }
    }
    return choice.equals(ToolChoice.AUTO) ? null : choice;
  }

  private static ToolChoice choice(Object value, RequestPath path) {
    if ("auto".equals(value)) {
      return ToolChoice.AUTO;
    }
    if ("none".equals(value)) {
      return ToolChoice.NONE;
    }
    if ("required".equals(value)) {
      return ToolChoice.REQUIRED;
    }
    if (value instanceof JsonObject json) {
      if (name(json) != null) {
        return ToolChoice.of(name(json));
      }
      if (json.getValue("allowed_tools") instanceof JsonObject allowed) {
        return allowed(allowed, path);
      }
    }
    throw path.invalid(
        CHOICE,
        "must be auto, none, required, or an object that names a function or allowed_tools");
  }

  private static ToolChoice allowed(JsonObject allowed, RequestPath path) {
    List<String> names = new ArrayList<>();
    if (allowed.getValue("tools") instanceof JsonArray tools) {
      for (Object tool : tools) {
        String name = tool instanceof JsonObject json ? name(json) : null;
        if (name == null) {
          throw path.invalid(CHOICE + ".allowed_tools.tools", "must name functions");
        }
        names.add(name);
      }
    }
    Object mode = allowed.getValue("mode");
    if (names.isEmpty() || !"auto".equals(mode) && !"required".equals(mode)) {
      throw path.invalid(
          CHOICE + ".allowed_tools", "must have a mode, auto or required, and tools");
    }
    return new ToolChoice(
        "auto".equals(mode) ? ToolChoice.Mode.AUTO : ToolChoice.Mode.REQUIRED, names);
  }

  private static String name(JsonObject json) {
    return json.getValue(Tool.FUNCTION) instanceof JsonObject function
            && function.getValue("name") instanceof String name
        ? name
        : null;
  }
}
