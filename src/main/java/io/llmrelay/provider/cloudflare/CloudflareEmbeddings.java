package io.llmrelay.provider.cloudflare;

import io.llmrelay.chat.EmbeddingRequest;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.provider.EmbeddingFormat;
import io.llmrelay.provider.EmbeddingTranslation;
import io.llmrelay.provider.EncodedRequest;
import io.vertx.core.json.JsonObject;

/** The embeddings of Workers AI, at the same path as chats. */
final class CloudflareEmbeddings implements EmbeddingFormat {
  private static final int MAX_INPUTS = 100;

  @Override
  public String path(String model, BackendOptions options) {
    return new CloudflareDialect().chatPath(model, options);
  }

  @Override
  public String problem(EmbeddingRequest request, BackendOptions options) {
    return EmbeddingFormat.tooMany(request, MAX_INPUTS);
  }

  @Override
  public EncodedRequest encode(EmbeddingRequest request, String model, BackendOptions options) {
    EmbeddingTranslation translation = new EmbeddingTranslation(request);
    JsonObject json = new JsonObject().put("text", translation.texts());
    translation.forwardUnknown(json, options);
    return translation.encode(json);
  }

  @Override
  public Fields fields() {
    return new Fields("result.data[]", null, null, null);
  }
}
