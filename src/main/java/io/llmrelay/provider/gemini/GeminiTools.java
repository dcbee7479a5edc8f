package io.llmrelay.provider.gemini;

import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.Setting;
import io.llmrelay.chat.Tool;
import io.llmrelay.chat.ToolChoice;
import io.llmrelay.provider.SchemaRewriter;
import io.llmrelay.provider.ToolCache;
import io.llmrelay.provider.Translation;
import io.llmrelay.provider.wire.Json;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * Encodes tools, the choice among them, and schemas of answers. Schemas are sent as JSON schema.
 * Gemini ignores unknown keywords, but mishandles references and {@code allOf}, which are replaced.
 *
 * <p>Web search is Gemini's own tool. Together with functions, Gemini requires its calls to be sent
 * back with the conversation, which OpenAI's format cannot express.
 */
final class GeminiTools {
  private static final SchemaRewriter ANSWERS = subset().build();
  private static final SchemaRewriter ARGUMENTS = subset().objectAtRoot().build();

  private static final Pattern NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_.:-]{0,63}");

  /** Tools that Google runs, by their types in a request. */
  private static final Map<String, String> BUILT_IN =
      Map.of("google_search", "googleSearch", "url_context", "urlContext");

  private static final ToolCache<Declarations> CACHE = new ToolCache<>(GeminiTools::declarations);

  /**
   * A translated tool set. Must not be changed.
   *
   * @param tools the array
   * @param dropped the keywords that the schemas lost
   */
  private record Declarations(JsonArray tools, Set<String> dropped) {}

  private GeminiTools() {}

  private static SchemaRewriter.Builder subset() {
    return SchemaRewriter.builder()
        .inlineReferences()
        .mergeAllOf()
        .constAsEnum()
        .drop("$schema", "$id", "$anchor", "$comment");
  }

  /** Returns why the tools cannot be expressed, or {@code null} if they can. */
  static String problem(ChatRequest request) {
    boolean functions = false;
    boolean own = request.setting(Setting.WEB_SEARCH_OPTIONS) != null;
    for (int i = 0; i < request.tools().size(); i++) {
      Tool tool = request.tools().get(i);
      if (tool.isFunction() && !NAME.matcher(tool.name()).matches()) {
        return "tools["
            + i
            + "]: a name cannot be expressed unless it begins with a letter or _"
            + " and has at most 64 letters, digits and _.:-";
      }
      if (!tool.isFunction() && !BUILT_IN.containsKey(tool.type())) {
        return "tools[" + i + "]: a tool of this type cannot be expressed";
      }
      functions |= tool.isFunction();
      own |= !tool.isFunction();
    }
    return functions && own ? "web search cannot be expressed together with functions" : null;
  }

  /** Puts tools and the choice among them into a body. */
  static void put(JsonObject body, ChatRequest request, Translation translation) {
    JsonArray tools = new JsonArray();
    if (!request.tools().isEmpty()) {
      Declarations declarations = CACHE.of(request);
      warn(declarations.dropped(), "tools", translation);
      tools.addAll(declarations.tools());
      if (request.tools().stream().anyMatch(tool -> tool.cacheControl() != null)) {
        translation.leftOut("cache_control");
      }
    }
    if (translation.take(Setting.WEB_SEARCH_OPTIONS) instanceof JsonObject options) {
      options.fieldNames().forEach(field -> translation.leftOut("web_search_options." + field));
      tools.add(new JsonObject().put("googleSearch", new JsonObject()));
    }
    Json.put(body, "tools", tools.isEmpty() ? null : tools);
    JsonObject config = choice(request);
    if (config != null) {
      body.put("toolConfig", new JsonObject().put("functionCallingConfig", config));
    }
  }

  /** Returns the schema of an answer in the subset. */
  static JsonObject schema(JsonObject schema, Translation translation) {
    SchemaRewriter.Result result = ANSWERS.rewrite(schema);
    warn(result.dropped(), "response_format", translation);
    return result.schema();
  }

  private static void warn(Set<String> dropped, String of, Translation translation) {
    if (!dropped.isEmpty()) {
      translation.warn(
          "schema keywords of " + of + " were left out: " + String.join(", ", dropped));
    }
  }

  private static Declarations declarations(List<Tool> tools) {
    List<JsonObject> all = new ArrayList<>();
    JsonArray functions = new JsonArray();
    Set<String> dropped = new TreeSet<>();
    for (Tool tool : tools) {
      if (tool.isFunction()) {
        functions.add(function(tool, dropped));
      } else {
        JsonObject config = (JsonObject) tool.source().value();
        config.remove("type");
        all.add(new JsonObject().put(BUILT_IN.get(tool.type()), config));
      }
    }
    if (!functions.isEmpty()) {
      all.add(new JsonObject().put("functionDeclarations", functions));
    }
    return new Declarations(new JsonArray(all), dropped);
  }

  private static JsonObject function(Tool tool, Set<String> dropped) {
    JsonObject function = new JsonObject().put("name", tool.name());
    Json.put(function, "description", tool.description());
    if (tool.parameters() != null) {
      SchemaRewriter.Result schema = ARGUMENTS.rewrite((JsonObject) tool.parameters().value());
      dropped.addAll(schema.dropped());
      function.put("parametersJsonSchema", schema.schema());
    }
    return function;
  }

  /**
   * Returns the choice, or {@code null} for the default. With {@code VALIDATED}, the model may
   * answer without a call, but its calls match names and schemas, as they do with {@code ANY}.
   */
  private static JsonObject choice(ChatRequest request) {
    ToolChoice choice = request.toolChoice() == null ? ToolChoice.AUTO : request.toolChoice();
    boolean strict = request.tools().stream().anyMatch(tool -> Boolean.TRUE.equals(tool.strict()));
    boolean free = choice.names().isEmpty() && !strict;
    String mode =
        switch (choice.mode()) {
          case NONE -> "NONE";
          case REQUIRED -> "ANY";
          case AUTO -> free ? null : "VALIDATED";
        };
    if (mode == null) {
      return null;
    }
    JsonObject config = new JsonObject().put("mode", mode);
    if (!choice.names().isEmpty()) {
      config.put("allowedFunctionNames", new JsonArray(choice.names()));
    }
    return config;
  }
}
