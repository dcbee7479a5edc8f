package io.llmrelay.provider.gemini;

import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.RequestFeature;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.provider.Answer;
import io.llmrelay.provider.Dialect;
import io.llmrelay.provider.EmbeddingFormat;
import io.llmrelay.provider.EncodedRequest;
import io.llmrelay.provider.TokenCounter;
import io.llmrelay.provider.UriPaths;
import io.llmrelay.provider.wire.Json;
import io.vertx.core.json.JsonObject;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Google's native API for Gemini. The model is part of the path. All features of requests are
 * supported, if not in every combination; structured answers are native.
 */
public final class GeminiDialect implements Dialect {
  private static final Pattern VERSIONED = Pattern.compile("/v\\d\\w*/*$");

  private final TokenCounter counter = new GeminiTokenCounter(this);

  @Override
  public String name() {
    return "gemini";
  }

  @Override
  public Set<RequestFeature> features() {
    return EnumSet.of(
        RequestFeature.TOOLS,
        RequestFeature.PROVIDER_TOOLS,
        RequestFeature.IMAGES,
        RequestFeature.AUDIO,
        RequestFeature.DOCUMENTS,
        RequestFeature.OTHER_PARTS,
        RequestFeature.JSON,
        RequestFeature.JSON_SCHEMA,
        RequestFeature.WEB_SEARCH,
        RequestFeature.IMAGE_ANSWERS,
        RequestFeature.EMBEDDINGS,
        RequestFeature.DIMENSIONS);
  }

  @Override
  public String cannotExpress(ChatRequest request, BackendOptions options) {
    return GeminiRequest.problem(request);
  }

  @Override
  public Map<String, String> headers(BackendOptions options) {
    return options.getApiKey() == null ? Map.of() : Map.of("x-goog-api-key", options.getApiKey());
  }

  @Override
  public String chatPath(String model, BackendOptions options) {
    return modelPath(model, options) + ":streamGenerateContent?alt=sse";
  }

  /** Returns the path of a model. */
  static String modelPath(String model, BackendOptions options) {
    String folder = model.contains("/") ? "/" : "/models/";
    return version(options) + folder + UriPaths.segments(model);
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
    return GeminiRequest.encode(request, model, options);
  }

  @Override
  public TokenCounter tokenCounter() {
    return counter;
  }

  @Override
  public Extras extras(BackendOptions options) {
    return new Extras(List.of("parts[].thought"), "every chunk, cumulative");
  }

  @Override
  public EmbeddingFormat embeddings() {
    return new GeminiEmbeddings();
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
