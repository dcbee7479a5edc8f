package io.llmrelay.sandbox.ollama;

import io.llmrelay.sandbox.dialect.EmbeddingDialect;
import io.llmrelay.sandbox.dialect.SandboxError;
import io.llmrelay.sandbox.dialect.SandboxRequest;
import io.llmrelay.sandbox.dialect.Vectors;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.regex.Pattern;

/** Ollama's embeddings. */
public final class OllamaEmbeddings extends EmbeddingDialect {
  private static final Pattern PATH = Pattern.compile("/*(.*?)/?api/embed");

  /** Creates Ollama's embeddings. */
  public OllamaEmbeddings() {
    super(new OllamaDialect(), PATH);
  }

  @Override
  protected SandboxError noInputs() {
    return error("400").withMessage("invalid input type");
  }

  @Override
  protected List<Object> inputs(JsonObject body) {
    Object input = body.getValue("input");
    if (input instanceof JsonArray array) {
      return array.stream().toList();
    }
    return input instanceof String ? List.of(input) : List.of();
  }

  @Override
  protected Integer dimensions(JsonObject body) {
    return body.getInteger("dimensions");
  }

  @Override
  protected JsonObject body(
      SandboxRequest request, String model, List<float[]> vectors, Integer tokens) {
    JsonArray embeddings = new JsonArray();
    vectors.forEach(vector -> embeddings.add(Vectors.floats(vector)));
    JsonObject json =
        new JsonObject()
            .put("model", model)
            .put("embeddings", embeddings)
            .put("total_duration", 14_000_000)
            .put("load_duration", 1_000_000);
    return tokens == null ? json : json.put("prompt_eval_count", tokens);
  }
}
