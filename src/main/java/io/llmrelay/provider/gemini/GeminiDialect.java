package io.llmrelay.provider.gemini;

import io.llmrelay.chat.ChatMessage;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.provider.Answer;
import io.llmrelay.provider.Conversation;
import io.llmrelay.provider.Dialect;
import io.llmrelay.provider.UriPaths;
import io.llmrelay.provider.wire.Json;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Map;
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
  public String cannotServe(ChatRequest request) {
    if (request.user() != null) {
      return "user cannot be expressed";
    }
    if (request.seed() != null && request.seed() != request.seed().intValue()) {
      return "seed beyond 32 bits cannot be expressed";
    }
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
  public Buffer encode(ChatRequest request, String model, BackendOptions options) {
    JsonArray contents = new JsonArray();
    for (ChatMessage turn : Conversation.turns(request)) {
      String role = turn.role() == ChatMessage.Role.ASSISTANT ? "model" : "user";
      contents.add(parts(turn.parts()).put("role", role));
    }
    List<String> system = Conversation.systemTexts(request);
    JsonObject config = config(request);
    JsonObject json = new JsonObject();
    Json.put(json, "systemInstruction", system.isEmpty() ? null : parts(system));
    json.put("contents", contents);
    Json.put(json, "generationConfig", config.isEmpty() ? null : config);
    return json.toBuffer();
  }

  private static JsonObject parts(List<String> texts) {
    JsonArray parts = new JsonArray();
    texts.forEach(text -> parts.add(new JsonObject().put("text", text)));
    return new JsonObject().put("parts", parts);
  }

  private static JsonObject config(ChatRequest request) {
    JsonObject config = new JsonObject();
    Json.put(config, "temperature", request.temperature());
    Json.put(config, "topP", request.topP());
    Json.put(config, "maxOutputTokens", request.maxTokens());
    Json.put(
        config, "stopSequences", request.stop() == null ? null : new JsonArray(request.stop()));
    Json.put(config, "seed", request.seed());
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
