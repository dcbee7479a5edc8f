package io.llmrelay.sandbox.gemini;

import io.llmrelay.sandbox.dialect.EmbeddingDialect;
import io.llmrelay.sandbox.dialect.JsonNodes;
import io.llmrelay.sandbox.dialect.RejectedException;
import io.llmrelay.sandbox.dialect.SandboxError;
import io.llmrelay.sandbox.dialect.SandboxRequest;
import io.llmrelay.sandbox.dialect.Vectors;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.regex.Pattern;

/** Gemini's batches of embeddings. */
public final class GeminiEmbeddings extends EmbeddingDialect {
  private static final Pattern PATH =
      Pattern.compile("/*(.*?)/?v1(?:beta|alpha)?/models/([^/:]+):batchEmbedContents");

  private static final int MAX_INPUTS = 100;

  /** Creates Gemini's embeddings. */
  public GeminiEmbeddings() {
    super(new GeminiDialect(), PATH);
  }

  @Override
  public void check(SandboxRequest request) {
    super.check(request);
    List<JsonObject> requests = JsonNodes.objects(request.body(), "requests");
    if (requests.size() > MAX_INPUTS) {
      throw rejected(
          "* BatchEmbedContentsRequest.requests: at most 100 requests can be in one batch");
    }
    for (JsonObject each : requests) {
      if (!("models/" + request.model()).equals(each.getValue("model"))) {
        throw rejected(
            "* BatchEmbedContentsRequest.requests[0].model: model does not match the one in the"
                + " batch request");
      }
    }
  }

  private static RejectedException rejected(String message) {
    return new RejectedException(GeminiErrors.invalid(message));
  }

  @Override
  protected SandboxError noInputs() {
    return GeminiErrors.invalid("* BatchEmbedContentsRequest.requests: requests is not specified");
  }

  @Override
  protected List<Object> inputs(JsonObject body) {
    return JsonNodes.objects(body, "requests").stream()
        .<Object>map(
            each -> JsonNodes.content(JsonNodes.array(JsonNodes.object(each, "content"), "parts")))
        .toList();
  }

  @Override
  protected Integer dimensions(JsonObject body) {
    return JsonNodes.objects(body, "requests").get(0).getInteger("outputDimensionality");
  }

  @Override
  protected JsonObject body(
      SandboxRequest request, String model, List<float[]> vectors, Integer tokens) {
    JsonArray embeddings = new JsonArray();
    vectors.forEach(
        vector -> embeddings.add(new JsonObject().put("values", Vectors.floats(vector))));
    JsonObject json = new JsonObject().put("embeddings", embeddings);
    return tokens == null
        ? json
        : json.put("usageMetadata", new JsonObject().put("promptTokenCount", tokens));
  }
}
