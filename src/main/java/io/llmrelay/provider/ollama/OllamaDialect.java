package io.llmrelay.provider.ollama;

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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Ollama's native API, in lines of JSON. Structured answers are native: a grammar of the schema
 * constrains the model, which therefore cannot call tools in the same answer.
 */
public final class OllamaDialect implements Dialect {
  private static final Pattern WITH_API = Pattern.compile("/api/*$");

  @Override
  public String name() {
    return "ollama";
  }

  @Override
  public Set<RequestFeature> features() {
    return EnumSet.of(
        RequestFeature.TOOLS,
        RequestFeature.IMAGES,
        RequestFeature.JSON,
        RequestFeature.JSON_SCHEMA,
        RequestFeature.SUFFIX,
        RequestFeature.EMBEDDINGS,
        RequestFeature.DIMENSIONS);
  }

  @Override
  public String cannotExpress(ChatRequest request, BackendOptions options) {
    return OllamaRequest.problem(request);
  }

  @Override
  public Map<String, String> headers(BackendOptions options) {
    Map<String, String> headers = new LinkedHashMap<>();
    headers.put("accept", "application/x-ndjson");
    if (options.getApiKey() != null) {
      headers.put("authorization", "Bearer " + options.getApiKey());
    }
    return headers;
  }

  @Override
  public String chatPath(String model, BackendOptions options) {
    return api(options) + "/chat";
  }

  @Override
  public String path(ChatRequest request, BackendOptions options) {
    return request.continuation() == null
        ? chatPath(request.model(), options)
        : api(options) + "/generate";
  }

  @Override
  public String modelsPath(BackendOptions options) {
    return api(options) + "/tags";
  }

  /** Returns a prefix unless the base URL ends with {@code /api}. */
  static String api(BackendOptions options) {
    return UriPaths.unlessPresent(WITH_API, options, "/api");
  }

  @Override
  public EncodedRequest encode(ChatRequest request, String model, BackendOptions options) {
    return OllamaRequest.encode(request, model, options);
  }

  @Override
  public Extras extras(BackendOptions options) {
    return new Extras(List.of("message.thinking"), "last line");
  }

  @Override
  public EmbeddingFormat embeddings() {
    return new OllamaEmbeddings();
  }

  @Override
  public Reader reader(Answer answer, BackendOptions options) {
    return new OllamaReader(answer);
  }

  @Override
  public List<String> models(JsonObject list) {
    return Json.strings(list, "models", "name");
  }
}
