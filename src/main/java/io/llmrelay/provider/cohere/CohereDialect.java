package io.llmrelay.provider.cohere;

import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.RequestFeature;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.provider.Answer;
import io.llmrelay.provider.Dialect;
import io.llmrelay.provider.EmbeddingFormat;
import io.llmrelay.provider.EncodedRequest;
import io.llmrelay.provider.UriPaths;
import io.llmrelay.provider.wire.Json;
import io.vertx.core.json.JsonObject;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Cohere's Chat API, version 2. Structured answers are native, and exclude tools. If a tool choice
 * names tools, only those are sent.
 */
public final class CohereDialect implements Dialect {
  private static final Pattern VERSIONED = Pattern.compile("/v\\d+/*$");

  @Override
  public String name() {
    return "cohere";
  }

  @Override
  public Set<RequestFeature> features() {
    return EnumSet.of(
        RequestFeature.TOOLS,
        RequestFeature.IMAGES,
        RequestFeature.JSON,
        RequestFeature.JSON_SCHEMA,
        RequestFeature.EMBEDDINGS,
        RequestFeature.DIMENSIONS);
  }

  @Override
  public String cannotExpress(ChatRequest request, BackendOptions options) {
    return CohereRequest.problem(request);
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
  static String version(String prefix, BackendOptions options) {
    return UriPaths.unlessPresent(VERSIONED, options, prefix);
  }

  @Override
  public EncodedRequest encode(ChatRequest request, String model, BackendOptions options) {
    return CohereRequest.encode(request, model, options);
  }

  @Override
  public Extras extras(BackendOptions options) {
    return new Extras(List.of("content.thinking", "tool_plan"), "last event");
  }

  @Override
  public EmbeddingFormat embeddings() {
    return new CohereEmbeddings();
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
