package io.llmrelay.gateway.anthropic;

import io.llmrelay.chat.RawJson;
import io.llmrelay.chat.Tool;
import io.llmrelay.chat.ToolChoice;
import io.llmrelay.gateway.front.RequestFields;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** Reads tools and the choice among them. */
final class ToolsReader {
  private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9_-]{1,128}");

  /** Fields of a function, of this API only, that tune its use. */
  private static final List<String> OMISSIBLE =
      List.of("allowed_callers", "defer_loading", "eager_input_streaming", "input_examples");

  private final List<String> omissible;

  /**
   * @param omissible gets the fields that other APIs lack
   */
  ToolsReader(List<String> omissible) {
    this.omissible = omissible;
  }

  List<Tool> tools(List<RequestFields> given) {
    List<Tool> tools = new ArrayList<>();
    given.forEach(tool -> tools.add(tool(tool)));
    return tools;
  }

  private Tool tool(RequestFields in) {
    String type = in.string("type");
    if (type != null && !type.equals("custom")) {
      return new Tool(type, null, null, null, null, null, in.source());
    }
    String name = in.requiredString("name");
    if (!NAME.matcher(name).matches()) {
      throw in.invalid("name", "should match pattern '^[a-zA-Z0-9_-]{1,128}$'");
    }
    RawJson schema = in.requiredObject("input_schema").source();
    Tool tool =
        Tool.function(
            name,
            in.string("description"),
            schema,
            Boolean.TRUE.equals(in.flag("strict")) ? true : null,
            in.raw("cache_control"));
    for (String field : OMISSIBLE) {
      if (in.raw(field) != null && !omissible.contains("tools." + field)) {
        omissible.add("tools." + field);
      }
    }
    in.nothingElse();
    return tool;
  }

  /** Reads a choice; {@code null} for the default. */
  static ToolChoice choice(RequestFields in, List<Tool> tools) {
    String type = in.requiredString("type");
    String name = in.string("name");
    boolean none = type.equals("none") || type.equals("auto");
    if (tools.isEmpty() && !none) {
      throw in.invalid("", "may only be specified while providing tools");
    }
    return switch (type) {
      case "auto" -> null;
      case "none" -> tools.isEmpty() ? null : ToolChoice.NONE;
      case "any" -> ToolChoice.REQUIRED;
      case "tool" -> {
        if (name == null) {
          throw in.required("name");
        }
        if (tools.stream().noneMatch(tool -> name.equals(name(tool)))) {
          throw in.invalid("name", "names no tool of tools");
        }
        yield ToolChoice.of(name);
      }
      default -> throw in.invalid("type", "must be auto, any, tool or none");
    };
  }

  /** Returns the name of a function, or of a tool that the provider defines. */
  private static String name(Tool tool) {
    if (tool.isFunction()) {
      return tool.name();
    }
    RawJson name = tool.source().fields().get("name");
    return name == null ? null : name.string();
  }
}
