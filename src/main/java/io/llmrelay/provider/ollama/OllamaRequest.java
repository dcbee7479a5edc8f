package io.llmrelay.provider.ollama;

import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.ContentPart;
import io.llmrelay.chat.Setting;
import io.llmrelay.chat.Tool;
import io.llmrelay.chat.ToolChoice;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.provider.Conversation;
import io.llmrelay.provider.DataUrl;
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
import java.util.Locale;

/** Encodes requests. Most settings are in an {@code options} object. */
final class OllamaRequest {
  /** Encodes functions for servers that support neither references nor these keywords. */
  private static final FunctionTools TOOLS =
      new FunctionTools(
          SchemaRewriter.builder()
              .inlineReferences()
              .mergeAllOf()
              .constAsEnum()
              .rename("oneOf", "anyOf")
              .objectAtRoot()
              .build());

  private OllamaRequest() {}

  static String problem(ChatRequest request) {
    ToolChoice choice = request.toolChoice();
    if (choice != null && choice.mode() == ToolChoice.Mode.REQUIRED) {
      return "tool_choice required cannot be expressed";
    }
    if (request.wantsFormat() && offersTools(request)) {
      return "response_format cannot be expressed together with tools";
    }
    return Conversation.problem(request, OllamaRequest::problem);
  }

  private static String problem(ContentPart part) {
    return part instanceof ContentPart.Image image && DataUrl.of(image.url()) == null
        ? "an image by URL cannot be expressed"
        : ToolArguments.problem(part);
  }

  /** Returns whether tools are sent: the API has no tool choice, so {@code none} sends none. */
  private static boolean offersTools(ChatRequest request) {
    ToolChoice choice = request.toolChoice();
    return !request.tools().isEmpty() && (choice == null || choice.mode() != ToolChoice.Mode.NONE);
  }

  static EncodedRequest encode(ChatRequest request, String model, BackendOptions backend) {
    Translation translation = new Translation(request);
    JsonObject json = new JsonObject().put("model", model).put("stream", true);
    if (request.continuation() == null) {
      json.put("messages", OllamaMessages.encode(request.messages()));
    } else {
      continuation(request, json);
    }
    if (offersTools(request)) {
      json.put("tools", TOOLS.of(request, translation));
      if (request.tools().stream().map(Tool::strict).anyMatch(Boolean.TRUE::equals)) {
        translation.leftOut("tools[].function.strict");
      }
    }
    if (request.wantsFormat()) {
      json.put("format", request.schema() == null ? "json" : request.schema());
    }
    Json.put(json, "think", think(ReasoningWish.take(translation), model, translation));
    translation.put(json, "logprobs", Setting.LOGPROBS);
    translation.put(json, "top_logprobs", Setting.TOP_LOGPROBS);
    JsonObject options = options(request, translation);
    Conversation.leaveOutNames(request, translation);
    Conversation.leaveOutCacheControl(request, translation);
    translation.forwardUnknown(json, backend);
    if (json.getValue("options") instanceof JsonObject forwarded) {
      options = forwarded.copy().mergeIn(options);
    }
    Json.put(json, "options", options.isEmpty() ? null : options);
    return new EncodedRequest(JsonBody.encode(json), translation.warnings());
  }

  /** Without a suffix a template would make a question of the text. */
  private static void continuation(ChatRequest request, JsonObject json) {
    ContentPart.Text text = (ContentPart.Text) request.messages().get(0).parts().get(0);
    String suffix = request.continuation().suffix();
    json.put("prompt", text.content());
    if (suffix == null) {
      json.put("raw", true);
    } else {
      json.put("suffix", suffix);
    }
  }

  private static JsonObject options(ChatRequest request, Translation translation) {
    JsonObject options = new JsonObject();
    Json.put(options, "temperature", request.temperature());
    Json.put(options, "top_p", request.topP());
    Json.put(options, "num_predict", request.maxTokens());
    Json.put(options, "stop", request.stop() == null ? null : new JsonArray(request.stop()));
    Json.put(options, "seed", translation.seed());
    translation.put(options, "top_k", Setting.TOP_K);
    translation.put(options, "min_p", Setting.MIN_P);
    translation.put(options, "presence_penalty", Setting.PRESENCE_PENALTY);
    translation.put(options, "frequency_penalty", Setting.FREQUENCY_PENALTY);
    return options;
  }

  /** Returns a level for models that have levels, otherwise whether to think. */
  private static Object think(ReasoningWish wish, String model, Translation translation) {
    if (wish != null && wish.hidden()) {
      translation.leftOut("reasoning.exclude");
    }
    if (wish == null || wish.wanted() == null) {
      return null;
    }
    if (wish.off() || wish.effort() == null) {
      return wish.on();
    }
    if (model.toLowerCase(Locale.ROOT).contains("gpt-oss")) {
      return switch (wish.effort()) {
        case MINIMAL, LOW -> "low";
        case MEDIUM -> "medium";
        case HIGH, XHIGH, MAX -> "high";
      };
    }
    translation.warn("the reasoning effort was reduced to think: true");
    return true;
  }
}
