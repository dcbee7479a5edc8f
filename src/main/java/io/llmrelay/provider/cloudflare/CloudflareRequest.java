package io.llmrelay.provider.cloudflare;

import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.ContentPart;
import io.llmrelay.chat.ContentPart.Image;
import io.llmrelay.chat.Setting;
import io.llmrelay.chat.Tool;
import io.llmrelay.chat.ToolChoice;
import io.llmrelay.chat.ToolChoice.Mode;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.provider.Conversation;
import io.llmrelay.provider.DataUrl;
import io.llmrelay.provider.EncodedRequest;
import io.llmrelay.provider.FunctionTools;
import io.llmrelay.provider.JsonBody;
import io.llmrelay.provider.SchemaRewriter;
import io.llmrelay.provider.ToolArguments;
import io.llmrelay.provider.Translation;
import io.llmrelay.provider.wire.Json;
import io.vertx.core.json.JsonObject;

/** Encodes requests with the fields that the schemas of most models have. */
final class CloudflareRequest {
  static final int DEFAULT_MAX_TOKENS = 2048;
  private static final long MAX_SEED = 9_999_999_999L;
  private static final int MAX_TOP_K = 50;

  private static final FunctionTools TOOLS =
      new FunctionTools(SchemaRewriter.builder().inlineReferences().objectAtRoot().build());

  private CloudflareRequest() {}

  static String problem(ChatRequest request) {
    if (request.stop() != null) {
      return "stop cannot be expressed";
    }
    return Conversation.problem(request, CloudflareRequest::problem);
  }

  private static String problem(ContentPart part) {
    return part instanceof Image image && DataUrl.of(image.url()) == null
        ? "an image by URL cannot be expressed"
        : ToolArguments.customProblem(part);
  }

  static EncodedRequest encode(ChatRequest request, String model, BackendOptions options) {
    Translation translation = new Translation(request);
    Integer maxTokens = request.maxTokens();
    JsonObject json =
        new JsonObject()
            .put("messages", new CloudflareMessages(model, translation).encode(request.messages()))
            .put("stream", true)
            .put("max_tokens", maxTokens == null ? DEFAULT_MAX_TOKENS : maxTokens);
    tools(request, json, translation);
    Json.put(json, "temperature", request.temperature());
    Json.put(json, "top_p", request.topP());
    if (request.seed() != null && request.seed() >= 1 && request.seed() <= MAX_SEED) {
      json.put("seed", translation.seed());
    }
    Json.put(json, "top_k", translation.limited(Setting.TOP_K, 1, MAX_TOP_K));
    Json.put(json, "frequency_penalty", translation.limited(Setting.FREQUENCY_PENALTY, 0, 2));
    Json.put(json, "presence_penalty", translation.limited(Setting.PRESENCE_PENALTY, 0, 2));
    Conversation.leaveOutNames(request, translation);
    Conversation.leaveOutCacheControl(request, translation);
    translation.forwardUnknown(json, options);
    return new EncodedRequest(JsonBody.encode(json), translation.warnings());
  }

  /** Encodes tools. With {@code none}, which not every model supports, no tools are sent. */
  private static void tools(ChatRequest request, JsonObject json, Translation translation) {
    ToolChoice choice = request.toolChoice();
    if (request.tools().isEmpty() || choice != null && choice.mode() == Mode.NONE) {
      return;
    }
    json.put("tools", TOOLS.of(request, translation));
    if (choice != null && choice.mode() == Mode.REQUIRED) {
      json.put("tool_choice", "required");
    }
    if (request.tools().stream().map(Tool::strict).anyMatch(Boolean.TRUE::equals)) {
      translation.leftOut("tools[].function.strict");
    }
  }
}
