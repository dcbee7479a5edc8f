package io.llmrelay.provider.gemini;

import io.llmrelay.chat.EmbeddingRequest;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.provider.EmbeddingFormat;
import io.llmrelay.provider.EmbeddingTranslation;
import io.llmrelay.provider.EncodedRequest;
import io.llmrelay.provider.InputType;
import io.llmrelay.provider.wire.Json;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.Locale;

/** Gemini's embeddings, as a batch of contents with one text each. */
final class GeminiEmbeddings implements EmbeddingFormat {
  private static final int MAX_INPUTS = 100;

  @Override
  public String path(String model, BackendOptions options) {
    return GeminiDialect.modelPath(model, options) + ":batchEmbedContents";
  }

  @Override
  public String problem(EmbeddingRequest request, BackendOptions options) {
    return EmbeddingFormat.tooMany(request, MAX_INPUTS);
  }

  @Override
  public EncodedRequest encode(EmbeddingRequest request, String model, BackendOptions options) {
    EmbeddingTranslation translation = new EmbeddingTranslation(request);
    String taskType = takesTaskType(model) ? taskType(translation.inputType()) : null;
    JsonArray requests = new JsonArray();
    for (Object text : translation.texts()) {
      JsonObject part = new JsonObject().put("text", text);
      JsonObject each =
          new JsonObject()
              .put("model", model.contains("/") ? model : "models/" + model)
              .put("content", new JsonObject().put("parts", JsonArray.of(part)));
      Json.put(each, "taskType", taskType);
      Json.put(each, "outputDimensionality", request.dimensions());
      requests.add(each);
    }
    JsonObject json = new JsonObject().put("requests", requests);
    translation.forwardUnknown(json, options);
    return translation.encode(json);
  }

  /** Later models expect the task within the text. */
  private static boolean takesTaskType(String model) {
    return model.endsWith("embedding-001") || model.endsWith("embedding-004");
  }

  private static String taskType(String word) {
    InputType type = word == null ? null : InputType.of(word);
    if (type == null) {
      return word == null ? null : word.toUpperCase(Locale.ROOT);
    }
    return switch (type) {
      case QUERY -> "RETRIEVAL_QUERY";
      case DOCUMENT -> "RETRIEVAL_DOCUMENT";
      case CLASSIFICATION -> "CLASSIFICATION";
      case CLUSTERING -> "CLUSTERING";
    };
  }

  @Override
  public Fields fields() {
    return new Fields("embeddings[].values", null, null, "usageMetadata.promptTokenCount");
  }
}
