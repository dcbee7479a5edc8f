package io.llmrelay.sandbox.dialect;

import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.regex.Pattern;

/**
 * A vendor's embeddings, beside its chats: the same keys, errors and headers, other routes and
 * bodies. The vectors depend on model and text alone.
 */
public abstract class EmbeddingDialect extends OtherRoute {
  /**
   * @param path its first group is the backend, the second the model, if the path has it
   */
  protected EmbeddingDialect(SandboxDialect chat, Pattern path) {
    super(chat, path);
  }

  /** Returns the inputs: strings, or arrays of tokens. */
  protected abstract List<Object> inputs(JsonObject body);

  /** Returns the requested dimensions, or {@code null}. */
  protected abstract Integer dimensions(JsonObject body);

  /**
   * Returns the body of an answer.
   *
   * @param tokens the tokens in the usage; {@code null} for an answer without usage
   */
  protected abstract JsonObject body(
      SandboxRequest request, String model, List<float[]> vectors, Integer tokens);

  /** Returns the error for a request without inputs. */
  protected SandboxError noInputs() {
    return error("400");
  }

  @Override
  public boolean streaming(JsonObject body) {
    return false;
  }

  @Override
  public void check(SandboxRequest request) {
    if (inputs(request.body()).isEmpty()) {
      throw new RejectedException(noInputs());
    }
  }

  @Override
  public RequestSummary summary(SandboxRequest request) {
    int characters =
        inputs(request.body()).stream().mapToInt(each -> each.toString().length()).sum();
    return new RequestSummary(List.of(), null, List.of(), null, characters);
  }

  @Override
  public WireFormat format(SandboxRequest request, String model, ScriptedAnswer answer) {
    Integer dimensions = dimensions(request.body());
    List<float[]> vectors =
        answer.hasText()
            ? inputs(request.body()).stream()
                .map(input -> Vectors.of(model, input.toString(), dimensions))
                .toList()
            : List.of();
    return new VectorFormat(
        body(request, model, vectors, answer.usage() ? answer.promptTokens() : null));
  }
}
