package io.llmrelay.provider.ollama;

import io.llmrelay.chat.EmbeddingRequest;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.provider.EmbeddingFormat;
import io.llmrelay.provider.EmbeddingTranslation;
import io.llmrelay.provider.EncodedRequest;
import io.llmrelay.provider.wire.Json;
import io.vertx.core.json.JsonObject;

/** Ollama's embeddings. */
final class OllamaEmbeddings implements EmbeddingFormat {

  @Override
  public String path(String model, BackendOptions options) {
    return OllamaDialect.api(options) + "/embed";
  }

  @Override
  public EncodedRequest encode(EmbeddingRequest request, String model, BackendOptions options) {
    EmbeddingTranslation translation = new EmbeddingTranslation(request);
    JsonObject json = new JsonObject().put("model", model).put("input", request.input());
    Json.put(json, "dimensions", request.dimensions());
    translation.forwardUnknown(json, options);
    return translation.encode(json);
  }

  @Override
  public Fields fields() {
    return new Fields("embeddings[]", null, "model", "prompt_eval_count");
  }
}
