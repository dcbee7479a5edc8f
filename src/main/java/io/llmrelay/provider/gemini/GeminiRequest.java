package io.llmrelay.provider.gemini;

import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.ContentPart;
import io.llmrelay.chat.Setting;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.provider.Conversation;
import io.llmrelay.provider.EncodedRequest;
import io.llmrelay.provider.Translation;
import io.llmrelay.provider.wire.Json;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;

/** Encodes requests. System texts are separate from the contents; all settings are one object. */
final class GeminiRequest {
  private static final int MAX_LOGPROBS = 20;

  private GeminiRequest() {}

  static String problem(ChatRequest request) {
    if (Conversation.isEmpty(request)) {
      return "the conversation needs more than the system";
    }
    String limit = limit(request, GeminiModel.of(request.model()));
    if (limit != null) {
      return limit;
    }
    String problem = GeminiTools.problem(request);
    return problem == null ? GeminiContents.problem(request) : problem;
  }

  /** Returns what a model refuses of a request, or {@code null}. */
  private static String limit(ChatRequest request, GeminiModel model) {
    boolean tools = !request.tools().isEmpty();
    if (request.wantsFormat() && tools && !model.hasFormatWithTools()) {
      return "response_format cannot be expressed together with tools before Gemini 3";
    }
    if (!model.isOldGemma()) {
      return null;
    }
    return tools
        ? "this model has no tools"
        : Conversation.systemParts(request).isEmpty() ? null : "this model has no system messages";
  }

  static EncodedRequest encode(ChatRequest request, String name, BackendOptions options) {
    Translation translation = new Translation(request);
    GeminiModel model = GeminiModel.of(name);
    List<ContentPart> system = Conversation.systemParts(request);
    JsonObject json = new JsonObject();
    if (!system.isEmpty()) {
      json.put(
          "systemInstruction",
          new JsonObject().put("parts", GeminiContents.system(system, translation)));
    }
    json.put("contents", GeminiContents.encode(request, model, translation));
    GeminiTools.put(json, request, translation);
    JsonObject config = config(request, model, translation);
    Json.put(json, "generationConfig", config.isEmpty() ? null : config);
    Json.put(json, "serviceTier", tier(translation));
    translation.put(json, "store", Setting.STORE);
    Conversation.leaveOutNames(request, translation);
    translation.forwardUnknown(json, options);
    return new EncodedRequest(json.toBuffer(), translation.warnings());
  }

  private static JsonObject config(
      ChatRequest request, GeminiModel model, Translation translation) {
    JsonObject config = new JsonObject();
    Json.put(config, "temperature", request.temperature());
    Json.put(config, "topP", request.topP());
    translation.put(config, "topK", Setting.TOP_K);
    Json.put(config, "maxOutputTokens", request.maxTokens());
    Json.put(
        config, "stopSequences", request.stop() == null ? null : new JsonArray(request.stop()));
    if (request.seed() != null && request.seed() == request.seed().intValue()) {
      config.put("seed", translation.seed());
    }
    if (model.hasPenalties()) {
      translation.put(config, "presencePenalty", Setting.PRESENCE_PENALTY);
      translation.put(config, "frequencyPenalty", Setting.FREQUENCY_PENALTY);
    }
    if (request.setting(Setting.LOGPROBS) != null) {
      translation.put(config, "responseLogprobs", Setting.LOGPROBS);
      Json.put(config, "logprobs", translation.limited(Setting.TOP_LOGPROBS, 0, MAX_LOGPROBS));
    }
    if (request.wantsFormat()) {
      config.put("responseMimeType", "application/json");
      if (Json.object(request.responseFormat(), "json_schema").containsKey("description")) {
        translation.leftOut("response_format.json_schema.description");
      }
      if (request.schema() instanceof JsonObject schema) {
        config.put("responseJsonSchema", GeminiTools.schema(schema, translation));
      }
    }
    if (translation.take(Setting.MODALITIES) != null) {
      config.put("responseModalities", JsonArray.of("TEXT", "IMAGE"));
    }
    Json.put(config, "thinkingConfig", GeminiThinking.encode(model, translation));
    return config;
  }

  /** Returns the name of a tier; {@code null} for a tier that Gemini does not have. */
  private static String tier(Translation translation) {
    Object tier = translation.take(Setting.SERVICE_TIER);
    if (tier == null || tier.equals("auto")) {
      return null;
    }
    switch (tier.toString()) {
      case "default", "standard" -> {
        return "standard";
      }
      case "flex", "priority" -> {
        return tier.toString();
      }
      default -> {
        translation.leftOut(Setting.SERVICE_TIER.field());
        return null;
      }
    }
  }
}
