package io.llmrelay.provider;

import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.Tool;
import io.llmrelay.chat.ToolChoice;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Functions for dialects that have OpenAI's form of a tool, with a name, a description and
 * parameters that are always an object. Schemas are rewritten to a provider's subset; the result is
 * cached.
 */
public final class FunctionTools {

  /** The translation of a tool set: encoded by name, and the schema keywords that were dropped. */
  private record Functions(Map<String, Buffer> byName, Set<String> dropped) {}

  private final SchemaRewriter rewriter;
  private final ToolCache<Functions> cache = new ToolCache<>(this::translate);

  /** Creates a translation into the subset of a rewriter, which makes the root an object. */
  public FunctionTools(SchemaRewriter rewriter) {
    this.rewriter = rewriter;
  }

  /** Returns the tools that the tool choice of a request permits. */
  public static List<Tool> permitted(ChatRequest request) {
    ToolChoice choice = request.toolChoice();
    return choice == null || choice.names().isEmpty()
        ? request.tools()
        : request.tools().stream().filter(tool -> choice.names().contains(tool.name())).toList();
  }

  /**
   * Returns the permitted tools of a request, all of which are functions, for a {@link JsonBody}; a
   * warning names the schema keywords that the subset lacks.
   */
  public JsonArray of(ChatRequest request, Translation translation) {
    if (request.tools().isEmpty()) {
      return new JsonArray();
    }
    Functions functions = cache.of(request);
    if (!functions.dropped().isEmpty()) {
      translation.warn(
          "schema keywords of tools were left out: " + String.join(", ", functions.dropped()));
    }
    List<Buffer> permitted = new ArrayList<>();
    permitted(request).forEach(tool -> permitted.add(functions.byName().get(tool.name())));
    return new JsonArray(permitted);
  }

  private Functions translate(List<Tool> tools) {
    Map<String, Buffer> byName = new LinkedHashMap<>();
    Set<String> dropped = new TreeSet<>();
    for (Tool tool : tools) {
      Object parameters = tool.parameters() == null ? null : tool.parameters().value();
      SchemaRewriter.Result schema =
          rewriter.rewrite(parameters instanceof JsonObject json ? json : new JsonObject());
      dropped.addAll(schema.dropped());
      JsonObject function =
          new JsonObject()
              .put("name", tool.name())
              .put("description", tool.description() == null ? "" : tool.description())
              .put("parameters", schema.schema());
      byName.put(
          tool.name(),
          new JsonObject().put("type", Tool.FUNCTION).put(Tool.FUNCTION, function).toBuffer());
    }
    return new Functions(byName, new TreeSet<>(dropped));
  }
}
