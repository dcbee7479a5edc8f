package io.llmrelay.provider.cohere;

import io.llmrelay.chat.ChatMessage;
import io.llmrelay.chat.ChatMessage.Role;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.RawJson;
import io.llmrelay.chat.Setting;
import io.llmrelay.chat.Tool;
import io.llmrelay.chat.ToolChoice;
import io.llmrelay.chat.ToolChoice.Mode;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.provider.Conversation;
import io.llmrelay.provider.EncodedRequest;
import io.llmrelay.provider.FunctionTools;
import io.llmrelay.provider.JsonBody;
import io.llmrelay.provider.ReasoningWish;
import io.llmrelay.provider.SchemaRewriter;
import io.llmrelay.provider.ToolArguments;
import io.llmrelay.provider.Translation;
import io.llmrelay.provider.wire.Json;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;

/** Encodes requests. The value ranges are narrower than OpenAI's. */
final class CohereRequest {
  private static final double MIN_P = 0.01;
  private static final double MAX_P = 0.99;
  private static final int MAX_K = 500;

  /** The subset for answers and arguments that must fit a schema. */
  private static final SchemaRewriter STRICT =
      SchemaRewriter.builder()
          .mergeAllOf()
          .rename("oneOf", "anyOf")
          .drop(
              "not",
              "minimum",
              "maximum",
              "exclusiveMinimum",
              "exclusiveMaximum",
              "multipleOf",
              "minItems",
              "maxItems",
              "uniqueItems",
              "minLength",
              "maxLength")
          .objectAtRoot()
          .build();

  private static final FunctionTools STRICT_TOOLS = new FunctionTools(STRICT);
  private static final FunctionTools TOOLS =
      new FunctionTools(SchemaRewriter.builder().objectAtRoot().build());

  private CohereRequest() {}

  static String problem(ChatRequest request) {
    if (request.wantsFormat() && offersTools(request)) {
      return "response_format cannot be expressed together with tools";
    }
    for (int i = 0; i < request.messages().size(); i++) {
      ChatMessage message = request.messages().get(i);
      if (message.role() != Role.USER && CohereMessages.hasImage(message)) {
        return "messages[" + i + "]: an image outside of a user message cannot be expressed";
      }
    }
    return Conversation.problem(request, ToolArguments::customProblem);
  }

  private static Mode mode(ChatRequest request) {
    ToolChoice choice = request.toolChoice();
    return choice == null ? Mode.AUTO : choice.mode();
  }

  /** Returns whether tools are sent; with a format, none are sent if they must not be called. */
  private static boolean offersTools(ChatRequest request) {
    return !request.tools().isEmpty() && !(request.wantsFormat() && mode(request) == Mode.NONE);
  }

  static EncodedRequest encode(ChatRequest request, String model, BackendOptions options) {
    Translation translation = new Translation(request);
    JsonObject json =
        new JsonObject()
            .put("model", model)
            .put("messages", CohereMessages.encode(request.messages(), translation))
            .put("stream", true);
    if (offersTools(request)) {
      tools(request, json, translation);
    }
    Json.put(json, "temperature", translation.temperature(1));
    Json.put(json, "p", translation.topP(MIN_P, MAX_P));
    Json.put(json, "max_tokens", request.maxTokens());
    Json.put(json, "stop_sequences", request.stop() == null ? null : new JsonArray(request.stop()));
    if (request.seed() != null && request.seed() >= 0) {
      json.put("seed", translation.seed());
    }
    if (request.wantsFormat()) {
      json.put("response_format", format(request, translation));
    }
    Json.put(json, "thinking", thinking(ReasoningWish.take(translation), translation));
    Json.put(json, "k", translation.limited(Setting.TOP_K, 0, MAX_K));
    Json.put(json, "frequency_penalty", translation.limited(Setting.FREQUENCY_PENALTY, 0, 1));
    Json.put(json, "presence_penalty", translation.limited(Setting.PRESENCE_PENALTY, 0, 1));
    translation.put(json, "logprobs", Setting.LOGPROBS);
    Conversation.leaveOutCacheControl(request, translation);
    translation.forwardUnknown(json, options);
    return new EncodedRequest(JsonBody.encode(json), translation.warnings());
  }

  private static void tools(ChatRequest request, JsonObject json, Translation translation) {
    List<Tool> tools = FunctionTools.permitted(request);
    boolean strict = tools.stream().allMatch(CohereRequest::canBeStrict);
    if (strict) {
      json.put("tools", STRICT_TOOLS.of(request, translation)).put("strict_tools", true);
    } else {
      json.put("tools", TOOLS.of(request, translation));
      if (tools.stream().map(Tool::strict).anyMatch(Boolean.TRUE::equals)) {
        translation.leftOut("tools[].function.strict");
      }
    }
    Mode mode = mode(request);
    if (mode != Mode.AUTO) {
      json.put("tool_choice", mode.name());
    }
  }

  /** Returns whether a tool is strict and has a required parameter; all tools of a request must. */
  private static boolean canBeStrict(Tool tool) {
    RawJson parameters = tool.parameters();
    return Boolean.TRUE.equals(tool.strict())
        && parameters != null
        && parameters.value() instanceof JsonObject schema
        && !Json.array(schema, "required").isEmpty();
  }

  /** Returns a format whose type is the same with and without a schema. */
  private static JsonObject format(ChatRequest request, Translation translation) {
    JsonObject format = new JsonObject().put("type", "json_object");
    if (request.schema() instanceof JsonObject schema) {
      SchemaRewriter.Result rewritten = STRICT.rewrite(schema);
      format.put("json_schema", rewritten.schema());
      if (!rewritten.dropped().isEmpty()) {
        translation.warn(
            "schema keywords of response_format were left out: "
                + String.join(", ", rewritten.dropped().stream().sorted().toList()));
      }
    }
    return format;
  }

  private static JsonObject thinking(ReasoningWish wish, Translation translation) {
    if (wish == null) {
      return null;
    }
    if (wish.hidden()) {
      translation.leftOut("reasoning.exclude");
    }
    if (wish.wanted() == null) {
      return null;
    }
    JsonObject thinking = new JsonObject().put("type", wish.on() ? "enabled" : "disabled");
    Json.put(thinking, "token_budget", wish.budget());
    return thinking;
  }
}
