package io.llmrelay.chat;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Locale;

/**
 * The choice among the tools: whether the model may, must or must not call one.
 *
 * @param mode whether the model calls tools
 * @param names the tools that it may call; empty for any
 */
public record ToolChoice(Mode mode, List<String> names) {

  /** Whether the model calls tools. */
  public enum Mode {
    /** The model decides. */
    AUTO,
    /** The model calls no tool. */
    NONE,
    /** The model calls at least one tool. */
    REQUIRED
  }

  /** The model decides. */
  public static final ToolChoice AUTO = new ToolChoice(Mode.AUTO, List.of());

  /** No tool is called. */
  public static final ToolChoice NONE = new ToolChoice(Mode.NONE, List.of());

  /** At least one tool is called. */
  public static final ToolChoice REQUIRED = new ToolChoice(Mode.REQUIRED, List.of());

  public ToolChoice {
    names = List.copyOf(names);
  }

  /** Returns the choice of one tool, which must be called. */
  public static ToolChoice of(String name) {
    return new ToolChoice(Mode.REQUIRED, List.of(name));
  }

  /** Returns OpenAI's form: a string, a named function, or allowed tools. */
  public Object toJson() {
    String word = mode.name().toLowerCase(Locale.ROOT);
    if (names.isEmpty()) {
      return word;
    }
    if (only() != null) {
      return function(only());
    }
    JsonArray tools = new JsonArray();
    names.forEach(name -> tools.add(function(name)));
    return new JsonObject()
        .put("type", "allowed_tools")
        .put("allowed_tools", new JsonObject().put("mode", word).put("tools", tools));
  }

  private static JsonObject function(String name) {
    return new JsonObject()
        .put("type", Tool.FUNCTION)
        .put(Tool.FUNCTION, new JsonObject().put("name", name));
  }

  /** Returns the tool that must be called; {@code null} if none must, or one of several. */
  public String only() {
    return mode == Mode.REQUIRED && names.size() == 1 ? names.get(0) : null;
  }
}
