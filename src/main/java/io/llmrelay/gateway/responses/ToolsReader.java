package io.llmrelay.gateway.responses;

import io.llmrelay.chat.RawJson;
import io.llmrelay.chat.Tool;
import io.llmrelay.chat.ToolChoice;
import io.llmrelay.chat.ToolChoice.Mode;
import io.llmrelay.gateway.front.RequestFields;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Reads tools and the choice among them. Functions are what other APIs have, and custom tools
 * become functions, as do the functions of a namespace. A web search is left out for other APIs,
 * since the model need not search and some clients always offer it. All other tools are this API's
 * alone.
 */
final class ToolsReader {
  private static final Pattern WEB_SEARCH = Pattern.compile("web_search(_.*)?");

  /** Fields of a function that tune its use and that no other API has. */
  private static final List<String> OMISSIBLE =
      List.of("allowed_callers", "defer_loading", "output_schema");

  private final List<String> omissible;
  private final List<String> essential;
  private final List<Tool> tools = new ArrayList<>();
  private final ToolNames names = new ToolNames();

  /**
   * @param omissible gets the fields that other APIs do not have and can do without
   * @param essential gets those that they cannot do without
   */
  ToolsReader(List<String> omissible, List<String> essential) {
    this.omissible = omissible;
    this.essential = essential;
  }

  /** Reads the tools. */
  List<Tool> read(List<RequestFields> given) {
    given.forEach(this::read);
    return tools;
  }

  /** Returns the client's names of the tools. */
  ToolNames names() {
    return names;
  }

  private void read(RequestFields in) {
    String type = in.requiredString("type");
    switch (type) {
      case Tool.FUNCTION -> tools.add(function(in, in.requiredString("name")));
      case "namespace" -> namespace(in);
      case "custom" -> {
        String name = in.requiredString("name");
        names.addCustom(name);
        tools.add(CustomTools.function(name, in.string("description"), in.raw("format")));
        omissible(in);
        in.nothingElse();
      }
      default -> {
        boolean search = WEB_SEARCH.matcher(type).matches();
        (search ? omissible : essential).add(in.path() + " (" + type + ")");
      }
    }
  }

  /** Reads functions that are grouped under a name; other APIs get them one by one. */
  private void namespace(RequestFields in) {
    String namespace = in.requiredString("name");
    in.string("description");
    for (RequestFields tool : in.objects("tools")) {
      String type = tool.requiredString("type");
      if (type.equals(Tool.FUNCTION)) {
        String name = tool.requiredString("name");
        tools.add(function(tool, names.add(new ToolNames.Namespaced(namespace, name))));
      } else {
        essential.add(tool.path() + " (" + type + ")");
      }
    }
    in.nothingElse();
  }

  private Tool function(RequestFields in, String name) {
    String description = in.string("description");
    RequestFields parameters = in.object("parameters");
    Boolean strict = Boolean.TRUE.equals(in.flag("strict")) ? true : null;
    omissible(in);
    in.nothingElse();
    return parameters == null
        ? Tool.function(name, description, null)
        : Tool.function(name, description, parameters.source(), strict, null);
  }

  private void omissible(RequestFields in) {
    for (String field : OMISSIBLE) {
      if (in.raw(field) != null && !omissible.contains("tools." + field)) {
        omissible.add("tools." + field);
      }
    }
  }

  /** Reads the choice; {@code null} for the default. */
  ToolChoice choice(RequestFields in) {
    RawJson given = in.raw("tool_choice");
    if (given == null) {
      return null;
    }
    if (given.isString()) {
      return word(in, given.string());
    }
    RequestFields choice = in.object("tool_choice");
    String type = choice.requiredString("type");
    switch (type) {
      case Tool.FUNCTION, "custom" -> {
        return ToolChoice.of(named(choice, choice.requiredString("name")));
      }
      case "allowed_tools" -> {
        return allowed(choice);
      }
      default -> {
        essential.add("tool_choice (" + type + ")");
        return null;
      }
    }
  }

  private ToolChoice word(RequestFields in, String word) {
    switch (word) {
      case "auto" -> {
        return null;
      }
      case "none" -> {
        return tools.isEmpty() ? null : ToolChoice.NONE;
      }
      case "required" -> {
        if (tools.isEmpty()) {
          essential.add("tool_choice (required)");
          return null;
        }
        return ToolChoice.REQUIRED;
      }
      default -> throw in.invalid("tool_choice", "must be auto, none, required or an object");
    }
  }

  private ToolChoice allowed(RequestFields in) {
    String mode = in.requiredString("mode");
    if (!mode.equals("auto") && !mode.equals("required")) {
      throw in.invalid("mode", "must be auto or required");
    }
    List<String> names = new ArrayList<>();
    for (RequestFields tool : in.objects("tools")) {
      String name = tool.string("name");
      if (name != null) {
        names.add(named(tool, name));
      }
    }
    if (names.isEmpty()) {
      throw in.invalid("tools", "must name functions");
    }
    return new ToolChoice(mode.equals("auto") ? Mode.AUTO : Mode.REQUIRED, names);
  }

  private String named(RequestFields in, String name) {
    if (tools.stream().noneMatch(tool -> name.equals(tool.name()))) {
      throw in.invalid("name", "names no tool of tools");
    }
    return name;
  }

  /** Returns what a response repeats of a choice. */
  static Object repeated(RequestFields in) {
    RawJson given = in.raw("tool_choice");
    return given == null || !(given.isString() || given.value() instanceof JsonObject)
        ? null
        : given.value();
  }
}
