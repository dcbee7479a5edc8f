package io.llmrelay.provider.gemini;

import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.ContentPart;
import io.llmrelay.chat.RequestFeature;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.provider.Answer;
import io.llmrelay.provider.Conversation;
import io.llmrelay.provider.Dialect;
import io.llmrelay.provider.EncodedRequest;
import io.llmrelay.provider.Translation;
import io.llmrelay.provider.UriPaths;
import io.llmrelay.provider.wire.Json;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Google's native API for Gemini. The model is part of the path, system texts are separate from the
 * contents, and all settings are in one object.
 */
public final class GeminiDialect implements Dialect {
  private static final Pattern VERSIONED = Pattern.compile("/v\\d\\w*/*$");

  @Override
  public String name() {
    return "gemini";
  }

  @Override
  public Set<RequestFeature> features() {
    return EnumSet.of(RequestFeature.JSON, RequestFeature.JSON_SCHEMA);
  }

  @Override
  public String cannotExpress(ChatRequest request) {
    return Conversation.firstRole(request) == null
        ? "the conversation needs more than the system"
        : null;
  }

  @Override
  public Map<String, String> headers(BackendOptions options) {
    return options.getApiKey() == null ? Map.of() : Map.of("x-goog-api-key", options.getApiKey());
  }

  @Override
  public String chatPath(String model, BackendOptions options) {
    String folder = model.contains("/") ? "/" : "/models/";
    return version(options) + folder + UriPaths.segments(model) + ":streamGenerateContent?alt=sse";
  }

  @Override
  public String modelsPath(BackendOptions options) {
    return version(options) + "/models?pageSize=1000";
  }

  /** Returns a prefix unless the base URL ends with the version. */
  private static String version(BackendOptions options) {
    return UriPaths.unlessPresent(VERSIONED, options, "/v1beta");
  }

  @Override
  public EncodedRequest encode(ChatRequest request, String model, BackendOptions options) {
    Translation translation = new Translation(request);
    JsonArray contents = new JsonArray();
    for (Conversation.Turn turn : Conversation.turns(request)) {
      contents.add(parts(turn.parts()).put("role", turn.assistant() ? "model" : "user"));
    }
    List<ContentPart> system = Conversation.systemParts(request);
    JsonObject config = config(request, translation);
    JsonObject json = new JsonObject();
    Json.put(json, "systemInstruction", system.isEmpty() ? null : parts(system));
    json.put("contents", contents);
    Json.put(json, "generationConfig", config.isEmpty() ? null : config);
    return new EncodedRequest(json.toBuffer(), translation.warnings());
  }

  private static JsonObject parts(List<ContentPart> content) {
    JsonArray parts = new JsonArray();
    for (ContentPart part : content) {
      if (part instanceof ContentPart.Text text) {
        parts.add(new JsonObject().put("text", text.text()));
      }
    }
    return new JsonObject().put("parts", parts);
  }

  private static JsonObject config(ChatRequest request, Translation translation) {
    JsonObject config = new JsonObject();
    Json.put(config, "temperature", request.temperature());
    Json.put(config, "topP", request.topP());
    Json.put(config, "maxOutputTokens", request.maxTokens());
    Json.put(
        config, "stopSequences", request.stop() == null ? null : new JsonArray(request.stop()));
    if (request.seed() != null && request.seed() == request.seed().intValue()) {
      config.put("seed", translation.seed());
    }
    if (request.wantsFormat()) {
      config.put("responseMimeType", "application/json");
      Json.put(config, "responseJsonSchema", request.schema());
    }
    return config;
  }

  @Override
  public Extras extras(BackendOptions options) {
    return new Extras(List.of("parts[].thought"), "every chunk, cumulative");
  }

  @Override
  public Reader reader(Answer answer, BackendOptions options) {
    return new GeminiReader(answer);
  }

  @Override
  public List<String> models(JsonObject list) {
    return Json.array(list, "models").stream()
        .filter(model -> model instanceof JsonObject)
        .map(JsonObject.class::cast)
        .filter(
            model -> Json.array(model, "supportedGenerationMethods").contains("generateContent"))
        .map(model -> Json.text(model, "name").replaceFirst("^models/", ""))
        .filter(name -> !name.isEmpty())
        .toList();
  }
}
