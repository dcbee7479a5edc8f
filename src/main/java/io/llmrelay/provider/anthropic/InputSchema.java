package io.llmrelay.provider.anthropic;

import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.ContentPart.ToolCall;
import io.llmrelay.chat.Tool;
import io.llmrelay.chat.ToolChoice;
import io.llmrelay.provider.SchemaRewriter;
import io.llmrelay.provider.ToolCache;
import io.llmrelay.provider.Translation;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;

/**
 * The schema of the input of a function. Translations of whole tool sets are cached.
 *
 * @param schema the schema, of an object, encoded for a {@link io.llmrelay.provider.JsonBody}
 * @param strict whether calls are bound to it
 */
public record InputSchema(Buffer schema, boolean strict) {
  private static final int MAX_STRICT = 20;

  /**
   * A translated function.
   *
   * @param open the schema as a hint, encoded
   * @param dropped the keywords that it lost
   * @param closed the schema that binds; {@code null} if there is none, or none was asked for
   * @param binding the same, encoded
   */
  private record Translated(
      Buffer open, Set<String> dropped, ClosedSchema closed, Buffer binding) {}

  private static final ToolCache<Map<String, Translated>> CACHE =
      new ToolCache<>(InputSchema::translate);

  /**
   * Returns the schemas of the permitted functions of a request by name; warnings name dropped
   * keywords.
   *
   * @param bound whether the model can be bound to a schema
   */
  public static Map<String, InputSchema> ofTools(
      ChatRequest request, boolean bound, Translation translation) {
    Map<String, Translated> translated = CACHE.of(request);
    List<Tool> functions = permitted(request).stream().filter(Tool::isFunction).toList();
    boolean strict = mayBeStrict(functions, translated, bound, translation);
    Map<String, InputSchema> schemas = new LinkedHashMap<>();
    Set<String> dropped = new TreeSet<>();
    for (Tool tool : functions) {
      Translated schema = translated.get(tool.name());
      boolean binds = strict && isStrict(tool);
      schemas.put(tool.name(), new InputSchema(binds ? schema.binding() : schema.open(), binds));
      dropped.addAll(schema.dropped());
    }
    if (!dropped.isEmpty()) {
      translation.warn("schema keywords of tools were left out: " + String.join(", ", dropped));
    }
    return schemas;
  }

  /** Returns the tools that may be called; all of them if the choice names a single one. */
  public static List<Tool> permitted(ChatRequest request) {
    ToolChoice choice = request.toolChoice();
    return choice == null || choice.names().isEmpty() || choice.only() != null
        ? request.tools()
        : request.tools().stream().filter(tool -> choice.names().contains(tool.name())).toList();
  }

  /** Returns the names of the functions that were called in a conversation. */
  public static Set<String> usedNames(ChatRequest request) {
    Set<String> names = new TreeSet<>();
    request.messages().stream()
        .flatMap(message -> message.parts().stream())
        .filter(ToolCall.class::isInstance)
        .forEach(part -> names.add(((ToolCall) part).name()));
    return names;
  }

  private static boolean isStrict(Tool tool) {
    return Boolean.TRUE.equals(tool.strict());
  }

  private static boolean mayBeStrict(
      List<Tool> functions,
      Map<String, Translated> translated,
      boolean bound,
      Translation translation) {
    List<ClosedSchema> closed = new ArrayList<>();
    functions.stream()
        .filter(InputSchema::isStrict)
        .forEach(tool -> closed.add(translated.get(tool.name()).closed()));
    boolean fits =
        bound
            && closed.size() <= MAX_STRICT
            && closed.stream().allMatch(Objects::nonNull)
            && closed.stream().mapToInt(ClosedSchema::optional).sum() <= ClosedSchema.MAX_OPTIONAL
            && closed.stream().mapToInt(ClosedSchema::unions).sum() <= ClosedSchema.MAX_UNIONS;
    if (!fits && !closed.isEmpty()) {
      translation.leftOut("tools[].strict");
    }
    return fits;
  }

  private static Map<String, Translated> translate(List<Tool> tools) {
    Map<String, Translated> translated = new LinkedHashMap<>();
    for (Tool tool : tools) {
      if (tool.isFunction()) {
        Object parameters = tool.parameters() == null ? null : tool.parameters().value();
        SchemaRewriter.Result open = AnthropicSchema.input((JsonObject) parameters);
        ClosedSchema closed = isStrict(tool) ? ClosedSchema.of(open.schema()) : null;
        translated.put(
            tool.name(),
            new Translated(
                open.schema().toBuffer(),
                open.dropped(),
                closed,
                closed == null ? null : closed.schema().toBuffer()));
      }
    }
    return translated;
  }
}
