package io.llmrelay.sandbox.dialect;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import java.util.List;

/**
 * An answer with embeddings, which is never a stream.
 *
 * @param body the whole answer
 */
public record VectorFormat(JsonObject body) implements WireFormat {
  @Override
  public Buffer opening() {
    return NONE;
  }

  @Override
  public Buffer reasoning(String chunk) {
    return NONE;
  }

  @Override
  public Buffer afterReasoning() {
    return NONE;
  }

  @Override
  public Buffer token(String chunk) {
    return NONE;
  }

  @Override
  public List<Buffer> toolCalls() {
    return List.of();
  }

  @Override
  public Buffer finish() {
    return NONE;
  }

  @Override
  public Buffer usage() {
    return NONE;
  }

  @Override
  public Buffer terminator() {
    return NONE;
  }

  @Override
  public Buffer ping() {
    return NONE;
  }

  @Override
  public Buffer error(SandboxError error) {
    return NONE;
  }

  @Override
  public String whole(String text) {
    return body.encode();
  }
}
