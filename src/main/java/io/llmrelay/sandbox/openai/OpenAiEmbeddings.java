package io.llmrelay.sandbox.openai;

import io.llmrelay.sandbox.dialect.EmbeddingDialect;
import io.llmrelay.sandbox.dialect.JsonNodes;
import io.llmrelay.sandbox.dialect.OpenAiErrors;
import io.llmrelay.sandbox.dialect.SandboxError;
import io.llmrelay.sandbox.dialect.SandboxRequest;
import io.llmrelay.sandbox.dialect.Vectors;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/** OpenAI's Embeddings API, and compatible servers. */
public final class OpenAiEmbeddings extends EmbeddingDialect {
  private static final Pattern PATH = Pattern.compile("/*(.*?)(?:/?v1)?/embeddings");

  private static final Set<String> FIELDS =
      Set.of("model", "input", "encoding_format", "dimensions", "user");

  private static final Set<String> MISTRAL_FIELDS =
      Set.of("model", "input", "encoding_format", "output_dimension", "output_dtype", "metadata");

  /** Creates the embeddings of OpenAI and compatible servers. */
  public OpenAiEmbeddings() {
    super(new OpenAiDialect(), PATH);
  }

  @Override
  public void check(SandboxRequest request) {
    JsonObject body = request.body();
    if (JsonNodes.text(body, "model").isEmpty()) {
      throw OpenAiValidator.invalid(null, null, "you must provide a model parameter");
    }
    boolean mistral = CompatibleServer.of(request.provider()) == CompatibleServer.MISTRAL;
    for (String field : body.fieldNames()) {
      if (!(mistral ? MISTRAL_FIELDS : FIELDS).contains(field)) {
        throw OpenAiValidator.invalid(
            null, null, "Unrecognized request argument supplied: " + field);
      }
    }
    super.check(request);
  }

  @Override
  protected SandboxError noInputs() {
    return OpenAiErrors.invalid(
        "input", null, "'$.input' is invalid. Please check the API reference.");
  }

  /** Returns the elements of the input; an array of numbers is one input. */
  @Override
  protected List<Object> inputs(JsonObject body) {
    Object input = body.getValue("input");
    if (input instanceof JsonArray array) {
      boolean tokens = !array.isEmpty() && array.getValue(0) instanceof Number;
      return tokens ? List.of(array) : array.stream().toList();
    }
    return input instanceof String ? List.of(input) : List.of();
  }

  @Override
  protected Integer dimensions(JsonObject body) {
    Integer dimensions = body.getInteger("dimensions");
    return dimensions == null ? body.getInteger("output_dimension") : dimensions;
  }

  @Override
  protected JsonObject body(
      SandboxRequest request, String model, List<float[]> vectors, Integer tokens) {
    boolean base64 = "base64".equals(request.body().getValue("encoding_format"));
    JsonArray data = new JsonArray();
    for (float[] vector : vectors) {
      data.add(
          new JsonObject()
              .put("object", "embedding")
              .put("index", data.size())
              .put("embedding", base64 ? Vectors.base64(vector) : Vectors.floats(vector)));
    }
    JsonObject json = new JsonObject().put("object", "list").put("data", data).put("model", model);
    return tokens == null
        ? json
        : json.put(
            "usage", new JsonObject().put("prompt_tokens", tokens).put("total_tokens", tokens));
  }
}
