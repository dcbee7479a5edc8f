package io.llmrelay.sandbox.dialect;

import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;

/**
 * A tool that a request offers to the model.
 *
 * @param schema the JSON Schema of its arguments
 */
public record OfferedTool(String name, JsonObject schema) {

  /** Returns the tools in the form of OpenAI, or without the object around name and parameters. */
  public static List<OfferedTool> functions(JsonObject body) {
    List<OfferedTool> tools = new ArrayList<>();
    for (JsonObject tool : JsonNodes.objects(body, "tools")) {
      JsonObject function = JsonNodes.object(tool, "function");
      JsonObject named = function.isEmpty() ? tool : function;
      tools.add(
          new OfferedTool(JsonNodes.text(named, "name"), JsonNodes.object(named, "parameters")));
    }
    return tools;
  }
}
