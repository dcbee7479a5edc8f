package io.llmrelay.sandbox.cohere;

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

/** Cohere's Embed API, version 2. */
public final class CohereEmbeddings extends EmbeddingDialect {
  private static final Pattern PATH = Pattern.compile("/*(.*?)/?v2/embed");
  private static final int MAX_INPUTS = 96;

  /** Creates Cohere's embeddings. */
  public CohereEmbeddings() {
    super(new CohereDialect(), PATH);
  }

  @Override
  public void check(SandboxRequest request) {
    super.check(request);
    if (inputs(request.body()).size() > MAX_INPUTS) {
      throw rejected("invalid request: total number of texts must be at most 96");
    }
    if (JsonNodes.text(request.body(), "input_type").isEmpty()) {
      throw rejected("invalid request: input_type is required for v3 and higher models");
    }
  }

  private RejectedException rejected(String message) {
    return new RejectedException(error("400").withMessage(message));
  }

  @Override
  protected SandboxError noInputs() {
    return error("400").withMessage("invalid request: texts or inputs or images must be provided");
  }

  @Override
  protected List<Object> inputs(JsonObject body) {
    return JsonNodes.array(body, "texts").stream().toList();
  }

  @Override
  protected Integer dimensions(JsonObject body) {
    return body.getInteger("output_dimension");
  }

  @Override
  protected JsonObject body(
      SandboxRequest request, String model, List<float[]> vectors, Integer tokens) {
    JsonArray floats = new JsonArray();
    vectors.forEach(vector -> floats.add(Vectors.floats(vector)));
    JsonObject meta = new JsonObject().put("api_version", new JsonObject().put("version", "2"));
    if (tokens != null) {
      meta.put("billed_units", new JsonObject().put("input_tokens", tokens));
    }
    return new JsonObject()
        .put("id", "sandbox-" + request.number())
        .put("embeddings", new JsonObject().put("float", floats))
        .put("texts", inputs(request.body()))
        .put("meta", meta)
        .put("response_type", "embeddings_by_type");
  }
}
