package io.llmrelay.provider.cohere;

import io.llmrelay.chat.EmbeddingRequest;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.provider.EmbeddingFormat;
import io.llmrelay.provider.EmbeddingTranslation;
import io.llmrelay.provider.EncodedRequest;
import io.llmrelay.provider.InputType;
import io.llmrelay.provider.wire.Json;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;

/** Cohere's Embed API, version 2, which requires to know what the texts are used for. */
final class CohereEmbeddings implements EmbeddingFormat {
  private static final int MAX_INPUTS = 96;
  private static final String DEFAULT_TYPE = "search_document";

  @Override
  public String path(String model, BackendOptions options) {
    return CohereDialect.version("/v2", options) + "/embed";
  }

  @Override
  public String problem(EmbeddingRequest request, BackendOptions options) {
    return EmbeddingFormat.tooMany(request, MAX_INPUTS);
  }

  @Override
  public EncodedRequest encode(EmbeddingRequest request, String model, BackendOptions options) {
    EmbeddingTranslation translation = new EmbeddingTranslation(request);
    JsonObject json =
        new JsonObject()
            .put("model", model)
            .put("texts", translation.texts())
            .put("input_type", inputType(translation))
            .put("embedding_types", JsonArray.of("float"));
    Json.put(json, "output_dimension", request.dimensions());
    translation.forwardUnknown(json, options);
    return translation.encode(json);
  }

  private static String inputType(EmbeddingTranslation translation) {
    String word = translation.inputType();
    if (word == null) {
      translation.warn("input_type " + DEFAULT_TYPE + " was assumed");
      return DEFAULT_TYPE;
    }
    InputType type = InputType.of(word);
    if (type == null) {
      return word;
    }
    return switch (type) {
      case QUERY -> "search_query";
      case DOCUMENT -> "search_document";
      case CLASSIFICATION -> "classification";
      case CLUSTERING -> "clustering";
    };
  }

  @Override
  public Fields fields() {
    return new Fields("embeddings.float[]", null, null, "meta.billed_units.input_tokens");
  }
}
