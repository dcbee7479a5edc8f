package io.llmrelay.provider.cohere;

import io.llmrelay.chat.ChatMessage;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.RequestFeature;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.provider.Answer;
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

/** Cohere's Chat API, version 2. Its value ranges are narrower than OpenAI's. */
public final class CohereDialect implements Dialect {
  private static final Pattern VERSIONED = Pattern.compile("/v\\d+/*$");
  private static final double MIN_P = 0.01;
  private static final double MAX_P = 0.99;

  @Override
  public String name() {
    return "cohere";
  }

  @Override
  public Set<RequestFeature> features() {
    return EnumSet.of(RequestFeature.JSON, RequestFeature.JSON_SCHEMA);
  }

  @Override
  public Map<String, String> headers(BackendOptions options) {
    return options.getApiKey() == null
        ? Map.of()
        : Map.of("authorization", "Bearer " + options.getApiKey());
  }

  @Override
  public String chatPath(String model, BackendOptions options) {
    return version("/v2", options) + "/chat";
  }

  @Override
  public String modelsPath(BackendOptions options) {
    return version("/v1", options) + "/models?endpoint=chat&page_size=1000";
  }

  /** Returns a prefix unless the base URL ends with a version. */
  private static String version(String prefix, BackendOptions options) {
    return UriPaths.unlessPresent(VERSIONED, options, prefix);
  }

  @Override
  public EncodedRequest encode(ChatRequest request, String model, BackendOptions options) {
    Translation translation = new Translation(request);
    JsonArray messages = new JsonArray();
    for (ChatMessage message : request.messages()) {
      messages.add(
          new JsonObject().put("role", message.role().code()).put("content", message.text()));
    }
    JsonObject json =
        new JsonObject().put("model", model).put("messages", messages).put("stream", true);
    Json.put(json, "temperature", translation.temperature(1));
    Json.put(json, "p", translation.topP(MIN_P, MAX_P));
    Json.put(json, "max_tokens", request.maxTokens());
    Json.put(json, "stop_sequences", request.stop() == null ? null : new JsonArray(request.stop()));
    if (request.seed() != null && request.seed() >= 0) {
      json.put("seed", translation.seed());
    }
    if (request.wantsFormat()) {
      // The type is the same with and without a schema.
      JsonObject format = new JsonObject().put("type", "json_object");
      Json.put(format, "json_schema", request.schema());
      json.put("response_format", format);
    }
    return new EncodedRequest(json.toBuffer(), translation.warnings());
  }

  @Override
  public Extras extras(BackendOptions options) {
    return new Extras(List.of("content.thinking"), "last event");
  }

  @Override
  public Reader reader(Answer answer, BackendOptions options) {
    return new CohereReader(answer);
  }

  @Override
  public List<String> models(JsonObject list) {
    return Json.strings(list, "models", "name");
  }
}
