package io.llmrelay.sandbox.dialect;

import io.vertx.core.MultiMap;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * A vendor's embeddings, beside its chats: the same keys, errors and headers, other routes and
 * bodies. The vectors depend on model and text alone.
 */
public abstract class EmbeddingDialect implements SandboxDialect {
  private final SandboxDialect chat;
  private final Pattern path;

  /**
   * @param path its first group is the backend, the second the model, if the path has it
   */
  protected EmbeddingDialect(SandboxDialect chat, Pattern path) {
    this.chat = chat;
    this.path = path;
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
    return chat.error("400");
  }

  @Override
  public String name() {
    return chat.name();
  }

  @Override
  public Route route(String requested) {
    return Route.match(path, requested);
  }

  @Override
  public String chatPath(String backend, String model, boolean streaming) {
    return chat.chatPath(backend, model, streaming);
  }

  @Override
  public boolean streaming(JsonObject body) {
    return false;
  }

  @Override
  public String key(MultiMap headers) {
    return chat.key(headers);
  }

  @Override
  public SandboxError missingKey() {
    return chat.missingKey();
  }

  @Override
  public void check(SandboxRequest request) {
    if (inputs(request.body()).isEmpty()) {
      throw new RejectedException(noInputs());
    }
  }

  @Override
  public SandboxError malformedBody() {
    return chat.malformedBody();
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

  @Override
  public SandboxError error(String name) {
    return chat.error(name);
  }

  @Override
  public String errorBody(SandboxError error, SandboxRequest request) {
    return chat.errorBody(error, request);
  }

  @Override
  public Map<String, String> errorHeaders(SandboxError error) {
    return chat.errorHeaders(error);
  }

  @Override
  public Map<String, String> headers(SandboxRequest request) {
    return chat.headers(request);
  }

  @Override
  public String resetHeader() {
    return chat.resetHeader();
  }

  @Override
  public String resetIn(int seconds) {
    return chat.resetIn(seconds);
  }

  @Override
  public boolean isModelList(String requested, String query, MultiMap headers) {
    return false;
  }

  @Override
  public JsonObject modelList(List<String> names) {
    return chat.modelList(names);
  }
}
